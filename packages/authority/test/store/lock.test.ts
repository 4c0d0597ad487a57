import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lockFolder } from '../../src/store/lock.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

const HOLDER = fileURLToPath(new URL('holder.ts', import.meta.url))
const IN_USE = { code: 'DATA_IN_USE' }

test('a data folder that another process has is refused, until that is killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const holder = fork(HOLDER, [folder])
  t.after(() => holder.kill('SIGKILL'))
  assert.deepEqual(await once(holder, 'message'), ['held', undefined])
  await assert.rejects(openSqlite(folder), IN_USE)
  assert.throws(() => lockFolder(folder), IN_USE)
  const exit = once(holder, 'exit')
  holder.kill('SIGKILL')
  await exit
  const store = await openSqlite(folder)
  const rows = await store.db.selectFrom('audit').select('event').execute()
  assert.deepEqual(
    rows.map(({ event }) => event),
    ['written before the kill'],
  )
  await store.close()
})

test('a data folder is refused to a second store of the same process, and free after the first has closed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const first = await openSqlite(folder)
  await assert.rejects(openSqlite(folder), IN_USE)
  await first.close()
  const second = await openSqlite(folder)
  await second.close()
})

test('a lock that was refused holds nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const unlock = lockFolder(folder)
  for (let times = 0; times < 3; times++) assert.throws(() => lockFolder(folder), IN_USE)
  unlock()
  lockFolder(folder)()
})
