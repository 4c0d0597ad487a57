import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { verifyJws } from 'countersign/jws'
import { build } from 'esbuild'
import fc from 'fast-check'
import { gather } from '../../src/cli/given/sources.ts'
import { isHere, jwkFor, pemOf, publicMembers, verifyingKey } from '../support/keys.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

const PAYLOAD = Uint8Array.from({ length: 70_000 }, (_, index) => (index * index) >> 3)
const FILES = {
  'key.jwk': JSON.stringify(jwkFor('ES256')),
  'public.jwk': JSON.stringify(publicMembers(jwkFor('ES256'))),
  'ed.pem': pemOf(jwkFor('Ed25519')),
  'payload.bin': PAYLOAD,
  'claims.json': '{"exp":1}',
}
const run = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(args, { ...world, files: { ...FILES, ...world.files } })
const WITH = ['--key', '@key.jwk']

const REFUSED: readonly (readonly [why: string, args: readonly string[], exit: number, told: RegExp])[] = [
  ['a file without its @', ['payload.bin', ...WITH], 2, /is a SOURCE of the payload[\s\S]*@FILE/],
  ['a file that is not there', ['@none', ...WITH], 3, /cannot read @none: there is no such file/],
  ['--exp, which is about claims', ['@payload.bin', ...WITH, '--exp', '5m'], 2, /--exp is about claims/],
  ['--claim, which is about claims', ['@payload.bin', ...WITH, '-c', 'a=b'], 2, /--claim is about claims/],
  ['--jti, which is about claims', ['@payload.bin', ...WITH, '--jti'], 2, /--jti is about claims/],
  ['one input for key and payload', ['-', '--key', '-'], 2, /both read the standard input/],
]

for (const [why, args, exit, told] of REFUSED) {
  test(`sign --detached refuses ${why}`, async () => {
    const { code, out, err } = await run(['sign', '--detached', ...args], { input: '' })
    assert.deepEqual([code, out], [exit, ''])
    assert.match(err, told)
  })
}

test('at a terminal, sign --detached without a payload says what is missing', async () => {
  const { code, err } = await run(['sign', '--detached', ...WITH], { terminal: true })
  assert.equal(code, 2)
  assert.match(err, /needs a payload/)
})

test('verify --payload refuses another payload, a cut one, and one that is named without its @', async () => {
  const { out: token } = await run(['sign', '--detached', '@payload.bin', ...WITH])
  const verify = (source: string): Promise<Ran> =>
    run(['verify', token, '--key', '@public.jwk', '--payload', source], {
      files: { cut: PAYLOAD.subarray(1), long: Uint8Array.of(...PAYLOAD, 0) },
    })
  for (const source of ['@cut', '@long', '@claims.json']) {
    const { code, err } = await verify(source)
    assert.equal(code, 4, source)
    assert.match(err, /fix: refuse it: what --payload names is not what was signed\./)
  }
  assert.match((await verify('payload.bin')).err, /--payload is a SOURCE of the payload/)
  assert.equal((await run(['verify', token, '--key', '@public.jwk'])).code, 4)
})

test('an algorithm that goes over the message twice takes no payload that is too large to be held', {
  skip: isHere('Ed25519') ? false : 'this runtime has no Ed25519',
}, async () => {
  const { code, out, err } = await run(['sign', '--detached', '@large', '--key', '@ed.pem', '--alg', 'Ed25519'], {
    files: { large: new Uint8Array(64_000_001) },
  })
  assert.deepEqual([code, out], [9, ''])
  assert.equal(
    err,
    `error[CS_UNSUPPORTED]: Ed25519 takes a payload whole, and @large has more than 64 MB.
   fix: an RSA, ECDSA or HMAC key takes a payload of any size, in pieces (on Node).
`,
  )
})

const KINDS = (['HS256', 'RS256', 'PS384', 'ES256', 'ES512', 'Ed25519', 'ML-DSA-44'] as const).filter(isHere)

for (const alg of KINDS) {
  test(`what sign --detached makes with ${alg}, verify --payload and the library take (RFC 7797)`, async () => {
    const jwk = jwkFor(alg === 'PS384' ? 'RS256' : alg)
    const files = {
      'own.jwk': JSON.stringify(jwk),
      'open.jwk': JSON.stringify(jwk.kty === 'oct' ? jwk : publicMembers(jwk)),
    }
    for (const [source, world] of [
      ['@payload.bin', {}],
      ['-', { input: PAYLOAD }],
      ['fd:7', {}],
    ] as const) {
      const all = { files: { ...files, 'fd:7': PAYLOAD }, ...world }
      const signed = await run(['sign', '--detached', source, '--key', '@own.jwk', '--alg', alg], all)
      assert.equal(signed.err, '')
      const [header = '', payload] = signed.out.split('.')
      assert.equal(payload, '')
      assert.match(
        Buffer.from(header, 'base64url').toString(),
        /^{"alg":"[\w-]+",("kid":"[\w-]+",)?"b64":false,"crit":\["b64"\]}$/,
      )
      const verified = await run(['verify', signed.out, '--key', '@open.jwk', '--payload', source, '--json'], all)
      assert.equal(verified.json()['verdict'], 'accepted')
      await verifyJws(signed.out.trim(), { keys: verifyingKey(jwk), detachedPayload: PAYLOAD })
    }
  })
}

test('without a word for it, the payload is the standard input', async () => {
  const { out } = await run(['sign', '--detached', ...WITH], { input: PAYLOAD })
  await verifyJws(out.trim(), { keys: verifyingKey(jwkFor('ES256')), detachedPayload: PAYLOAD })
})

test('a JSON serialization is without its payload, too, and the document says that it is detached', async () => {
  const { json } = await run(['sign', '--detached', '@payload.bin', ...WITH, '--serialization', 'general', '--json'])
  const { token, header, ...rest } = json()
  assert.deepEqual(Object.keys(token as object), ['signatures'])
  assert.deepEqual(rest, { v: 1, ok: true, cmd: 'sign', detached: true })
  assert.equal((header as { b64: boolean }).b64, false)
  const files = { 'token.json': JSON.stringify(token) }
  const verified = await run(['verify', '@token.json', '--key', '@public.jwk', '--payload', '@payload.bin'], { files })
  assert.equal(verified.code, 0, verified.err)
})

test('any payload that is signed detached verifies, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), async (payload, other) => {
      const { out } = await run(['sign', '--detached', '@p', ...WITH], { files: { p: payload } })
      const verify = (p: Uint8Array): Promise<Ran> =>
        run(['verify', out, '--key', '@public.jwk', '--payload', '@p'], { files: { p } })
      assert.equal((await verify(payload)).code, 0)
      assert.equal((await verify(other)).code, Buffer.compare(payload, other) === 0 ? 0 : 4)
    }),
    { numRuns: 30 },
  )
})

test('at a terminal, long work says how far it has come, and takes the line away', async () => {
  const { toProgress, watched } = await import('../../src/cli/shown/progress.ts')
  const written: string[] = []
  const errors = { isTerminal: true, columns: 80, write: async (data: unknown) => void written.push(String(data)) }
  let now = 0
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 4; index++) {
      now += 0.25
      yield new Uint8Array(500_000)
    }
  }
  const progress = toProgress(errors, true, () => now)
  for await (const _ of watched(pieces(), 2_000_000, 'signing @big.iso', progress));
  progress.clear()
  assert.deepEqual(written, [
    '\r\u001b[Ksigning @big.iso: 50 %, 1 MB',
    '\r\u001b[Ksigning @big.iso: 75 %, 1.5 MB',
    '\r\u001b[Ksigning @big.iso: 100 %, 2 MB',
    '\r\u001b[K',
  ])
})

const { bun, deno } = process.versions
const SKIP =
  bun !== undefined || deno !== undefined
    ? 'the memory of Node is what is measured'
    : process.platform === 'win32'
      ? 'a file with a hole takes its whole size here'
      : false

/**
 * Prints the most memory that the process has taken, in KiB, on descriptor 3. What Linux gives as maxRSS begins with that of
 * the process which started this one, so it is asked otherwise.
 */
const METER = `data:text/javascript,${encodeURIComponent(`
import { existsSync, readFileSync, writeSync } from 'node:fs'
const most = () => {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  return /^VmHWM:\\s+(\\d+) kB$/m.exec(status)?.[1] ?? String(process.resourceUsage().maxRSS)
}
process.on('exit', () => writeSync(3, most()))`)}`

interface Measured {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly megabytes: number
}

/** Runs the command as it is published, without what reads TypeScript, and measures its memory. */
function measured(cli: string, cwd: string, args: readonly string[]): Promise<Measured> {
  const child = spawn(process.execPath, ['--import', METER, cli, ...args], {
    cwd,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const texts = ['', '', '', '']
  for (const descriptor of [1, 2, 3] as const)
    child.stdio[descriptor]?.on('data', (chunk: Buffer) => {
      texts[descriptor] += chunk.toString('utf8')
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const [, out = '', err = '', kibibytes] = texts
      resolve({ code, out, err, megabytes: (Number(kibibytes) * 1024) / 1e6 })
    })
  })
}

/** Where holes cost nothing to read: a disk would have them in its cache, all 2 GB of them. */
function placeForHoles(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

test('2 GB are signed, and verified, in less than 100 MB of memory', { skip: SKIP }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-detached-'))
  const room = mkdtempSync(join(placeForHoles(), 'countersign-holes-'))
  try {
    const source = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
    await build({
      entryPoints: [source],
      outdir: folder,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      logLevel: 'error',
    })
    const cli = join(folder, 'cli.mjs')
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content)
    // Holes: nothing of it takes room.
    const big = join(room, 'big')
    writeFileSync(big, 'beginning')
    truncateSync(big, 2 * 1024 ** 3)
    const signed = await measured(cli, folder, ['sign', '--detached', `@${big}`, '--key', '@key.jwk', '-o', 'big.jws'])
    assert.deepEqual([signed.code, signed.out, signed.err], [0, '', ''])
    const verified = await measured(cli, folder, ['verify', '@big.jws', '--payload', `@${big}`, '--key', '@public.jwk'])
    assert.equal(verified.code, 0, verified.err)
    context.diagnostic(`signed in ${Math.round(signed.megabytes)} MB, verified in ${Math.round(verified.megabytes)} MB`)
    for (const { megabytes } of [signed, verified]) assert.ok(megabytes > 20 && megabytes < 100, `${megabytes} MB`)
  } finally {
    for (const path of [folder, room]) rmSync(path, { recursive: true, force: true })
  }
})

test('a payload in hundreds of thousands of pieces is put together', () => {
  const pieces = Array.from({ length: 300_000 }, (_, index) => Uint8Array.of(index & 0xff))
  const whole = gather(pieces)
  assert.equal(whole.length, 300_000)
  assert.deepEqual([whole[0], whole[257], whole[299_999]], [0, 1, 299_999 & 0xff])
})
