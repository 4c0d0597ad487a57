import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newPeople, type Operations } from '../../bench/src/authority/control.ts'
import { QUICK } from '../../bench/src/authority/effort.ts'
import {
  ALONE,
  ARGON2,
  BARE,
  costAgainst,
  type Found,
  POSTGRES,
  SQLITE,
  sum,
  toVerdicts,
  withoutPasswords,
} from '../../bench/src/authority/found.ts'
import { CALLERS, load } from '../../bench/src/authority/http.ts'
import { authorityPage, costTable, operationsTable } from '../../bench/src/authority/page.ts'
import { Cookies, toForm } from '../../bench/src/authority/person.ts'
import { measureRounds, type Turn } from '../../bench/src/authority/rounds.ts'

const slices = (cpu: Readonly<Record<string, readonly number[]>>): Found['login'] => ({
  cpu: new Map(Object.entries(cpu)),
  perSecond: new Map(Object.entries(cpu).map(([name, costs]) => [name, costs.map((cost) => 1000 / cost)])),
})

const OPERATIONS: Operations = { 'Session find': 1, 'Interaction find': 3 }

const FOUND: Found = {
  clientCredentials: slices({ [SQLITE]: [1, 2, 4], [ALONE]: [1, 1, 2], [BARE]: [0.5, 0.5, 0.5] }),
  refresh: slices({ [SQLITE]: [2, 2, 2], [ALONE]: [1, 1, 1] }),
  login: slices({ [SQLITE]: [30, 31, 32], [ALONE]: [2, 2, 2], [ARGON2]: [20, 22, 24] }),
  operations: new Map([[SQLITE, OPERATIONS]]),
  memory: new Map([[SQLITE, { rssBytes: 351_000_000, done: 1234 }]]),
  ready: new Map([[SQLITE, [700, 1500, 9000]]]),
}

test('a cost is a multiple of what the other has used in the same round', () => {
  const { cpu } = FOUND.clientCredentials
  assert.deepEqual(costAgainst(cpu, SQLITE, ALONE), { min: 1, median: 2, max: 2 })
  assert.deepEqual(costAgainst(cpu, SQLITE, BARE), { min: 2, median: 4, max: 8 })
})

test('the password is taken off ours in each round, and off nobody else', () => {
  const cpu = withoutPasswords(FOUND.login.cpu)
  assert.deepEqual([...cpu], Object.entries({ [SQLITE]: [10, 9, 8], [ALONE]: [2, 2, 2] }))
})

test('bars are judged for the databases that were measured, by medians, and what is missing never holds', () => {
  const verdicts = toVerdicts(FOUND).map(({ value, holds }) => [value.median, holds])
  assert.deepEqual(verdicts, [
    [2, false],
    [4, false],
    [4, true],
    [351, false],
    [1500, true],
  ])
  const cpu = { [POSTGRES]: [1], [ALONE]: [1], [BARE]: [1] }
  const holds = toVerdicts({ ...FOUND, clientCredentials: slices(cpu) }).map((verdict) => verdict.holds)
  assert.deepEqual(holds, [true, true, false, false, false])
})

test('each server has a number for each round, and what goes before a slice is not counted', async () => {
  const done = { ours: 0, theirs: 0 }
  const turn = (name: 'ours' | 'theirs', cost: number): Turn => ({
    name,
    cpu: async () => done[name] * cost,
    run: async (count) => {
      done[name] += count
    },
  })
  const { cpu, perSecond } = await measureRounds([turn('ours', 3), turn('theirs', 2)], {
    rounds: 4,
    count: 20,
    warm: 7,
  })
  assert.deepEqual([...cpu], Object.entries({ ours: [3, 3, 3, 3], theirs: [2, 2, 2, 2] }))
  assert.equal(perSecond.get('ours')?.length, 4)
  assert.deepEqual(done, { ours: 7 + 4 * (3 + 20), theirs: 7 + 4 * (3 + 20) })
})

test('callers share the work, each with one operation at a time, and do no more than was asked for', async () => {
  const busy = new Set<number>()
  const callers = new Set<number>()
  let done = 0
  await load(100, async (caller) => {
    assert.ok(!busy.has(caller))
    busy.add(caller)
    callers.add(caller)
    await Promise.resolve()
    busy.delete(caller)
    done++
  })
  assert.equal(done, 100)
  assert.equal(callers.size, CALLERS)
  await assert.rejects(
    load(3, () => Promise.reject(new Error('refused'))),
    /refused/,
  )
})

test('cookies go along until they are taken back', () => {
  const cookies = new Cookies()
  assert.equal(cookies.header, '')
  cookies.take(['a=1; path=/; httponly', 'a.sig=x=y; path=/', 'b=2'])
  assert.equal(cookies.header, 'a=1; a.sig=x=y; b=2')
  cookies.take(['b=; expires=Thu, 01 Jan 1970 00:00:00 GMT', 'a=3'])
  assert.equal(cookies.header, 'a=3; a.sig=x=y')
})

test('the form for a password is found on a page, and a page without one is an error', () => {
  const page = '<form method="post" action="/login/u"><input type="hidden" name="csrf" value="t"></form>'
  assert.deepEqual(toForm(`${page}<form method="post" action="/login/u/abort"></form>`), {
    action: '/login/u',
    csrf: 't',
  })
  for (const html of ['', '<form method="post" action="/x"></form>']) assert.throws(() => toForm(html), /no form/)
})

test('people are as many as there are callers, and no two are one', () => {
  assert.equal(new Set(newPeople(CALLERS).map(({ email }) => email)).size, CALLERS)
})

test('a table of costs has the ratios of ours alone, and no rate for what is no server', () => {
  const { head, rows } = costTable('login', FOUND.login, [ALONE, BARE])
  assert.deepEqual(head, ['login', 'CPU ms', 'per second', `× ${ALONE}`])
  assert.deepEqual(rows, [
    [SQLITE, '31.00', '32', '15.00 – 15.50 – 16.00'],
    [ALONE, '2.00', '500', ''],
    [ARGON2, '22.00', '', ''],
  ])
})

test('a table of operations has a row for each that any server does, and how many there are in all', () => {
  const { head, rows } = operationsTable(new Map([...FOUND.operations, [POSTGRES, { 'Grant find': 0.5 }]]))
  assert.deepEqual(head, ['operations per login', SQLITE, POSTGRES])
  assert.deepEqual(rows, [
    ['Grant find', '0', '0.50'],
    ['Interaction find', '3', '0'],
    ['Session find', '1', '0'],
    ['all', '4', '0.50'],
  ])
  assert.equal(sum(OPERATIONS), 4)
})

test('the page says what it ran on, has the bars first, and a section for each job', () => {
  const machine = { date: '2026-11-22', cpu: 'A CPU', cores: 2, platform: 'linux x64', versions: ['Node 24', 'pg 8'] }
  const page = authorityPage(FOUND, QUICK, machine)
  assert.deepEqual(
    page.split('\n').filter((line) => line.startsWith('#')),
    [
      '# The authority under load',
      '## Bars',
      '## Tokens for a machine',
      '## Refreshed tokens',
      '## Logins',
      '## Memory',
      '## Time to ready',
    ],
  )
  assert.ok(page.includes('- Machine: A CPU, 2 cores, linux x64\n- Node 24, pg 8\n'))
  assert.ok(page.includes('2 of 5 bars hold.'))
  assert.match(page, /\| memory under load, authority, SQLite +\| +≤ 350 MB \| .* falls short \|/)
  assert.ok(!page.includes('NaN') && !page.includes('undefined'))
})
