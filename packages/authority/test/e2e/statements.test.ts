import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { MISSING } from '../support/postgres.ts'
import { login } from '../support/user-agent.ts'
import { addClient, newBrowser, openWorld, redeem, toRequest, type World } from '../support/world.ts'

/**
 * How many statements a login may take: from the first request of the app to the tokens. Two of them begin and commit what
 * the token request writes, which are three writes in one transaction in place of three of their own.
 */
const MOST = 26

type Method = (...parameters: unknown[]) => unknown

/** Counts each call of some methods. @returns what was asked for since, and has them as they were */
function watch(prototype: object, names: readonly string[]): { readonly asked: string[]; end(): void } {
  const asked: string[] = []
  const methods = prototype as Record<string, Method>
  const before = names.map((name) => [name, methods[name] as Method] as const)
  for (const [name, method] of before)
    methods[name] = function counted(this: { readonly sourceSQL?: string }, ...parameters) {
      const [first] = parameters
      const text = this.sourceSQL ?? (typeof first === 'string' ? first : (first as { readonly text?: string }).text)
      asked.push(String(text).replaceAll(/\s+/g, ' ').slice(0, 120))
      return method.apply(this, parameters)
    }
  const end = (): void => {
    for (const [name, method] of before) methods[name] = method
  }
  return { asked, end }
}

for (const [topology, skip, prototype, names] of [
  ['sqlite', false, StatementSync.prototype, ['run', 'all', 'get', 'iterate']],
  ['postgres', MISSING, pg.Client.prototype, ['query']],
] as const) {
  describe(topology, { skip }, () => {
    let world: World
    before(async () => {
      world = await openWorld(topology)
    })
    after(() => world.stop())

    test(`a login with a password takes no more than ${MOST} statements`, async (t) => {
      const { asked, end } = watch(prototype, names)
      const once = async (id: string): Promise<void> => {
        const app = await addClient(world, { client_id: id, type: 'web' })
        const { url: to, ...own } = await toRequest(app)
        asked.length = 0
        const url = await login(newBrowser(), to, world.user)
        await redeem(app, { url, code: String(url.searchParams.get('code')), ...own })
      }
      try {
        await once('first') // what is done now and then is over
        await once('second')
      } finally {
        end()
      }
      t.diagnostic(`${asked.length} statements`)
      assert.ok(asked.length <= MOST, `${asked.length}: ${asked.join('\n')}`)
    })
  })
}
