// Packs the built authority, installs it into an empty project beside the packed library, and does what its README begins
// with: help, a server, a user, an end. Its door is imported, too, and the commands of its Dockerfile are run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { testImage } from './image.ts'
import { lintPackage, pack, root, run } from './packing.ts'

/** @param library - the packed library */
export async function testAuthority(library: string): Promise<void> {
  const project = mkdtempSync(join(tmpdir(), 'countersign-authority-package-'))
  try {
    const { filename } = pack('authority', project)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "name": "empty-project", "type": "module" }\n')
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', library, `./${filename}`], project)
    // No other countersign but the one that was packed.
    const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Readonly<Record<string, unknown>>
    }
    const copies = Object.keys(packages).filter((path) => path.endsWith('node_modules/countersign'))
    if (copies.length !== 1) throw new Error(`there is more than one countersign: ${copies.join(', ')}`)

    const env = { COUNTERSIGN_DATA: join(project, 'data'), PORT: '0' }
    const help = run('npx', ['countersign-authority', '--help'], project)
    if (!/user add/.test(help)) throw new Error(`this is no help: ${help}`)
    const { version } = JSON.parse(readFileSync(join(root, 'packages/authority/package.json'), 'utf8')) as {
      version: string
    }
    const said = run('npx', ['countersign-authority', '--version'], project).trim()
    if (said !== version) throw new Error(`version ${version} says that it is ${said}`)
    await serve(project, env)
    importDoor(project)
    lintPackage('authority', join(project, filename))
    await testImage()
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/** Starts the installed server, adds a user while it runs and reads its metadata, and stops it. */
async function serve(project: string, env: Record<string, string>): Promise<void> {
  const cli = join(project, 'node_modules/@countersign/authority/cli.js')
  console.log('$ countersign-authority serve')
  const server = spawn(process.execPath, [cli, 'serve'], {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(server, 'exit')
  try {
    const first = once(createInterface(server.stdout), 'line') as Promise<[string]>
    const [line] = await Promise.race([
      first,
      exit.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
    ])
    const { event, issuer } = JSON.parse(line) as { event: string; issuer: string }
    if (event !== 'listening') throw new Error(`the server began with ${line}`)
    // On Windows a command does not get to a server that runs.
    if (process.platform !== 'win32')
      run('npx', ['countersign-authority', 'user', 'add', 'a@example.com'], project, env)
    const metadata = await fetch(`${issuer}/.well-known/openid-configuration`)
    const { issuer: named } = (await metadata.json()) as { issuer: string }
    if (named !== issuer) throw new Error(`${issuer} says that it is ${named}`)
    server.kill('SIGTERM')
    const [code] = await exit
    if (code !== 0 && process.platform !== 'win32') throw new Error(`the server ended with ${code}`)
    console.log(`served ${issuer}`)
  } finally {
    server.kill('SIGKILL')
  }
}

/** Imports the door, and compiles a program that does. */
function importDoor(project: string): void {
  const program = `
import { AuthorityError, type Operations, type Settings, startAuthority, toSettings } from '@countersign/authority'

const settings: Settings = toSettings({ PORT: '0', COUNTERSIGN_DATA: 'data' })
const { issuer, operations, close } = await startAuthority(settings)
const { listKeys }: Operations = operations
const keys = await listKeys()
await close()
if (!issuer.startsWith('http://localhost:') || keys.length < 2) throw new AuthorityError('DATABASE', 'wrong answer')
`
  writeFileSync(join(project, 'door.ts'), program)
  run('node', ['door.ts'], project)
  const strict = ['--noEmit', '--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
  const how = ['--target', 'es2024', '--module', 'nodenext']
  run('node', [join(root, 'node_modules/typescript/bin/tsc'), 'door.ts', ...strict, ...types, ...how], project)
  console.log('the door of the authority, and its types')
}
