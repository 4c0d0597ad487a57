import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADVICE } from '../../src/alg/advice.ts'
import { CONTENT } from '../../src/alg/content.ts'
import { LEFT_OUT, MANAGEMENT } from '../../src/alg/management.ts'
import { SIGNATURE } from '../../src/alg/signature.ts'
import { capabilitiesOf } from '../../src/capabilities.ts'
import { backend } from '../../src/cli/engine.ts'
import { listing } from '../../src/cli/run/algs.ts'
import { command } from './support/memory-host.ts'

interface Listed {
  readonly alg: string
  readonly kind: string
  readonly status: string
  readonly supported: boolean
  readonly advice: string
  readonly spec: string
}

const listed = async (...args: readonly string[]): Promise<readonly Listed[]> => {
  const { code, json } = await command(['algs', ...args, '--json'])
  assert.equal(code, 0)
  return json()['algorithms'] as readonly Listed[]
}

test('there is advice on every algorithm of the tables, on what is left out, and on nothing else', () => {
  const all = [...SIGNATURE.keys(), 'none', ...MANAGEMENT.keys(), ...LEFT_OUT.keys(), ...CONTENT.keys()]
  assert.deepEqual([...ADVICE.keys()], all)
  for (const [alg, { kind, standing, advice, spec }] of ADVICE) {
    assert.equal(kind, MANAGEMENT.has(alg) || LEFT_OUT.has(alg) ? 'key' : CONTENT.has(alg) ? 'enc' : 'sig')
    assert.equal(standing === 'left out', alg === 'none' || LEFT_OUT.has(alg))
    assert.match(spec, /^(RFC \d{4} §\d+(\.\d+)*|Web Cryptography)$/)
    assert.ok(advice.length <= 80 && /^[a-z].*[^.]$/.test(advice), `${alg}: ${advice}`)
    // What it sends somebody to is there, and is no worse.
    for (const [other] of advice.matchAll(/\b(?:[A-Z]{2}\d{3}|Ed25519|RSA-OAEP-256|A256GCM)(?![\w-])/g))
      assert.ok(ADVICE.get(other), `${alg} advises ${other}`)
  }
})

test('of each kind one is recommended at least', () => {
  for (const kind of ['sig', 'key', 'enc'])
    assert.ok([...ADVICE.values()].some((row) => row.kind === kind && row.standing === 'recommended'))
})

test('algs says of each algorithm whether this runtime has it, as capabilities() does', async () => {
  const { signature, management, content } = capabilitiesOf(backend)
  const all = await listed()
  assert.deepEqual(
    all.map(({ alg }) => alg),
    [...ADVICE.keys()],
  )
  assert.deepEqual(
    all.filter(({ supported }) => supported).map(({ alg }) => alg),
    [...signature, ...management, ...content],
  )
})

test('what a runtime does not have is said so, and advised upon all the same', () => {
  const { signature, ...all } = capabilitiesOf(backend)
  const less = {
    ...all,
    signature: signature.filter((alg) => alg !== 'ES256K'),
    management: [],
    content: [],
    curves: [],
  }
  const output = { isTerminal: false, columns: 80, write: async () => undefined }
  const { json, text } = listing(less, undefined, { runtime: 'Bun 1.3', output })
  const rows = json['algorithms'] as readonly Listed[]
  const missing = rows.filter(({ supported }) => !supported).map(({ alg }) => alg)
  assert.deepEqual(missing, ['ES256K', 'none', ...MANAGEMENT.keys(), ...LEFT_OUT.keys(), ...CONTENT.keys()])
  const lines = typeof text === 'function' ? text((_, piece) => piece) : ''
  assert.match(lines, /\n {2}ES256K +acceptable +Bun 1\.3 does not have it: for ledgers/)
  assert.match(lines, /\n {2}none +left out +nobody signs it/)
})

test('algs --kind lists those of one kind', async () => {
  for (const kind of ['sig', 'key', 'enc']) {
    const some = await listed('--kind', kind)
    assert.ok(some.length > 5 && some.every((row) => row.kind === kind))
  }
  const { code, err } = await command(['algs', '--kind', 'mac'])
  assert.equal(code, 2)
  assert.match(err, /--kind is one of sig, key, enc/)
})

test('in a pipe each algorithm has one line, in columns', async () => {
  const { code, out, err } = await command(['algs'])
  assert.deepEqual([code, err], [0, ''])
  const lines = out.split('\n').filter((line) => line.startsWith('  '))
  assert.equal(lines.length, ADVICE.size + 1)
  assert.match(
    out,
    /\n {2}ES256 {15}recommended {3}small, fast and known everywhere: the first choice \(RFC 7518 §3\.4\)\n/,
  )
  assert.match(out, /\n {2}none {16}left out {6}nobody signs it/)
  assert.match(out, /\nCurves of a test\n {2}P-256 /)
})

test('at a terminal lines are no wider than it is', async () => {
  for (const columns of [80, 120]) {
    const { out } = await command(['algs'], { terminal: true, columns, env: { NO_COLOR: '1' } })
    for (const line of out.split('\n')) assert.ok(line.length <= columns, line)
  }
})
