import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry, AuditQuery } from '../../src/audit.ts'
import { run } from './fake-host.ts'

const entry = (seq: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ seq, at: seq, actor: 'administrator', event: 'user.added', data: { user: `usr_${seq}` } },
  ...more,
})

/** An audit trail that gives at most some entries at once, and may grow. */
function trailOf(entries: AuditEntry[], most = 1000): (query?: AuditQuery) => Promise<readonly AuditEntry[]> {
  return async ({ after, before = Number.POSITIVE_INFINITY, limit = 50 } = {}) => {
    const count = Math.min(limit, most)
    const sorted = entries.toSorted((a, b) => a.seq - b.seq)
    if (after !== undefined) return sorted.filter(({ seq }) => seq > after).slice(0, count)
    return sorted
      .reverse()
      .filter(({ seq }) => seq < before)
      .slice(0, count)
  }
}

const seqs = (out: string): readonly number[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as AuditEntry).seq)

test('audit tail prints a line for each entry, the oldest first, which commands no terminal', async () => {
  const data = { reason: 'wrong "one"', tries: 3, who: 'a=b', first: true, none: '' }
  const entries = [entry(60, { ip: '203.0.113.9' }), entry(61, { actor: 'u\u001b[2J', event: 'login.failed', data })]
  const { code, out, asked } = await run(['audit', 'tail'], { listAudit: trailOf(entries) })
  assert.equal(code, 0)
  assert.deepEqual(asked[0], ['listAudit', { limit: 20 }])
  assert.deepEqual(out.split('\n'), [
    '1970-01-01T00:01:00Z  user.added  administrator  203.0.113.9  user=usr_60',
    String.raw`1970-01-01T00:01:01Z  login.failed  u?[2J  -  reason="wrong \"one\""  tries=3  who="a=b"  first=true  none=""`,
  ])
  const json = await run(['audit', 'tail', '--json'], { listAudit: trailOf(entries) })
  assert.deepEqual(
    json.out.split('\n').map((line) => JSON.parse(line)),
    entries,
  )
  const none = await run(['audit', 'tail'], { listAudit: trailOf([]) })
  assert.deepEqual([none.code, none.out], [0, ''])
})

test('audit tail asks for what was said, in as many pages as it takes', async () => {
  const listAudit = trailOf(Array.from({ length: 2500 }, (_, index) => entry(index + 1)))
  const filtered = await run(['audit', 'tail', '--user', 'usr_1', '--event', 'login.', '-n3', '--json'], { listAudit })
  assert.deepEqual(filtered.asked, [['listAudit', { user: 'usr_1', event: 'login.', limit: 3 }]])
  assert.deepEqual(seqs(filtered.out), [2498, 2499, 2500])
  const many = await run(['audit', 'tail', '-n', '2400', '--json'], { listAudit })
  assert.deepEqual([seqs(many.out)[0], seqs(many.out).length, many.asked.length], [101, 2400, 3])
  const all = await run(['audit', 'tail', '--lines=10000', '--json'], { listAudit })
  assert.equal(seqs(all.out).length, 2500)
  assert.equal((await run(['audit', 'tail', '-n', '0'], { listAudit })).out, '')
})

test('audit tail --follow goes on until the signal, and misses nothing that turns up late', async () => {
  const entries = [entry(1), entry(2), entry(5)]
  const { promise: stopSignal, resolve: stop } = Promise.withResolvers<string>()
  const looks: (() => void)[] = [
    () => entries.push(entry(8), entry(7)),
    () => undefined,
    // Its number was given before that of others, and it was there to be read after them.
    () => entries.push(entry(6), entry(9)),
    () => entries.push(...Array.from({ length: 1500 }, (_, index) => entry(10 + index))),
    () => undefined,
    () => stop('SIGINT'),
  ]
  const pauses: number[] = []
  const pause = async (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds)
    looks.shift()?.()
  }
  const changes = { pause, stopSignal: () => stopSignal }
  const line = ['audit', 'tail', '-n', '2', '--follow', '--json', '--event', 'user.added']
  const { code, out, asked } = await run(line, { listAudit: trailOf(entries) }, changes)
  assert.equal(code, 0)
  const rest = Array.from({ length: 1500 }, (_, index) => 10 + index)
  assert.deepEqual(seqs(out), [2, 5, 7, 8, 6, 9, ...rest])
  assert.ok(asked.every(([, query]) => (query as AuditQuery).event === 'user.added'))
  assert.deepEqual(new Set(pauses), new Set([1000]))
  assert.equal(looks.length, 0)
})

test('audit tail --follow begins with what happens next where nothing is asked for or there, and ends with its reader', async () => {
  for (const before of [[], [entry(3)]]) {
    const entries = [...before]
    const { promise: unread, resolve: leave } = Promise.withResolvers<void>()
    const pause = async (): Promise<void> => {
      if (entries.length > before.length) leave()
      else entries.push(entry(4))
    }
    const changes = { pause, unread: () => unread, stopSignal: () => new Promise<string>(() => undefined) }
    const { code, out } = await run(['audit', 'tail', '-n0', '-f', '--json'], { listAudit: trailOf(entries) }, changes)
    assert.deepEqual([code, seqs(out)], [0, [4]])
  }
})

test('audit tail --follow is refused where this process has the data to itself: nobody could do anything', async () => {
  const asked: unknown[] = []
  const listAudit = async (): Promise<readonly AuditEntry[]> => {
    asked.push(true)
    return []
  }
  const opened = { operations: { listAudit } as never, alone: true as const, close: async () => undefined }
  const { code, out, err } = await run(['audit', 'tail', '--follow'], {}, { open: async () => opened })
  assert.deepEqual([code, out, asked], [1, '', []])
  assert.match(err, /^nothing happens to follow: .*\nStart it: countersign-authority serve\. /)
  assert.equal((await run(['audit', 'tail'], {}, { open: async () => opened })).code, 0)
})
