import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Lacks, type VerifyAsk } from './case.ts'
import { CASES, ELSEWHERE, LAST } from './cases/cases.ts'
import { askOf, attack, attackAll, controlOf, type Outcome, type Row } from './outcome.ts'
import { countsOf, failuresOf, missing, table } from './report.ts'
import type { Runner } from './runners/runner.ts'
import { OURS, PEERS, RUNNERS } from './runners/runners.ts'

const row = (cells: Readonly<Record<string, Outcome>>): Row => ({
  attack: 1,
  what: 'a row',
  cells: Object.fromEntries(Object.entries(cells).map(([name, outcome]) => [name, { outcome, detail: '', ms: 0 }])),
})

/** Why a door of ours is not asked: it has no such thing, or the demand is an option that this use of it leaves out. */
const ABSENT = /^(takes compact JWTs alone|has JWTs alone)$/

for (const one of CASES) {
  test(`attack ${one.attack}: ${one.what}`, async () => {
    let asked = 0
    for (const runner of OURS) {
      if (one.byOptions && runner.use === 'plain') continue
      const control = await controlOf(runner, one.control)
      if (control.outcome === 'n/a') {
        assert.match(control.detail, ABSENT)
        continue
      }
      assert.equal(control.outcome, 'accepted', `${runner.name} refuses what is no attack: ${control.detail}`)
      const { outcome, detail } = await askOf(runner, one.ask)
      // A mistake of the program is a TypeError, before there is any token.
      if (one.misuse && outcome === 'crashed') assert.match(detail, /^TypeError: /)
      else assert.equal(outcome, 'refused', `${runner.name}: ${detail}`)
      asked++
    }
    assert.ok(asked > 0, 'ours was not asked')
  })
}

/** What the peers have not that a control asks of them, each as its own error says it. */
const UNKNOWN_TO_PEERS: Readonly<Record<string, RegExp>> = {
  jose: /Unsupported "alg" value for a JSON Web Key Set/,
  jsonwebtoken: /invalid algorithm|Unknown key type "ed25519"/,
  'jwks-rsa': /did not contain any signing keys/,
}

test('every peer accepts the legitimate twin of every case, or has no such thing', async () => {
  for (const runner of PEERS) {
    let accepted = 0
    for (const { control, byOptions, attack: number, what } of CASES) {
      if (byOptions && runner.use === 'plain') continue
      const { outcome, detail } = await controlOf(runner, control)
      if (outcome === 'accepted') accepted++
      else if (outcome !== 'n/a') {
        const known = UNKNOWN_TO_PEERS[runner.library]
        assert.match(detail, known ?? /^$/, `${runner.name}, attack ${number}: ${what}`)
      }
    }
    assert.ok(accepted >= 40, `${runner.name} was asked ${accepted} times`)
  }
})

test('a peer that refuses the twin is not said to have refused the attack', async () => {
  const ed = CASES.find(({ what }) => what === 'Ed25519 with S + L')
  const peer = PEERS.find(({ name }) => name === 'jsonwebtoken +')
  assert.ok(ed && peer)
  const { outcome, detail } = await attack(peer, ed)
  assert.deepEqual([outcome, detail], ['n/a', 'no control: Error: Unknown key type "ed25519".'])
})

/** A library that answers as it is told. */
const fake = (ask: Runner['ask'], more: Partial<Runner> = {}): Runner => ({
  ...{ name: 'fake', library: 'jose', use: 'well', how: '', isOwn: (error) => error instanceof RangeError },
  ask,
  ...more,
})

test('what a library does to an attack has one name each', async () => {
  const [control, ask]: readonly VerifyAsk[] = ['good', 'bad'].map((token) => ({
    do: 'verify',
    token,
    key: { secret: new Uint8Array() },
    algorithms: [],
  }))
  assert.ok(control && ask)
  const one = { attack: 1, what: '', ask, control } as const
  const answer = (act: () => never | true): Runner =>
    fake(async (asked) => ('token' in asked && asked.token === 'good' ? true : act()))
  const throwing = (error: Error) => (): never => {
    throw error
  }
  const cases: readonly (readonly [Outcome, Runner, object?])[] = [
    ['accepted', answer(() => true)],
    ['left', answer(() => true), { duty: { jose: 'it says so' } }],
    ['refused', answer(throwing(new RangeError('its own')))],
    ['crashed', answer(throwing(new TypeError('not its own')))],
    ['refused', answer(throwing(new TypeError('of the program'))), { misuse: true }],
    ['slow', answer(throwing(new RangeError('late'))), { within: -1 }],
    ['n/a', answer(throwing(new Lacks('has none')))],
    ['n/a', fake(async () => Promise.reject(new RangeError('refuses everything')))],
    ['n/a', answer(() => true), { lacks: { jose: 'has none' } }],
    ['n/a', fake(async () => true, { use: 'plain' }), { byOptions: true }],
  ]
  for (const [outcome, runner, more] of cases)
    assert.equal((await attack(runner, { ...one, control: { ...control }, ...more, ask })).outcome, outcome)
})

test('the counts add up to the cases, in every column', async () => {
  const rows: Row[] = []
  for (const one of CASES.filter(({ attack: number }) => number === 5)) rows.push(await attackAll(one))
  for (const { name } of RUNNERS) {
    const counts = countsOf(rows, name)
    assert.equal(
      Object.values(counts).reduce((sum, count) => sum + count, 0),
      rows.length,
      name,
    )
    assert.equal(counts.refused, rows.filter(({ cells }) => cells[name]?.outcome === 'refused').length)
  }
  const lines = table(rows, RUNNERS, true)
  assert.equal(lines.filter((line) => line.startsWith(' 5  ')).length, rows.length)
})

test('whatever ours does but refuse is a failure', () => {
  for (const outcome of ['accepted', 'crashed', 'slow', 'left'] as const)
    assert.equal(failuresOf([row({ countersign: outcome })], 'countersign').length, 1, outcome)
  for (const outcome of ['refused', 'n/a'] as const)
    assert.deepEqual(failuresOf([row({ countersign: outcome })], 'countersign'), [])
  assert.throws(() => countsOf([row({ jose: 'refused' })], 'countersign'), TypeError)
})

test('every attack on a library has cases, or a reason not to', () => {
  const attacks = new Set(CASES.map(({ attack: number }) => number))
  assert.equal(missing(attacks).length, ELSEWHERE.size)
  for (const number of ELSEWHERE.keys()) assert.ok(!attacks.has(number), `attack ${number} has cases and a reason`)
  assert.equal(attacks.size + ELSEWHERE.size, LAST)
  const named = CASES.map(({ attack: number, what }) => `${number}: ${what}`)
  assert.equal(new Set(named).size, named.length)
})

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('npm run attacks -- --only 5 --json tells programs what became of attack 5', () => {
  const { status, stdout, stderr } = run('--only', '5', '--json')
  const told = JSON.parse(stdout)
  const expected = CASES.filter(({ attack: number }) => number === 5).length
  assert.deepEqual([told.cases, told.attacks, told.rows.length, stderr], [expected, 1, expected, ''])
  assert.deepEqual(Object.keys(told.versions), ['countersign', 'jose', 'jsonwebtoken', 'fast-jwt', 'jwks-rsa', 'node'])
  assert.equal(status, told.failures.length === 0 ? 0 : 1)
})

test('npm run attacks -- --only takes the number of an attack', () => {
  for (const number of ['24', '66', 'x']) {
    const { status, stdout, stderr } = run('--only', number)
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /--only takes the number/)
  }
})
