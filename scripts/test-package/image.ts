// Does what the Dockerfile of the authority does once everything is built, without Docker: installs what runs, puts what
// was built in its place, and starts the command from there. The commands are those of the file.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { deployed, parseDockerfile } from '../../packages/authority/test/operations/deploy-files.ts'
import type { Bom } from '../build/sbom.ts'
import { root } from './packing.ts'

export async function testImage(): Promise<void> {
  if (process.platform === 'win32') return console.log('the image is made by a shell, which is not here')
  const [build = [], last = []] = parseDockerfile(deployed('Dockerfile'))
  const runs = build.filter(({ name }) => name === 'RUN').map(({ text }) => text)
  const built = runs.indexOf('npm run build')
  const command = last.find(({ name }) => name === 'CMD')?.words
  if (built < 0 || runs.length < built + 2 || command === undefined) throw new Error('the Dockerfile is another one')
  const folder = mkdtempSync(join(tmpdir(), 'countersign-image-'))
  try {
    // Of the sources no more than npm and the commands behind the build look at.
    const manifests = execFileSync('git', ['ls-files', '*package.json', 'package-lock.json'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const file of [...manifests.trim().split('\n'), 'packages/countersign/dist', 'packages/authority/dist']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      cpSync(join(root, file), join(folder, file), { recursive: true })
    }
    for (const run of runs.slice(built + 1)) {
      console.log(`$ ${run}`)
      const line = run.replace('npm ci', 'npm ci --prefer-offline')
      execFileSync('/bin/sh', ['-ec', line], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    }
    holdsItsBill(join(folder, 'node_modules'))
    await start(folder, command)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Holds that nothing is installed but what the bill of materials of the authority has. */
function holdsItsBill(modules: string): void {
  const text = readFileSync(join(modules, '@countersign/authority/sbom.cdx.json'), 'utf8')
  const { components } = JSON.parse(text) as Bom
  const names = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`))
  const strange = readdirSync(modules)
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : [name],
    )
    .filter((name) => !name.startsWith('.') && name !== '@countersign/authority' && !names.includes(name))
  if (strange.length > 0) throw new Error(`the image has what its bill of materials lacks: ${strange.join(', ')}`)
}

/** Starts the server as the image does, asks it whether it is ready, and stops it. */
async function start(folder: string, [program = '', ...args]: readonly string[]): Promise<void> {
  console.log(`$ ${[program, ...args].join(' ')}`)
  const path = `${join(folder, 'node_modules/.bin')}:${process.env['PATH']}`
  const env = { PATH: path, NODE_ENV: 'production', PORT: '0', COUNTERSIGN_DATA: join(folder, 'data') }
  const server = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(server, 'exit')
  try {
    const line = once(createInterface(server.stdout), 'line') as Promise<[string]>
    const [first] = await Promise.race([
      line,
      exit.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
    ])
    const { origin } = JSON.parse(first) as { readonly origin: string }
    const { status } = await fetch(`${origin}/readyz`)
    if (status !== 200) throw new Error(`the server is not ready: ${status}`)
    server.kill('SIGTERM')
    const [code] = await exit
    if (code !== 0) throw new Error(`the server ended with ${code}`)
    console.log('the image of the authority, but for Docker')
  } finally {
    server.kill('SIGKILL')
  }
}
