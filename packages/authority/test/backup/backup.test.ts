import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { upkeep } from '../../src/cli/upkeep.ts'
import { toSettings } from '../../src/settings.ts'
import { backUp } from '../../src/store/backup.ts'
import { openStore } from '../../src/store/database.ts'
import { restore } from '../../src/store/restore.ts'
import { STORES } from '../accounts/stores.ts'
import { execute } from '../cli/command-process.ts'
import { newKek, PLACES } from '../secrets/support.ts'
import { demandNone, note } from '../support/given.ts'
import { MISSING } from '../support/postgres.ts'
import { startProcess } from '../support/processes.ts'
import { addClient, authorize, getTokens, ORDERS, openWorld, type World } from '../support/world.ts'

const KEK = newKek()

/** The settings of an authority that a test runs. */
function settingsOf({ database, issuer }: Pick<World, 'database' | 'issuer'>): Readonly<Record<string, string>> {
  const place = database.startsWith('postgres') ? { DATABASE_URL: database } : { COUNTERSIGN_DATA: database }
  return { ISSUER: issuer, COUNTERSIGN_KEK: KEK, ...place }
}

function newFolder(t: { after(done: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`a backup of a running authority, ${kind}`, { skip: kind === 'postgres' && MISSING }, () => {
    let world: World
    const folder = newFolder({ after })
    before(async () => {
      world = await openWorld(kind, { env: { COUNTERSIGN_KEK: KEK } })
      note('KEK', KEK)
      const app = await addClient(world, { type: 'web', resources: { [ORDERS]: 'read' } })
      note('client secret', app.secret)
      note('password', world.user.password)
      await getTokens(world, app, { scope: 'openid offline_access read', resource: ORDERS })
      await authorize(world, app)
    })
    after(() => world?.stop())

    test('a file for its owner alone, whole and compressed, with nothing in it that could be used', async () => {
      const path = join(folder, 'one.gz')
      const mask = process.umask(0)
      const { rows, octets, kek } = await upkeep
        .backUp(toSettings(settingsOf(world)), path, false)
        .finally(() => process.umask(mask))
      assert.deepEqual([kek, octets], ['COUNTERSIGN_KEK', statSync(path).size])
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.deepEqual(readdirSync(folder), ['one.gz'], 'something was left behind')
      const text = gunzipSync(readFileSync(path)).toString()
      assert.ok(demandNone([{ text }]) > 10)
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.deepEqual(Object.keys(rows).sort(), lines.flatMap(({ table }) => table ?? []).sort())
      assert.equal(
        lines.filter(Array.isArray).length,
        Object.values(rows).reduce((sum, count) => sum + count, 0),
      )
      for (const name of ['users', 'credentials', 'clients', 'signing_keys', 'secrets', 'oidc_state', 'audit'])
        assert.ok((rows[name] ?? 0) > 0, name)
    })

    test('a file that is there is not overwritten, unless that is said', async () => {
      const path = join(folder, 'kept.gz')
      writeFileSync(path, 'precious')
      const settings = toSettings(settingsOf(world))
      await assert.rejects(upkeep.backUp(settings, path, false), { code: 'BACKUP' })
      assert.equal(readFileSync(path, 'utf8'), 'precious')
      await upkeep.backUp(settings, path, true)
      assert.notEqual(readFileSync(path, 'utf8'), 'precious')
      await assert.rejects(upkeep.backUp(settings, join(folder, 'nowhere', 'one.gz'), false), { code: 'BACKUP' })
      await assert.rejects(upkeep.backUp(settings, folder, true), { code: 'BACKUP', message: /cannot be written: E/ })
    })

    test('it is of one moment, whatever is written meanwhile', async (t) => {
      const settings = toSettings(settingsOf(world))
      let late: string | undefined
      const path = join(folder, 'moment.gz')
      // The users have been read when somebody registers a client, which would come next.
      await backUp(settings, { path, force: false }, async () => {
        late ??= (await world.operations.addClient({ type: 'service' })).client_id
      })
      t.diagnostic(`${late} came meanwhile`)
      assert.ok(late !== undefined && !gunzipSync(readFileSync(path)).toString().includes(late))
      await upkeep.backUp(settings, path, true)
      assert.ok(gunzipSync(readFileSync(path)).toString().includes(late))
    })
  })
}

test('where there is no database, or no table in it, there is nothing to back up', async (t) => {
  const folder = newFolder(t)
  const settings = toSettings({ COUNTERSIGN_DATA: join(folder, 'data') })
  await assert.rejects(upkeep.backUp(settings, join(folder, 'one.gz'), false), { code: 'DATABASE' })
  await (await openStore(settings, async () => undefined)).close()
  await assert.rejects(upkeep.backUp(settings, join(folder, 'one.gz'), false), { code: 'DATABASE' })
  assert.deepEqual(readdirSync(folder), ['data'])
})

describe('a restore', () => {
  const folder = newFolder({ after })
  const path = join(folder, 'good.gz')
  let lines: readonly string[]
  before(async () => {
    const settings = toSettings({ COUNTERSIGN_DATA: join(folder, 'source'), COUNTERSIGN_KEK: KEK })
    const { openAuthority } = await import('../../src/authority.ts')
    const authority = await openAuthority(settings)
    for (let count = 0; count < 3; count++)
      await authority.users.add({ email: `user${count}@example.com`, password: randomBytes(9).toString('hex') })
    await authority.close()
    await upkeep.backUp(settings, path, false)
    lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n')
  })

  /** A backup of other lines, with an end that fits where none is given. */
  const write = (name: string, some: readonly string[], end?: string): string => {
    const to = join(folder, name)
    const text = some.map((line) => `${line}\n`).join('')
    const sha256 = createHash('sha256').update(text).digest('base64url')
    const rows = (JSON.parse(lines.at(-1) ?? '') as { readonly rows: unknown }).rows
    writeFileSync(to, gzipSync(`${text}${end ?? `${JSON.stringify({ rows, sha256 })}\n`}`))
    return to
  }
  const header = (): Record<string, unknown> => JSON.parse(lines[0] ?? '') as Record<string, unknown>
  const body = (): readonly string[] => lines.slice(1, -1)

  test('a file that is cut off, changed or something else is refused before anything is written', async () => {
    const whole = readFileSync(path)
    const at = lines.findIndex((line) => line.includes('user1@'))
    const changed = lines.slice(0, -1).with(at, lines[at]?.replace('user1@', 'root1@') ?? '')
    const end = `${lines.at(-1)}\n`
    const cut = join(folder, 'cut.gz')
    writeFileSync(cut, whole.subarray(0, whole.length - 40))
    const other = join(folder, 'other')
    writeFileSync(other, 'PK and so on')
    const bad: readonly (readonly [file: string, code: string])[] = [
      [cut, 'BACKUP'],
      [other, 'BACKUP'],
      [join(folder, 'nowhere'), 'BACKUP'],
      [write('no-end', lines.slice(0, -1), ''), 'BACKUP'],
      [write('half-end', lines.slice(0, -1), end.slice(0, -2)), 'BACKUP'],
      [write('changed', changed, end), 'BACKUP'],
      [write('row-less', lines.slice(0, -1).toSpliced(at, 1)), 'BACKUP'],
      [write('goes-on', [...lines, lines[1] ?? ''], ''), 'BACKUP'],
      [write('no-row', [...lines.slice(0, 2), '["short"]', ...lines.slice(2, -1)]), 'BACKUP'],
      [write('objects', [...lines.slice(0, 2), '[{},{},{},{},{}]', ...lines.slice(2, -1)]), 'BACKUP'],
      [write('no-table', [lines[0] ?? '', '{"table":"sqlite_master","columns":["sql"]}', '["x"]']), 'BACKUP'],
      [write('no-json', [...lines.slice(0, 3), 'oops']), 'BACKUP'],
      [write('foreign', ['{"hello":"world"}', ...body()]), 'BACKUP'],
      [write('version', [JSON.stringify({ ...header(), version: 2 }), ...body()]), 'BACKUP'],
      [write('no-steps', [JSON.stringify({ ...header(), schema: [] }), ...body()]), 'BACKUP'],
      [write('newer', [JSON.stringify({ ...header(), schema: ['001-first', '999-later'] }), ...body()]), 'SCHEMA'],
    ]
    const target = join(folder, 'refused')
    const settings = toSettings({ COUNTERSIGN_DATA: target, COUNTERSIGN_KEK: KEK })
    for (const [file, code] of bad) {
      await assert.rejects(upkeep.restore(settings, file), { code }, file)
      assert.ok(!existsSync(target), file)
    }
  })

  test('another KEK is refused before anything is written, and the one before it is named', async () => {
    const target = join(folder, 'other-kek')
    const restoreWith = (env: Readonly<Record<string, string>>): Promise<unknown> =>
      upkeep.restore(toSettings({ COUNTERSIGN_DATA: target, ...env }), path)
    await assert.rejects(restoreWith({ COUNTERSIGN_KEK: newKek() }), { code: 'KEK_WRONG' })
    await assert.rejects(restoreWith({}), { code: 'KEK_WRONG' })
    assert.ok(!existsSync(target), 'no KEK is made for a backup that has one')
    const file = join(folder, 'kek')
    writeFileSync(file, newKek())
    writeFileSync(`${file}.previous`, KEK)
    await assert.rejects(restoreWith({ COUNTERSIGN_KEK_FILE: file }), (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /COUNTERSIGN_KEK_PREVIOUS to what is in .*kek\.previous/)
      return !error.hint?.includes(KEK)
    })
    assert.ok(!existsSync(target))
    await restoreWith({ COUNTERSIGN_KEK_FILE: file, COUNTERSIGN_KEK_PREVIOUS: KEK })
  })

  for (const { name, skip, openPlace } of PLACES)
    test(`a database that holds anything is refused, and left as it is, ${name}`, { skip }, async (t) => {
      const { env, open } = await openPlace(t)
      const authority = await open({ COUNTERSIGN_KEK: KEK })
      const keys = await authority.operations.listKeys()
      await authority.close()
      await assert.rejects(upkeep.restore(toSettings({ ...env, COUNTERSIGN_KEK: KEK }), path), { code: 'BACKUP' })
      const again = await open({ COUNTERSIGN_KEK: KEK })
      assert.deepEqual(await again.operations.listKeys(), keys)
      assert.deepEqual(await again.operations.listUsers(), [])
      await again.close()
    })

  for (const { name, skip, openPlace } of PLACES)
    test(`one that ends in the middle leaves nothing, and is done again, ${name}`, { skip }, async (t) => {
      const { env } = await openPlace(t)
      const settings = toSettings({ ...env, COUNTERSIGN_KEK: KEK })
      const options = { demandKek: async () => undefined, last: async () => undefined }
      const told = ({ secrets }: Readonly<Record<string, number>>): void => {
        if (secrets !== undefined) throw new Error('the power failed')
      }
      await assert.rejects(restore(settings, path, { ...options, told }), /the power failed/)
      const store = await openStore(settings, async () => undefined)
      assert.deepEqual(await store.db.selectFrom('users').selectAll().execute(), [])
      await store.close()
      const { rows } = await upkeep.restore(settings, path)
      assert.equal(rows['users'], 3)
    })

  test('a column that the tables do not have is refused, and nothing is there then', async () => {
    const strange = body().map((line) => (line.includes('"created_at"') ? line.replace('"state"', '"stote"') : line))
    const settings = toSettings({ COUNTERSIGN_DATA: join(folder, 'strange'), COUNTERSIGN_KEK: KEK })
    await assert.rejects(upkeep.restore(settings, write('strange.gz', [lines[0] ?? '', ...strange])), {
      code: 'BACKUP',
    })
    await upkeep.restore(settings, path)
  })

  test('a folder that a server has is refused', async (t) => {
    const settings = toSettings({ COUNTERSIGN_DATA: join(folder, 'held'), COUNTERSIGN_KEK: KEK })
    const store = await openStore(settings)
    t.after(() => store.close())
    await assert.rejects(upkeep.restore(settings, path), { code: 'DATA_IN_USE' })
  })

  test('by the command line, in a pipe and back, while a server has the data', async (t) => {
    const source = { COUNTERSIGN_DATA: join(folder, 'source'), COUNTERSIGN_KEK: KEK }
    const target = { COUNTERSIGN_DATA: join(folder, 'target'), COUNTERSIGN_KEK: KEK }
    const file = join(folder, 'cli.gz')
    const server = await startProcess({ program: 'cli', env: { ...source, PORT: '0' } })
    t.after(() => server.kill())
    const made = await execute(['backup', file], source)
    assert.deepEqual([made.code, made.err], [0, ''])
    assert.match(made.out, /users +3\n/)
    assert.match(made.out, /keep a copy of COUNTERSIGN_KEK elsewhere/)
    const piped = await execute(['backup', '-', '--json'], source)
    assert.equal(piped.code, 0)
    assert.equal((JSON.parse(piped.err) as { readonly rows: { readonly users: number } }).rows.users, 3)
    const twice = await execute(['backup', file], source)
    assert.deepEqual([twice.code, twice.out], [1, ''])
    assert.match(twice.err, /is there already\n.*--force/)
    const back = await execute(['restore', file, '--json'], target)
    assert.deepEqual([back.code, back.err], [0, ''])
    assert.equal((JSON.parse(back.out) as { readonly rows: { readonly users: number } }).rows.users, 3)
  })
})

for (const { name, skip, place } of STORES)
  test(`a table of another program is no table of ours, ${name}`, { skip }, async (t) => {
    const store = await (await place(t)).open()
    const { tablesOf } = await import('../../src/store/tables.ts')
    assert.ok((await tablesOf(store.db, store.kind)).get('users')?.includes('email'))
    if (store.kind === 'sqlite') return
    await store.db.schema.createSchema('other').execute()
    await store.db.schema.withSchema('other').createTable('foreign_one').addColumn('id', 'text').execute()
    assert.ok(!(await tablesOf(store.db, store.kind)).has('foreign_one'))
  })
