import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openOperations } from '../../src/cli/open.ts'
import { type Settings, toSettings } from '../../src/settings.ts'
import { lockFolder } from '../../src/store/lock.ts'

function settingsIn(t: TestContext, ...names: readonly string[]): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'authority-open-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, ...names)
  mkdirSync(data, { recursive: true })
  return toSettings({ COUNTERSIGN_DATA: data })
}

test('data that somebody has who takes no commands is refused, with what to do', async (t) => {
  const settings = settingsIn(t)
  const unlock = lockFolder(settings.data)
  t.after(unlock)
  const hint = process.platform === 'win32' ? /stop it first/ : /It takes no commands on .*admin\.sock/
  await assert.rejects(openOperations(settings, 0), { code: 'DATA_IN_USE', hint })
})

test('a folder whose path is too long for a socket is refused while somebody has it', async (t) => {
  const settings = settingsIn(t, 'a'.repeat(120))
  const unlock = lockFolder(settings.data)
  t.after(unlock)
  await assert.rejects(openOperations(settings, 0), { code: 'DATA_IN_USE', hint: /stop it first.*DATABASE_URL/ })
})

test('data that somebody gives back in time is opened', async (t) => {
  const settings = settingsIn(t)
  const unlock = lockFolder(settings.data)
  const opening = openOperations(settings)
  await turn()
  unlock()
  const { operations, close, alone } = await opening
  assert.equal(alone, true, 'nobody else has it now')
  assert.ok((await operations.listKeys()).length > 0)
  await close()
})
