import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setInterval as ticks } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { remoteKeySet } from 'countersign'
import { accessToken } from 'countersign/profile'
import * as oauth from 'oauth4webapi'
import { execute } from '../cli/command-process.ts'
import { openProxy } from '../support/authority.ts'
import { freePort } from '../support/ports.ts'
import { MISSING, openPostgresForTests } from '../support/postgres.ts'
import { type AuthorityProcess, startProcess } from '../support/processes.ts'
import { addClient, authorize, CALLBACK, HTTP, newBrowser, ORDERS, redeem, type World } from '../support/world.ts'
import { type Compose, deployed, environmentOf, findYaml, parseCompose, parseDockerfile } from './deploy-files.ts'

const load = findYaml()
const skip =
  process.platform === 'win32' ? 'there are no such signals' : MISSING || (typeof load === 'string' ? load : false)
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const METRICS_TOKEN = randomBytes(32).toString('hex')
const [LOOK_MS, CALLERS] = [50, 3]

const stage = parseDockerfile(deployed('Dockerfile')).at(-1) ?? []
/** What the image begins with, and what asks it whether it lives; the command that it installs is that of the sources. */
const [COMMAND = [], PROBE = []] = ['CMD', 'HEALTHCHECK'].map((name) => stage.find((one) => one.name === name)?.words)

/** Runs a command of the files; its program is that of this process. @returns its exit code */
function runs([, ...args]: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  execFile(process.execPath, args, { env }, (error) =>
    resolve(typeof error?.code === 'number' ? error.code : error ? -1 : 0),
  )
  return promise
}

describe('two instances behind a proxy, as compose.yaml has them', { skip, timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-deployment-'))
  const instances: {
    readonly process: AuthorityProcess
    readonly port: number
    readonly env: Record<string, string>
  }[] = []
  let proxy: Awaited<ReturnType<typeof openProxy>>
  let environment: Record<string, string>
  let secret: string

  before(async () => {
    writeFileSync(join(folder, 'kek'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
    proxy = await openProxy()
    const filled = { DOMAIN: new URL(proxy.issuer).host, POSTGRES_PASSWORD: 'a1b2c3', METRICS_TOKEN }
    const { services }: Compose = parseCompose(deployed('compose.yaml'), load as () => unknown, filled)
    const { NODE_ENV: _, PATH: __, ...image } = environmentOf(stage)
    // Other paths, other ports, no certificate, and less time to look at the readiness, which is looked at more often.
    const elsewhere = {
      ISSUER: proxy.issuer,
      DATABASE_URL: await (await openPostgresForTests()).createDatabase(),
      COUNTERSIGN_KEK_FILE: join(folder, 'kek'),
      COUNTERSIGN_DATA: folder,
      HOST: '127.0.0.1',
      DRAIN: '2s',
    }
    environment = { ...image, ...services['authority-1']?.environment, ...elsewhere }
    assert.deepEqual(COMMAND, ['countersign-authority', 'serve'])
    // Both begin at the same moment, on an empty database.
    const starts = ['authority-1', 'authority-2'].map(async (name) => {
      const port = await freePort()
      const env = { ...image, ...services[name]?.environment, ...elsewhere, PORT: `${port}` }
      instances.push({ process: await startProcess({ program: [CLI, ...COMMAND.slice(1)], env }), port, env })
    })
    await Promise.all(starts)
    proxy.goTo(instances.map(({ port }) => port))
    const added = await execute(
      ['client', 'add', '--id', 'robot', '--type', 'service', '--resource', `${ORDERS}=read`, '--json'],
      environment,
    )
    assert.deepEqual([added.code, added.err], [0, ''])
    secret = JSON.parse(added.out).client_secret
  })

  after(async () => {
    for (const { process } of instances) await process.kill()
    await proxy?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const askForToken = async (origin: string): Promise<string> => {
    const answer = await fetch(`${origin}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: ORDERS, scope: 'read' }),
    })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    return JSON.parse(text).access_token
  }

  test('each is healthy by the command of the image, and ready', async () => {
    for (const { process, env } of instances) {
      assert.equal(await runs(PROBE, env), 0)
      assert.equal((await fetch(`${process.origin}/readyz`)).status, 200)
    }
    assert.equal(await runs(PROBE, { ...environment, PORT: `${await freePort()}` }), 1)
  })

  test('they publish the same keys, and a token of one verifies by those of the other', async () => {
    const sets = await Promise.all(
      instances.map(async ({ process }) => (await fetch(`${process.origin}/jwks`)).json() as Promise<object>),
    )
    assert.deepEqual(sets[0], sets[1])
    const [one, other] = instances.map(({ process }) => process.origin) as [string, string]
    for (const [from, by] of [
      [one, other],
      [other, one],
    ] as const) {
      const verifier = accessToken.createVerifier({
        keys: remoteKeySet(`${by}/jwks`),
        issuer: proxy.issuer,
        audience: ORDERS,
      })
      assert.equal((await verifier.verify(await askForToken(from))).claims.client_id, 'robot')
    }
  })

  test('somebody logs in through the proxy, whose requests go to one and the other', async () => {
    const email = 'ada@example.org'
    const user = await execute(['user', 'add', email, '--json'], environment)
    const app = await execute(
      ['client', 'add', '--id', 'shop', '--redirect-uri', CALLBACK, '--trusted', '--json'],
      environment,
    )
    assert.deepEqual([user.code, app.code], [0, 0], `${user.err}${app.err}`)
    const { issuer } = proxy
    const discovered = await oauth.discoveryRequest(new URL(issuer), HTTP)
    const as = await oauth.processDiscoveryResponse(new URL(issuer), discovered)
    const credentials = { email, password: String(JSON.parse(user.out).password) }
    const operations = { addClient: async () => JSON.parse(app.out) }
    const world = { operations, issuer, as, user: credentials, browser: newBrowser() } as unknown as World
    const client = await addClient(world, { type: 'web' })
    const { access_token: token, claims } = await redeem(client, await authorize(world, client))
    assert.ok(token && claims()?.sub)
  })

  test('each has figures of its own, for who has the token', async () => {
    for (const { process } of instances) {
      assert.equal((await fetch(`${process.origin}/metrics`)).status, 401)
      const answer = await fetch(`${process.origin}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
      assert.match(await answer.text(), /^countersign_tokens_total\{grant="client_credentials"\} [1-9]/m)
    }
  })

  test('one is stopped under load, and nobody who asks a proxy that looks at /readyz notices', async () => {
    const [leaving, staying] = instances
    assert.ok(leaving && staying)
    let [over, tokens]: [boolean, number] = [false, 0]
    const callers = Array.from({ length: CALLERS }, async () => {
      for (; !over; tokens++) await askForToken(proxy.issuer)
    })
    const watch = (async () => {
      for await (const _ of ticks(LOOK_MS)) {
        const { status } = await fetch(`${leaving.process.origin}/readyz`)
        if (status === 200) continue
        assert.equal(status, 503)
        return proxy.goTo([staying.port])
      }
    })()
    const code = await leaving.process.stop()
    over = true
    await Promise.all([watch, ...callers])
    assert.equal(code, 0)
    assert.deepEqual(
      leaving.process.lines.slice(-2).map(({ event }) => event),
      ['stopping', 'stopped'],
    )
    assert.ok(tokens > CALLERS, `${tokens} tokens`)
    assert.ok(await askForToken(proxy.issuer))
  })

  test('what was logged holds no secret', () => {
    for (const { process } of instances)
      for (const value of [secret, METRICS_TOKEN, environment['DATABASE_URL'] ?? ''])
        assert.ok(value.length > 10 && !process.output().includes(value))
  })
})
