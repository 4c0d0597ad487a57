// The built command, as it is published, on each runtime that starts programs: what a user does with it in a day.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'
import type { Runtime } from './runtimes.ts'
import { binaryOf } from './start.ts'

const CLI = join(ROOT, 'packages/countersign/dist/cli.js')
const DAY = 86_400
/** More than a payload that is held in memory, and more than a pipe takes at once. */
const [LARGE, MANY] = [64_000_001, 2000]
const SECRET = 'a secret of thirty-two bytes, or more'

/** What became of a command. */
interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Given {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command, and holds that it ends as it should. */
type Command = (args: readonly string[], code: number, given?: Given) => Promise<Ended>

/** @returns what is wrong, in words */
export async function checkCommand(runtime: Runtime): Promise<readonly string[]> {
  if (!existsSync(CLI)) return ['the command is not built: npm run build']
  const folder = mkdtempSync(join(tmpdir(), 'countersign-command-'))
  const command: Command = async (args, code, given) => {
    const ended = await run(runtime, folder, args, given)
    const what = `countersign ${args.map((word) => word.slice(0, 30)).join(' ')}`
    assert.equal(ended.code, code, `${what} ended with ${ended.code} and not ${code}: ${ended.err}${ended.out}`)
    // Nothing of the runtime's own, such as a warning.
    if (code === 0) assert.match(ended.err, /^((note\[CS_NOTE_\w+\]:|wrote) .*\n)*$/, `${what} printed ${ended.err}`)
    return ended
  }
  const faults: string[] = []
  const hold = async (check: () => Promise<void>): Promise<void> => {
    try {
      await check()
    } catch (error) {
      faults.push(`the command: ${(error as Error).message}`)
    }
  }
  try {
    let token = ''
    await hold(() => speaks(runtime, command))
    await hold(async () => {
      token = await signs(folder, command)
    })
    // Without a key and a token there is nothing to go on with.
    if (token === '') return faults
    await hold(() => refuses(token, command))
    await hold(() => encrypts(command))
    await hold(() => detaches(runtime, folder, command))
    await hold(() => fetches(folder, token, command))
    await hold(() => lacks(runtime, folder, command))
    await hold(() => stopsQuietly(runtime, folder, token))
    return faults
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function speaks(runtime: Runtime, command: Command): Promise<void> {
  const { out } = await command(['--version'], 0)
  const [name = '', version = ''] = runtime.name.split(' ')
  assert.match(out, /^countersign \d+\.\d+\.\d+\S* \(.*\)\n$/)
  assert.ok(out.includes(`${name === 'Node' ? 'Node.js' : name} ${version})`), out)
  assert.match((await command(['help', 'verify'], 0)).out, /countersign verify/)
  assert.match((await command(['completion', 'bash'], 0)).out, /complete .*countersign/)
  const { out: page } = await command(['debug', '--print-path'], 0)
  assert.match(readFileSync(page.trim(), 'utf8'), /^<!doctype html>/i)
  const { out: algs } = await command(['algs', '--json'], 0)
  assert.equal((JSON.parse(algs) as { cmd: string }).cmd, 'algs')
}

/** A key pair, a token, and its verification. */
async function signs(folder: string, command: Command): Promise<string> {
  await command(['key', 'new', 'ES256', '--kid', 'one', '--out', 'key.jwk', '--public-out', 'pub.jwk'], 0)
  if (process.platform !== 'win32') assert.equal(statSync(join(folder, 'key.jwk')).mode & 0o777, 0o600)
  assert.ok(!readFileSync(join(folder, 'pub.jwk'), 'utf8').includes('"d"'))
  await command(['key', 'new', 'ES256', '--out', 'key.jwk'], 2)
  const { out } = await command(['sign', '--key', '@key.jwk', '--sub', 'ada', '--exp', '15m', '-c', 'admin:=true'], 0)
  const token = out.trim()
  assert.match((await command(['decode'], 0, { input: `Bearer ${token}\n` })).out, /"sub": "ada",\n +"admin": true/)
  const { out: shown } = await command(['decode', '--json', token], 0)
  assert.deepEqual(pick(shown, 'v', 'ok', 'cmd', 'kind'), { v: 1, ok: true, cmd: 'decode', kind: 'jws' })
  const { out: verdict } = await command(['verify', '--json', '-', '--key', '@pub.jwk'], 0, { input: token })
  assert.deepEqual(pick(verdict, 'ok', 'verdict'), { ok: true, verdict: 'accepted' })
  const { out: shared } = await command(['sign', '--secret', 'env:S', '--alg', 'HS256', '--exp', '1h'], 0, SHARED)
  await command(['verify', shared.trim(), '--secret', 'env:S'], 0, SHARED)
  return token
}

const SHARED: Given = { env: { S: SECRET } }

async function refuses(token: string, command: Command): Promise<void> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), sub: 'eve' }
  const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
  const { out } = await command(['verify', '--json', forged, '--key', '@pub.jwk'], 4)
  assert.deepEqual(pick(out, 'ok', 'verdict'), { ok: false, verdict: 'rejected' })
  assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, 'CS_SIGNATURE')
  const late = `@${Math.floor(Date.now() / 1000) + DAY}`
  assert.match((await command(['verify', token, '--key', '@pub.jwk', '--at', late], 5)).err, /^error\[CS_EXPIRED\]: /)
  assert.match((await command(['verify', token, '--secret', 'env:S'], 6, SHARED)).err, /^error\[CS_ALG\]: /)
  assert.match((await command(['verify', token, '--secret', 'hunter2'], 2)).err, /^error\[CS_USAGE\]: (?!.*hunter2)/s)
  assert.match((await command(['decode', 'not a token'], 3)).err, /^error\[CS_MALFORMED\]: .*\n {3}fix: /)
  assert.match((await command(['decode', '@nothing'], 3)).err, /^error\[CS_INPUT\]: /)
}

async function encrypts(command: Command): Promise<void> {
  await command(['key', 'new', 'ECDH-ES+A256KW', '--out', 'open.jwk', '--public-out', 'seal.jwk'], 0)
  const { out: sealed } = await command(['encrypt', '{"sub":"ada","n":9007199254740993}', '--to', '@seal.jwk'], 0)
  const opened = await command(['decrypt', '--key', '@open.jwk'], 0, { input: sealed })
  assert.match(opened.out, /9007199254740993/)
  assert.match((await command(['verify', sealed.trim(), '--key', '@pub.jwk'], 6)).err, /^error\[CS_ENCRYPTED\]: /)
  await command(['key', 'new', 'ECDH-ES+A256KW', '--out', 'other.jwk'], 0)
  assert.match((await command(['decrypt', sealed.trim(), '--key', '@other.jwk'], 4)).err, /^error\[CS_DECRYPTION\]: /)
}

/** A file, signed detached. One that does not fit into memory takes cryptography in pieces. */
async function detaches(runtime: Runtime, folder: string, command: Command): Promise<void> {
  writeFileSync(join(folder, 'small'), new Uint8Array(200_000).fill(7))
  await command(['sign', '--detached', '@small', '--key', '@key.jwk', '--out', 'small.jws'], 0)
  await command(['verify', '@small.jws', '--payload', '@small', '--key', '@pub.jwk'], 0)
  writeFileSync(join(folder, 'small'), new Uint8Array(200_000).fill(8))
  await command(['verify', '@small.jws', '--payload', '@small', '--key', '@pub.jwk'], 4)
  writeFileSync(join(folder, 'large'), '')
  truncateSync(join(folder, 'large'), LARGE)
  if (inPieces(runtime)) {
    await command(['sign', '--detached', '@large', '--key', '@key.jwk', '--out', 'large.jws'], 0)
    await command(['verify', '@large.jws', '--payload', '@large', '--key', '@pub.jwk'], 0)
  } else {
    const { err } = await command(['sign', '--detached', '@large', '--key', '@key.jwk'], 9)
    assert.match(err, /^error\[CS_UNSUPPORTED\]: .* whole.* @large has more than 64 MB/)
  }
}

const inPieces = ({ expected }: Runtime): boolean => expected.backend === 'node:crypto'

/** Keys that are published, by their URL. */
async function fetches(folder: string, token: string, command: Command): Promise<void> {
  const set = JSON.stringify({ keys: [JSON.parse(readFileSync(join(folder, 'pub.jwk'), 'utf8'))] })
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(set))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  try {
    assert.match((await command(['jwks', url], 0)).out, /one/)
    await command(['verify', token, '--jwks', url], 0)
    assert.match((await command(['verify', token, '--jwks', url, '--offline'], 2)).err, /^error\[CS_OFFLINE\]: /)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  assert.match((await command(['verify', token, '--jwks', url], 7)).err, /^error\[CS_JWKS_FETCH\]: .*NOT checked/)
}

/** What a runtime does not have is refused by name, and so is a file of it. */
async function lacks(runtime: Runtime, folder: string, command: Command): Promise<void> {
  const isNode = runtime.expected.backend === 'node:crypto'
  const { err } = await command(['key', 'new', 'ES256K', '--out', 'k.jwk'], isNode ? 0 : 9)
  if (!isNode) assert.match(err, /^error\[CS_UNSUPPORTED\]: .*secp256k1/)
  assert.equal(existsSync(join(folder, 'k.jwk')), isNode)
  const pem = ['key', 'new', 'ES256', '--format', 'pem', '--encrypt', '--passphrase', 'env:S', '--out', 'sealed.pem']
  const made = await run(runtime, folder, pem, SHARED)
  assert.ok(made.code === 0 || (made.code === 9 && !isNode), `${pem.join(' ')} ended with ${made.code}: ${made.err}`)
  if (made.code === 0) assert.match(readFileSync(join(folder, 'sealed.pem'), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE/)
  else assert.match(made.err, /^error\[CS_UNSUPPORTED\]: /)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const how = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: SECRET } as const
  writeFileSync(join(folder, 'theirs.pem'), privateKey.export(how))
  const opened = await command(['key', 'inspect', '@theirs.pem', '--passphrase', 'env:S'], isNode ? 0 : 9, SHARED)
  if (!isNode) assert.match(opened.err, /^error\[CS_UNSUPPORTED\]: /)
}

/** Whoever reads the output stops before its end, and nothing is said of it. */
async function stopsQuietly(runtime: Runtime, folder: string, token: string): Promise<void> {
  writeFileSync(join(folder, 'tokens'), `${token}\n`.repeat(MANY))
  const ended = await run(runtime, folder, ['decode', '@tokens', '--lines', '--json'], {}, true)
  assert.deepEqual([ended.code, ended.err], [0, ''])
}

function run(
  runtime: Runtime,
  cwd: string,
  args: readonly string[],
  { input = '', env = {} }: Given = {},
  stopsEarly = false,
): Promise<Ended> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  // Node calls parts of its WebCrypto experimental, and nobody but a test takes that instead of node:crypto.
  const quiet = runtime.name.endsWith('on WebCrypto') ? { NODE_NO_WARNINGS: '1' } : {}
  const child = spawn(binaryOf(runtime), [...(runtime.flags ?? []), CLI, ...args], {
    cwd,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...quiet, ...env },
    timeout: 60_000,
  })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk)
    if (stopsEarly) child.stdout.destroy()
  })
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out: textOf(out), err: textOf(err) }))
  })
}

const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8')

function pick(json: string, ...names: readonly string[]): object {
  const whole = JSON.parse(json) as Readonly<Record<string, unknown>>
  return Object.fromEntries(names.map((name) => [name, whole[name]]))
}
