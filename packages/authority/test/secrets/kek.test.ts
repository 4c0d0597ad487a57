import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { newKek, PLACES } from './support.ts'

const modeOf = (path: string): number => statSync(path).mode & 0o777
const ENV = { COUNTERSIGN_KEK: undefined }

for (const { name, skip, openPlace } of PLACES) {
  describe(`the key that encrypts keys, ${name}`, { skip }, () => {
    test('another KEK is refused, and changes nothing', async (t) => {
      const { open } = await openPlace(t)
      const COUNTERSIGN_KEK = newKek()
      const first = await open({ COUNTERSIGN_KEK })
      const keys = await first.operations.listKeys()
      await first.close()
      for (const env of [
        { COUNTERSIGN_KEK: newKek() },
        { COUNTERSIGN_KEK: newKek(), COUNTERSIGN_KEK_PREVIOUS: newKek() },
        { COUNTERSIGN_KEK: 'f'.repeat(64) },
      ])
        await assert.rejects(open(env), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'KEK_WRONG')
          assert.ok(!error.message.includes(String(env.COUNTERSIGN_KEK)))
          return true
        })
      const again = await open({ COUNTERSIGN_KEK })
      assert.deepEqual(await again.operations.listKeys(), keys)
      await again.close()
    })

    test('a KEK file that is gone is refused where the database is not, and none is made', async (t) => {
      const { open, folder } = await openPlace(t)
      await (await open(ENV)).close()
      const path = join(folder, 'kek')
      const text = readFileSync(path, 'utf8')
      rmSync(path)
      for (let times = 0; times < 2; times++) {
        await assert.rejects(open(ENV), { code: 'KEK_WRONG' })
        assert.equal(existsSync(path), false)
      }
      const elsewhere = join(folder, 'other')
      await assert.rejects(open({ COUNTERSIGN_KEK_FILE: elsewhere }), { code: 'KEK_WRONG' })
      assert.equal(existsSync(elsewhere), false)
      writeFileSync(elsewhere, text, { mode: 0o600 })
      await (await open({ COUNTERSIGN_KEK_FILE: elsewhere })).close()
    })

    test('a file is for its owner alone: KEK, database, and the folder of both', async (t) => {
      const { open, folder } = await openPlace(t)
      const mask = process.umask(0)
      t.after(() => process.umask(mask))
      const authority = await open(ENV)
      assert.equal(modeOf(folder), 0o700)
      for (const file of readdirSync(folder)) assert.equal(modeOf(join(folder, file)), 0o600, file)
      assert.match(readFileSync(join(folder, 'kek'), 'utf8'), /^[\w-]{43}\n$/)
      assert.ok(!readdirSync(folder).some((file) => file.startsWith('kek.')), 'a draft was left behind')
      await authority.close()
    })

    test('what was made under the old KEK opens under both, then under the new one alone, and never again under the old', async (t) => {
      const { open } = await openPlace(t)
      const [old, next] = [newKek(), newKek()]
      const first = await open({ COUNTERSIGN_KEK: old })
      const keys = await first.operations.listKeys()
      const secrets = await first.store.db.selectFrom('secrets').selectAll().execute()
      await first.close()
      await assert.rejects(open({ COUNTERSIGN_KEK: next }), { code: 'KEK_WRONG' })

      const both = await open({ COUNTERSIGN_KEK: next, COUNTERSIGN_KEK_PREVIOUS: old })
      assert.deepEqual(await both.operations.listKeys(), keys)
      const rows = await both.store.db.selectFrom('signing_keys').select('kek_id').execute()
      const wrapped = await both.store.db.selectFrom('secrets').selectAll().execute()
      const ids = new Set([...rows, ...wrapped].map(({ kek_id }) => kek_id))
      assert.equal(ids.size, 1, 'something is still under the old KEK')
      assert.ok(!ids.has(String(secrets[0]?.kek_id)))
      await both.close()

      const alone = await open({ COUNTERSIGN_KEK: next })
      assert.deepEqual(await alone.operations.listKeys(), keys)
      await alone.close()
      await assert.rejects(open({ COUNTERSIGN_KEK: old }), { code: 'KEK_WRONG' })
      await (await open({ COUNTERSIGN_KEK: old, COUNTERSIGN_KEK_PREVIOUS: next })).close()
    })
  })
}
