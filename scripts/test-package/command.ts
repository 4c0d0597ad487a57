// Does with the installed command what its help begins with, and looks at what comes along with it: the manual, the pages
// that errors lead to, the schemas and the page of the debugger.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run } from './packing.ts'

/**
 * @param project - where the packed library is installed
 * @param tarball - its name there
 */
export function testCommand(project: string, tarball: string): void {
  const home = join(project, 'node_modules/countersign')
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
  const npx = (...args: readonly string[]): string => run('npx', ['--no-install', 'countersign', ...args], project)
  const cli = join(home, 'cli.js')
  const command = (...args: readonly string[]): string => run('node', [cli, ...args], project).trim()

  const said = npx('--version')
  hold(said.startsWith(`countersign ${version} (Node.js `), `version ${version} says that it is ${said}`)
  if (process.platform !== 'win32') hold((statSync(cli).mode & 0o111) === 0o111, 'cli.js is not executable')
  command('key', 'new', 'ES256', '--out', 'key.jwk', '--public-out', 'pub.jwk')
  const token = command('sign', '--key', '@key.jwk', '--sub', 'alice', '--exp', '15m')
  hold(command('decode', token, '--claim', 'sub') === 'alice', 'decode shows another subject')
  hold(/"verdict":"accepted"/.test(command('verify', token, '--key', '@pub.jwk', '--json')), 'verify refuses')

  const page = command('debug', '--print-path')
  hold(realpathSync(page) === realpathSync(join(home, 'debugger.html')), `the debugger is at ${page}`)
  hold(/^<!doctype html>/i.test(readFileSync(page, 'utf8')), 'the debugger is no page')

  const { stdout } = spawnSync(process.execPath, [cli, 'decode', 'x', '--json'], { encoding: 'utf8' })
  const { docs, code } = (JSON.parse(stdout) as { error: { docs: string; code: string } }).error
  const [, path = '', anchor] = /^https:\/\/unpkg\.com\/countersign\/([\w./]+)#(.*)$/.exec(docs) ?? []
  hold(anchor === code.toLowerCase(), `${docs} is not about ${code}`)
  hold(new RegExp(`^#+ ${code}$`, 'm').test(readFileSync(join(home, path), 'utf8')), `${path} says nothing of ${code}`)
  hold(existsSync(join(home, 'docs/cli.md')), 'the page of the command is missing')
  const { stdout: listed } = spawnSync(process.execPath, [cli, 'lint', '--list-rules', '--json'], { encoding: 'utf8' })
  const [rule] = (JSON.parse(listed) as { rules: { id: string; docs: string }[] }).rules
  hold(/\/docs\/lint\.md#csl001$/.test(rule?.docs ?? ''), `${rule?.docs} is not about the first rule`)
  hold(/^### CSL001$/m.test(readFileSync(join(home, 'docs/lint.md'), 'utf8')), 'docs/lint.md says nothing of it')
  importSchemas(project, readdirSync(join(home, 'schema')))
  loadsTwoFiles(project, cli, token)
  installForAll(project, tarball)
  onSystemNode(cli, token)
  console.log('the command, its manual, pages and schemas')
}

function hold(condition: boolean, fault: string): void {
  if (!condition) throw new Error(fault)
}

/** Each is a module of JSON, at the address that it says of itself. */
function importSchemas(project: string, names: readonly string[]): void {
  hold(names.includes('error.json'), `only these schemas are there: ${names.join(', ')}`)
  const lines = names.map((name) => {
    const id = `https://unpkg.com/countersign/schema/${name}`
    return `{
  const { default: schema } = await import('countersign/schema/${name}', { with: { type: 'json' } })
  if (schema.$id !== '${id}') throw new Error('${name} says that it is ' + schema.$id)
}`
  })
  writeFileSync(join(project, 'schemas.mjs'), `${lines.join('\n')}\n`)
  run('node', ['schemas.mjs'], project)
}

/** What decode loads on Node: each file more is a millisecond or two. */
function loadsTwoFiles(project: string, cli: string, token: string): void {
  const watch = `
import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => (url.startsWith('file:') && console.error(url), next(url, context)) })
`
  writeFileSync(join(project, 'watch.mjs'), watch)
  const args = ['--import', './watch.mjs', cli, 'decode', token]
  const { stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' })
  const files = stderr.split('\n').flatMap((line) => line.split('/countersign/')[1] ?? [])
  hold(files.join() === 'cli.js,node/command/command.js', `decode loads ${files.join(', ')}`)
}

/** Installed for a whole machine, it has its manual where `man` looks. */
function installForAll(project: string, tarball: string): void {
  if (process.platform === 'win32') return
  const prefix = join(project, 'machine')
  run('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', `./${tarball}`], project)
  hold(existsSync(join(prefix, 'bin/countersign')), 'the command is not where a shell looks')
  const manual = readFileSync(join(prefix, 'share/man/man1/countersign.1'), 'utf8')
  hold(/^\.TH /m.test(manual), 'the manual is no manual')
}

/** Another Node that is installed on this machine takes the command, or is refused in one line where it is too old. */
function onSystemNode(cli: string, token: string): void {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.startsWith(root))
  const node = folders
    .filter((folder) => !/[\\/]node_modules[\\/]/.test(folder))
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
  if (node === undefined) {
    console.log('no other Node is installed here: the command was run on the one of the workspace alone')
    return
  }
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const { status, stdout, stderr } = spawnSync(node, [cli, 'decode', token], { encoding: 'utf8' })
  console.log(`$ ${node} (${version}) countersign decode: ${status}`)
  if (major > 22 || (major === 22 && minor >= 12))
    hold(status === 0 && stdout.includes('alice'), `${version}: ${stderr}`)
  else {
    const refusal = `countersign needs Node 22.12 or later, and this is ${version}\n`
    hold(status === 1 && stdout === '' && stderr === refusal, `${version} is not refused in one line: ${stderr}`)
  }
}
