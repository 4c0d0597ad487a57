import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createVerifier, remoteKeySet } from 'countersign'
import { type Authority, startAuthority } from '../../src/authority.ts'
import { upkeep } from '../../src/cli/upkeep.ts'
import { openKeks } from '../../src/keys/kek.ts'
import type { Moment } from '../../src/keys/master.ts'
import { demandOpens, sealedIn } from '../../src/keys/sealed.ts'
import { openSecrets } from '../../src/keys/secrets.ts'
import { toSettings } from '../../src/settings.ts'
import { openStore } from '../../src/store/database.ts'
import { execute } from '../cli/command-process.ts'
import { newKek, PLACES, type Place } from '../secrets/support.ts'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { PROCESS_ENV } from '../support/process-env.ts'
import { ORDERS, post, type World } from '../support/world.ts'

const ROTATION = fileURLToPath(new URL('rotation.ts', import.meta.url))

/** Ends a rotation at a moment, in a process of its own. @returns the signal that it ended by */
function killedAt(moment: Moment, env: Readonly<Record<string, string>>): Promise<string | null | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | null | undefined>()
  execFile(process.execPath, [ROTATION, moment], { env: { ...PROCESS_ENV, ...env } }, (error) => resolve(error?.signal))
  return promise
}

/** What only the right key opens, as a start has it. */
async function contentOf({ open, env }: Place): Promise<string> {
  const authority = await open()
  try {
    const keks = openKeks(toSettings(env), true)
    await demandOpens(await sealedIn(authority.store.db), keks)
    const secrets = await openSecrets(authority.store, keks)
    return JSON.stringify([secrets, (await authority.operations.listKeys()).map(({ kid }) => kid)])
  } finally {
    await authority.close()
  }
}

for (const { name, skip, openPlace } of PLACES) {
  describe(`a new key in the file, ${name}`, { skip }, () => {
    const moments: readonly Moment[] =
      name === 'SQLite' ? ['drafted', 'wrapping', 'wrapped', 'kept', 'replaced'] : ['wrapping', 'wrapped']
    for (const moment of moments)
      test(`a crash when it was ${moment} loses nothing: a start works, and the rotation is done again`, async (t) => {
        const place = await openPlace(t)
        const path = join(place.folder, 'kek')
        const before = await contentOf(place)
        const first = readFileSync(path, 'utf8')
        assert.equal(await killedAt(moment, place.env), 'SIGKILL')
        // By a start that comes first, and without one.
        if (moment !== 'wrapped') assert.equal(await contentOf(place), before)
        const rotation = await upkeep.rotateMaster(toSettings(place.env))
        assert.ok(rotation.how === 'replaced')
        assert.deepEqual(Object.keys(rotation.under), [rotation.kekId])
        assert.equal(await contentOf(place), before)
        assert.notEqual(readFileSync(path, 'utf8'), first)
        const left = readdirSync(place.folder).filter((file) => file.startsWith('kek'))
        // Where the first one was done, this was the second.
        assert.equal(left.length, moment === 'replaced' ? 3 : 2, `${left}`)
        assert.equal(readFileSync(join(place.folder, left.sort().at(-1) ?? ''), 'utf8'), first)
        for (const file of left) assert.equal(statSync(join(place.folder, file)).mode & 0o777, 0o600)
      })

    test('it is told by its id, the audit trail has it, and the old key opens nothing any more', async (t) => {
      const place = await openPlace(t)
      const before = await contentOf(place)
      const rotation = await upkeep.rotateMaster(toSettings(place.env))
      assert.ok(rotation.how === 'replaced' && rotation.moved > 8)
      const [kek, kept] = ['kek', 'kek.previous'].map((file) => readFileSync(join(place.folder, file), 'utf8').trim())
      for (const text of [kek, kept]) assert.ok(!JSON.stringify(rotation).includes(String(text)))
      const authority = await place.open()
      const [entry] = await authority.operations.listAudit({ event: 'master.rotated' })
      assert.deepEqual(entry?.data, { kek: rotation.kekId, moved: rotation.moved })
      await authority.close()
      await assert.rejects(place.open({ COUNTERSIGN_KEK: String(kept) }), { code: 'KEK_WRONG' })
      assert.equal(await contentOf(place), before)
    })

    test('backups of before are restored, however often it was replaced since', async (t) => {
      const place = await openPlace(t)
      await (await place.open()).close()
      const backup = join(place.folder, '..', 'first.gz')
      await upkeep.backUp(toSettings(place.env), backup, false)
      for (let times = 0; times < 3; times++) await upkeep.rotateMaster(toSettings(place.env))
      const empty = await openPlace(t)
      const env = { ...empty.env, COUNTERSIGN_KEK_FILE: join(place.folder, 'kek') }
      let hint = ''
      await assert.rejects(upkeep.restore(toSettings(env), backup), (error: Error & { readonly hint?: string }) => {
        hint = error.hint ?? ''
        return true
      })
      const [, kept = ''] = /COUNTERSIGN_KEK_PREVIOUS to what is in (.*)\.$/.exec(hint) ?? []
      const COUNTERSIGN_KEK_PREVIOUS = readFileSync(kept, 'utf8').trim()
      await upkeep.restore(toSettings({ ...env, COUNTERSIGN_KEK_PREVIOUS }), backup)
      // A start wraps all of it under the key of today.
      const today = { COUNTERSIGN_KEK_FILE: env.COUNTERSIGN_KEK_FILE }
      await (await empty.open({ ...today, COUNTERSIGN_KEK_PREVIOUS })).close()
      await (await empty.open(today)).close()
    })

    test('it is refused while a server runs, which knows the old one alone', async (t) => {
      const place = await openPlace(t)
      const authority = await place.open()
      t.after(() => authority.close())
      const path = join(place.folder, 'kek')
      const before = readFileSync(path, 'utf8')
      await assert.rejects(upkeep.rotateMaster(toSettings(place.env)), { code: 'DATA_IN_USE' })
      assert.deepEqual([readFileSync(path, 'utf8'), existsSync(`${path}.next`)], [before, false])
    })

    test('a key that does not open the data is not replaced', async (t) => {
      const place = await openPlace(t)
      await (await place.open({ COUNTERSIGN_KEK: newKek() })).close()
      const other = await openPlace(t)
      await (await other.open()).close()
      const COUNTERSIGN_KEK_FILE = join(other.folder, 'kek')
      const before = readFileSync(COUNTERSIGN_KEK_FILE, 'utf8')
      const settings = toSettings({ ...place.env, COUNTERSIGN_KEK_FILE })
      await assert.rejects(upkeep.rotateMaster(settings), { code: 'KEK_WRONG' })
      assert.equal(readFileSync(COUNTERSIGN_KEK_FILE, 'utf8'), before)
      assert.ok(!existsSync(`${COUNTERSIGN_KEK_FILE}.next`))
      await assert.rejects(upkeep.rotateMaster(toSettings(place.env)), { code: 'KEK_WRONG' })
    })
  })
}

test('a file that cannot be replaced is refused before anything is changed, and the way around is told', {
  skip: existsSync('/proc/self/fd') ? false : 'there is no /proc, which has files that nobody replaces',
}, async (t) => {
  const place = await PLACES[0].openPlace(t)
  const before = await contentOf(place)
  const file = openSync(join(place.folder, 'kek'), 'r')
  t.after(() => closeSync(file))
  const settings = toSettings({ ...place.env, COUNTERSIGN_KEK_FILE: `/proc/self/fd/${file}` })
  await assert.rejects(upkeep.rotateMaster(settings), (error: Error & { readonly hint?: string }) => {
    assert.match(error.message, /^nothing was changed: the file \/proc\/self\/fd\/\d+ cannot be replaced here/)
    assert.match(error.hint ?? '', /COUNTERSIGN_KEK/)
    return true
  })
  assert.equal(await contentOf(place), before)
})

test('a new key that root puts into the file belongs to whom the old one did', {
  skip: process.getuid?.() === 0 ? false : 'root alone gives files away',
}, async (t) => {
  const place = await PLACES[0].openPlace(t)
  await (await place.open()).close()
  const path = join(place.folder, 'kek')
  chownSync(path, 65_534, 65_534)
  await upkeep.rotateMaster(toSettings(place.env))
  for (const file of [path, `${path}.previous`]) assert.equal(statSync(file).uid, 65_534, file)
})

test('a key in the environment is proposed once, with the steps to bring it in', async (t) => {
  const { env } = await PLACES[0].openPlace(t)
  const COUNTERSIGN_KEK = newKek()
  const { code, out } = await execute(['master', 'rotate'], { ...env, COUNTERSIGN_KEK })
  assert.equal(code, 0)
  assert.match(out, /^new key +[\w-]{43}\nid +[\w-]{16}\n\n1\. .*COUNTERSIGN_KEK_PREVIOUS to the old one/)
  assert.ok(!out.includes(COUNTERSIGN_KEK))
  const rolling = await upkeep.rotateMaster(
    toSettings({ COUNTERSIGN_KEK, DATABASE_URL: 'postgres://nobody.invalid/x' }),
  )
  assert.ok(rolling.how === 'proposed')
  assert.match(rolling.steps[0] ?? '', /COUNTERSIGN_KEK_PREVIOUS to the new key, leave COUNTERSIGN_KEK/)
  assert.equal(rolling.steps.length, 4)
})

test('on SQLite a start with both keys wraps all, and the server need not stop to say so', async (t) => {
  const place = await PLACES[0].openPlace(t)
  const [old, next] = [newKek(), newKek()]
  await (await place.open({ COUNTERSIGN_KEK: old })).close()
  const both = { COUNTERSIGN_KEK: next, COUNTERSIGN_KEK_PREVIOUS: old }
  const settings = toSettings({ ...place.env, ...both })
  const store = await openStore(settings)
  await assert.rejects(upkeep.rotateMaster(settings), { code: 'DATA_IN_USE' })
  await store.close()
  const wrapped = await upkeep.rotateMaster(settings)
  assert.ok(wrapped.how === 'wrapped' && wrapped.moved > 8)
  const running = await place.open(both)
  t.after(() => running.close())
  const again = await upkeep.rotateMaster(settings)
  assert.ok(again.how === 'wrapped' && again.moved === 0)
  assert.deepEqual(Object.keys(again.under), [again.kekId])
})

describe('a new key in the environment of two instances', { skip: MISSING }, () => {
  const [old, next] = [newKek(), newKek()]
  /** The steps that `master rotate` prints, one after the other on each instance. */
  const STAGES = [
    { COUNTERSIGN_KEK: old },
    { COUNTERSIGN_KEK: old, COUNTERSIGN_KEK_PREVIOUS: next },
    { COUNTERSIGN_KEK: next, COUNTERSIGN_KEK_PREVIOUS: old },
    { COUNTERSIGN_KEK: next },
  ] as const

  test('in the order of the steps, no instance meets a key that it cannot open, and nobody is refused', async (t) => {
    const DATABASE_URL = await (await openPostgresForTests()).createDatabase()
    const ISSUER = 'http://localhost:4711'
    const instances: Authority[] = []
    t.after(() => Promise.all(instances.map((instance) => instance.close())))
    const start = async (keks: Readonly<Record<string, string>>): Promise<Authority> =>
      startAuthority(toSettings({ DATABASE_URL, ISSUER, PORT: `${await freePort()}`, ...keks }))
    for (let left = 2; left > 0; left--) instances.push(await start(STAGES[0]))
    const service = await (instances[0] as Authority).operations.addClient({
      type: 'service',
      resources: { [ORDERS]: 'read' },
    })
    const client = { id: service.client_id, secret: service.client_secret }
    let asked = 0
    const demandToken = async ({ origin }: Authority): Promise<string> => {
      asked++
      const grant = { grant_type: 'client_credentials', resource: ORDERS, scope: 'read' }
      const { status, body } = await post({ issuer: origin } as World, '/token', grant, client)
      assert.equal(status, 200, JSON.stringify(body))
      return String(body['access_token'])
    }
    /** Has one instance make a key, and both use what there is. */
    const exercise = async (maker: Authority): Promise<void> => {
      const waiting = (await maker.operations.listKeys()).find(({ state, alg }) => state === 'next' && alg === 'ES256')
      await maker.operations.revokeKey(String(waiting?.kid))
      for (const instance of instances) await instance.ring.refresh()
      for (const giver of instances)
        for (const { origin } of instances) {
          const keys = remoteKeySet(`${origin}/jwks`)
          const verifier = createVerifier({ keys, issuer: ISSUER, audience: ORDERS, typ: 'at+jwt' })
          await verifier.verify(await demandToken(giver))
        }
    }
    for (const stage of STAGES.slice(1)) {
      for (const at of [0, 1]) {
        const other = instances[1 - at] as Authority
        let restarted = false
        const load = (async () => {
          while (!restarted) await demandToken(other)
        })()
        await instances[at]?.close()
        instances[at] = await start(stage)
        restarted = true
        await load
        await exercise(instances[at])
        await exercise(other)
      }
      if (stage !== STAGES[2]) continue
      const rest = await upkeep.rotateMaster(toSettings({ DATABASE_URL, ...stage }))
      assert.ok(rest.how === 'wrapped')
      assert.deepEqual(Object.keys(rest.under), [rest.kekId])
    }
    t.diagnostic(`${asked} tokens were given out meanwhile`)
  })

  test('without the first step, an instance meets keys that it cannot open', async (t) => {
    const DATABASE_URL = await (await openPostgresForTests()).createDatabase()
    const open = async (keks: Readonly<Record<string, string>>): Promise<Authority> => {
      const authority = await startAuthority(toSettings({ DATABASE_URL, PORT: `${await freePort()}`, ...keks }))
      t.after(() => authority.close())
      return authority
    }
    const first = await open(STAGES[0])
    await open(STAGES[2])
    await assert.rejects(first.ring.refresh(), { code: 'CS_KEY_INVALID' })
  })
})
