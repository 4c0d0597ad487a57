import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Audit } from '../../src/audit.ts'
import { upkeep } from '../../src/cli/upkeep.ts'
import { toSettings } from '../../src/settings.ts'
import { demandAll, emptyPlace, fill, givenOn, KINDS, type Kind, setClock, skipFor, startAs } from '../upgrade/given.ts'

function backupPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'backup.gz')
}

describe('a backup that is restored', () => {
  for (const from of KINDS)
    for (const to of KINDS)
      test(`${from} to ${to}: all that was given is good there, and can be ended`, {
        skip: skipFor(from, to),
      }, async (t) => {
        const given = givenOn(from)
        setClock(t, given)
        const [source, target] = [await emptyPlace(t, from), await emptyPlace(t, to)]
        await fill(toSettings(source), given)
        const running = await startAs(t, given, source)
        const path = backupPath(t)
        // The last number of the audit trail is gone, and must not be given to another.
        const audit = new Audit(running.store)
        await audit.record({ actor: 'tests', event: 'test', data: {} })
        const [last] = await audit.list({ limit: 1 })
        await running.store.db.deleteFrom('audit').where('seq', '=', Number(last?.seq)).execute()

        const backed = await upkeep.backUp(toSettings(source), path, false)
        const restored = await upkeep.restore(toSettings(target), path)
        assert.deepEqual(restored.rows, backed.rows)
        assert.deepEqual([restored.from, restored.taken], [from, []])
        assert.equal(restored.rows['audit'], given.tables['audit']?.length)

        const authority = await startAs(t, given, target)
        const [entry] = await authority.operations.listAudit({ limit: 1 })
        assert.deepEqual([entry?.event, entry?.seq], ['database.restored', Number(last?.seq) + 1])
        await demandAll(authority, given)
      })

  for (const [from, to] of [
    ['sqlite', 'postgres'],
    ['postgres', 'sqlite'],
  ] as const satisfies readonly (readonly [Kind, Kind])[])
    test(`${from} to ${to}: a backup of older tables is brought up to date`, {
      skip: skipFor(from, to),
    }, async (t) => {
      const given = givenOn(from)
      setClock(t, given)
      const [source, target] = [await emptyPlace(t, from), await emptyPlace(t, to)]
      await fill(toSettings(source), given)
      const path = backupPath(t)
      const { schema } = await upkeep.backUp(toSettings(source), path, false)
      assert.deepEqual(schema, ['001-first'], 'a backup takes no step')
      const { taken } = await upkeep.restore(toSettings(target), path)
      assert.equal(taken[0], '002-people')
      await demandAll(await startAs(t, given, target), given)
    })
})
