import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { type OpenAuthority, openAuthority } from '../../src/authority.ts'
import { upkeep } from '../../src/cli/upkeep.ts'
import { examine } from '../../src/doctor/doctor.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { toSettings } from '../../src/settings.ts'
import { execute } from '../cli/command-process.ts'
import { newKek } from '../secrets/support.ts'
import { type Started, startOn } from '../support/authority.ts'
import { MISSING } from '../support/postgres.ts'

const KEK = newKek()
const ISSUER = 'http://localhost:3000'
const windows = process.platform === 'win32' && 'files have no modes there'

/** Asserts that there is a finding. */
function demand(findings: readonly Finding[], status: Finding['status'], check: string, message: RegExp): void {
  const found = findings.some((one) => one.status === status && one.check === check && message.test(one.message))
  assert.ok(found, `no ${status} ${check} ${message} in ${JSON.stringify(findings, null, 1)}`)
}

for (const kind of ['sqlite', 'postgres'] as const)
  describe(`the doctor beside a running server, ${kind}`, { skip: kind === 'postgres' && MISSING }, () => {
    let started: Started
    before(async () => {
      started = await startOn(kind, { env: { COUNTERSIGN_KEK: KEK } })
    })
    after(() => started?.stop())

    test('finds nothing wrong, and says what it has looked at', async () => {
      const place = kind === 'postgres' ? { DATABASE_URL: started.database } : { COUNTERSIGN_DATA: started.database }
      const settings = toSettings({ ISSUER: started.issuer, COUNTERSIGN_KEK: KEK, ...place })
      const findings = await examine(settings)
      assert.deepEqual(
        findings.filter(({ status, check }) => status !== 'ok' && check !== 'accounts'),
        [],
      )
      demand(findings, 'warn', 'accounts', /nobody who may log in has the role authority:admin/)
      demand(findings, 'ok', 'kek', /opens all secrets and signing keys/)
      demand(findings, 'ok', 'keys', /ES256 and RS256/)
      demand(findings, 'ok', 'issuer', /with the keys of this database/)
      demand(findings, 'ok', 'clock', kind === 'postgres' ? /the database/ : /localhost/)
      const other = await examine({ ...settings, kek: newKek() })
      demand(other, 'fail', 'kek', /does not open cookies/)
    })
  })

describe('the doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-'))
  const env = { COUNTERSIGN_DATA: join(folder, 'data'), ISSUER }
  let authority: OpenAuthority
  before(async () => {
    authority = await openAuthority(toSettings(env))
  })
  after(async () => {
    await authority?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const nobody: typeof fetch = async () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'X' } }))
  const look = (more: Readonly<Record<string, string>> = {}, ask = nobody): Promise<readonly Finding[]> =>
    examine(toSettings({ ...env, ...more }), ask)
  const run = (text: string): Promise<unknown> => sql.raw(text).execute(authority.store.db)
  /** What is found while the database is changed. */
  const changed = async (change: string, back: string): Promise<readonly Finding[]> => {
    await run(change)
    try {
      return await look()
    } finally {
      await run(back)
    }
  }

  test('says who may administer, and who of them has a password alone', async () => {
    const { user } = await authority.operations.addUser({ email: 'ada@example.com', roles: ['authority:admin'] })
    demand(await look(), 'warn', 'accounts', /^ada@example\.com may administer this with a password alone$/)
    await run(`INSERT INTO credentials (id, user_id, kind, data) VALUES ('crd_x', '${user.id}', 'totp', '{}')`)
    demand(await look(), 'ok', 'accounts', /^1 administrator, with two factors each$/)
    await authority.operations.disableUser(user.id)
    demand(await look(), 'warn', 'accounts', /nobody/)
  })

  test('knows clients that are between two secrets for long, and those that return by http', async () => {
    const redirect_uris = ['http://app.example/callback']
    const { client_id: id } = await authority.operations.addClient({
      type: 'web',
      redirect_uris: ['https://app.example/callback'],
    })
    await authority.operations.rotateClientSecret(id, 'overlap')
    demand(await look(), 'ok', 'clients', /nothing is wrong/)
    await run(`UPDATE clients SET created_at = 1`)
    demand(await look(), 'ok', 'clients', /nothing is wrong/)
    await run(`UPDATE audit SET at = 1 WHERE event = 'client.secret_rotated'`)
    await run(`UPDATE clients SET metadata = '${JSON.stringify({ redirect_uris })}'`)
    const findings = await look()
    demand(findings, 'warn', 'clients', /had two secrets for more than 30 days/)
    demand(findings, 'warn', 'clients', /return by http/)
    await authority.operations.disableClient(id)
    demand(await look(), 'ok', 'clients', /nothing is wrong/)
  })

  test('knows when the keys are not looked after', async () => {
    const all = (set: string, where = '1 = 1'): string => `UPDATE signing_keys SET ${set} WHERE ${where}`
    const late = 40 * 86_400
    const shift = (by: number): string =>
      all(`published_at = published_at + ${by}, activate_at = activate_at + ${by}, retire_at = retire_at + ${by}`)
    const old = await changed(shift(-2 * late), shift(2 * late))
    demand(old, 'warn', 'keys', /has signed for longer than KEY_PERIOD/)
    demand(old, 'warn', 'keys', /no key for ES256 is next/)
    const none = await changed(all('revoked_at = 1'), all('revoked_at = NULL'))
    demand(none, 'fail', 'keys', /no key signs with RS256/)
    const [some] = await authority.operations.listKeys()
    const one = `kid = '${some?.kid}'`
    const mixed = await changed(all(`purge_at = 4000000000, retire_at = 5000000000`, one), all('purge_at = NULL', one))
    demand(mixed, 'fail', 'keys', /out of order/)
    const left = await changed(all('purge_at = 1, retire_at = NULL', one), all('purge_at = NULL', one))
    demand(left, 'warn', 'keys', /1 key should be gone/)
  })

  test('knows tables of another version', async () => {
    const [change, back] = [
      `INSERT INTO schema_migrations VALUES ('999-later', '2099')`,
      `DELETE FROM schema_migrations WHERE name = '999-later'`,
    ]
    demand(await changed(change, back), 'fail', 'database', /a newer version has written the tables \(999-later\)/)
    const step = `name = '002-people'`
    const older = await changed(
      `DELETE FROM schema_migrations WHERE ${step}`,
      `INSERT INTO schema_migrations VALUES ('002-people', '2026')`,
    )
    demand(older, 'warn', 'database', /002-people is to come/)
  })

  test('knows what piles up, and what the demo left', async () => {
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
      INSERT INTO rate_limit (key, points, expire) SELECT 'x' || i, 1, 1 FROM n`
    demand(await changed(many, 'DELETE FROM rate_limit'), 'warn', 'expired', /^10001 rows have expired/)
    const demo = await changed(
      `INSERT INTO clients (client_id, metadata, created_at) VALUES ('demo-one', '{}', 1)`,
      `DELETE FROM clients WHERE client_id = 'demo-one'`,
    )
    demand(demo, 'warn', 'demo', /demo-one/)
  })

  test('knows files that are open to others, and what is left in their folder', { skip: windows }, async () => {
    const { COUNTERSIGN_DATA: data } = env
    demand(await look(), 'ok', 'data', /is for its owner alone/)
    chmodSync(data, 0o755)
    for (const file of ['kek', 'authority.db']) chmodSync(join(data, file), 0o644)
    writeFileSync(join(data, 'kek.next'), newKek())
    await upkeep.backUp(toSettings(env), join(data, 'backup.gz'), false)
    const findings = await look()
    demand(findings, 'warn', 'data', /is open to others \(mode 755\)/)
    demand(findings, 'fail', 'data', /authority\.db is open to others \(mode 644\)/)
    demand(findings, 'fail', 'kek', /kek is open to others/)
    demand(findings, 'warn', 'kek', /kek\.next is left of a rotation that did not end/)
    demand(findings, 'warn', 'kek', /1 backup beside the key that opens it: backup\.gz/)
    for (const file of ['kek.next', 'backup.gz']) rmSync(join(data, file))
    renameSync(join(data, 'kek'), join(data, 'moved'))
    demand(await look(), 'warn', 'kek', /kek is not there/)
    renameSync(join(data, 'moved'), join(data, 'kek'))
    for (const file of ['kek', 'authority.db']) chmodSync(join(data, file), 0o600)
    chmodSync(data, 0o700)
  })

  test('knows that the key is gone which opens what the database holds', async () => {
    const findings = await look({ COUNTERSIGN_KEK_FILE: join(folder, 'gone') })
    demand(findings, 'fail', 'kek', /^the database holds keys, and the key that opens them is not in .*gone$/)
  })

  test('asks the issuer whether it is this authority', async () => {
    const answers =
      (body: (url: string) => unknown, headers: Readonly<Record<string, string>> = {}): typeof fetch =>
      async (url) =>
        new Response(JSON.stringify(body(String(url))), { headers })
    const jwks_uri = `${ISSUER}/jwks`
    const { keys } = { keys: (await authority.operations.listKeys()).map(({ kid }) => ({ kid })) }
    const good = (url: string): unknown => (url === jwks_uri ? { keys } : { issuer: ISSUER, jwks_uri })
    demand(await look({}, answers(good)), 'ok', 'issuer', /with the keys of this database/)
    const skewed = answers(good, { date: new Date(Date.now() + 600_000).toUTCString() })
    demand(await look({}, skewed), 'fail', 'clock', /is 6\d\d s behind http:\/\/localhost:3000/)
    demand(await look(), 'warn', 'issuer', /is not reached from here/)
    demand(
      await look(
        {},
        answers(() => ({ issuer: 'https://other.example' })),
      ),
      'fail',
      'issuer',
      /another server/,
    )
    demand(
      await look(
        {},
        answers(() => null),
      ),
      'warn',
      'issuer',
      /no JSON object/,
    )
    const foreign = (url: string): unknown => (url === jwks_uri ? { keys: [{ kid: 'x' }, null] } : good(url))
    demand(await look({}, answers(foreign)), 'fail', 'issuer', /does not publish/)
    const silent: typeof fetch = async () => Promise.reject(new DOMException('over', 'TimeoutError'))
    demand(await look({}, silent), 'warn', 'issuer', /no answer within 3 s/)
    const https = await look({ ISSUER: 'https://login.example' })
    demand(https, 'warn', 'issuer', /ISSUER is https, so a proxy stands in front, and TRUST_PROXY is 0/)
    demand(await look({ TRUST_PROXY: '1' }), 'warn', 'issuer', /whoever asks may say where from/)
  })

  test('waits for no database that does not answer, and says nothing of its password', async (t) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const address = server.address() as { readonly port: number }
    const DATABASE_URL = `postgres://ada:hunter22@127.0.0.1:${address.port}/x`
    const { code, out, err } = await execute(['doctor'], { ...env, DATABASE_URL, COUNTERSIGN_KEK: KEK })
    assert.deepEqual([code, err], [1, ''])
    assert.match(out, /^fail +database +the database of DATABASE_URL is out of reach/m)
    for (const secret of ['hunter22', KEK]) assert.ok(!out.includes(secret))
  })

  test('has every fault of the settings as a finding, and ends with 1', async () => {
    const bad = { PORT: 'abc', ISSUER: 'http://example.com', COUNTERSIGN_KEK: 'hunter22' }
    const { code, out, err } = await execute(['doctor', '--json'], bad)
    assert.deepEqual([code, err], [1, ''])
    const { findings, failed } = JSON.parse(out) as { findings: readonly Finding[]; failed: boolean }
    assert.equal(failed, true)
    assert.equal(findings.length, 3)
    for (const name of Object.keys(bad)) demand(findings, 'fail', 'settings', new RegExp(`^${name} `))
    assert.doesNotMatch(out, /hunter22/)
  })

  test('ends with 0 where nothing fails, and says how it is in words', async () => {
    const { code, out, err } = await execute(['doctor'], env)
    assert.deepEqual([code, err], [0, ''], out)
    assert.match(out, /^ok {4}settings /m)
    assert.match(out, /^warn {2}issuer .*ECONNREFUSED\n {6}→ Start the server/m)
    assert.match(out, /\n\n\d+ findings: 0 fail, \d warn$/)
  })
})
