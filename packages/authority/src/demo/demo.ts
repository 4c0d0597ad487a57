import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Users } from '../accounts/users.ts'
import { createDemoApi } from './api.ts'
import { createDemoApp } from './app.ts'
import type { ApiCall } from './ask.ts'
import { type Listening, listen } from './listen.ts'
import type { Log } from './log.ts'
import { type DemoUser, type SeedOperations, seedClient, seedService, seedUser } from './seed.ts'
import { type VisitParts, visitOf } from './visit.ts'
import { createWalk, type WalkOptions } from './walk.ts'
import { Watch } from './watch.ts'

export interface DemoOptions {
  readonly authority: {
    readonly issuer: string
    readonly operations: SeedOperations & WalkOptions['operations']
    readonly users: Pick<Users, 'findByEmail' | 'authenticate'>
    /** The folder where the password of the demo's user is kept. */
    readonly data: string
    /** What tells who is logged in; without it nobody is. */
    readonly visits?: VisitParts
  }
  /** That of the authority: the apps and the API take the three after it. 0: any free ones. */
  readonly port: number
  /** Where the authority listens. */
  readonly host?: string
  readonly log: Log
  /** The time in epoch seconds by which sessions and tokens of the apps end. Default: the system clock. */
  readonly now?: () => number
}

/** The demo, once it runs. */
export interface Demo {
  readonly apps: readonly { readonly name: string; readonly url: string }[]
  /** The origin of the API. */
  readonly api: string
  readonly user: DemoUser
  /** The first page of the authority, and all under /demo. */
  readonly walk: Hono<{ Bindings: HttpBindings }>
  close(): Promise<void>
}

const NOTES: ApiCall = { method: 'GET', path: '/notes', needs: 'needs the scope notes:read, and the role reader' }
const PHOTOS: ApiCall = { method: 'GET', path: '/photos', needs: 'needs the scope photos:read, and the role reader' }
const ADMIN: ApiCall = { method: 'POST', path: '/admin', needs: 'needs the role admin' }

/** Each asks for what it needs, so each can also show what it may not do. */
const APPS = [
  { id: 'notes', name: 'Notes', scope: 'notes:read', calls: [NOTES, PHOTOS, ADMIN] },
  { id: 'photos', name: 'Photos', scope: 'photos:read', calls: [PHOTOS, NOTES, ADMIN] },
] as const

/** What the service that watches a rotation has its tokens for. */
const WATCH_SCOPE = 'keys:watch'

const EVERYWHERE = /^(0\.0\.0\.0|::)$/

/**
 * Starts two apps that share the login of an authority, and an API that takes its tokens, each on an origin of its own,
 * and registers what they need. The authority has to be listening, and to let logout tokens through to the apps.
 *
 * @throws {AuthorityError} `SETTINGS` where a port is taken
 */
export async function startDemo({ authority, port, host: hoped = '', log, now }: DemoOptions): Promise<Demo> {
  const { issuer, operations, users, data, visits } = authority
  // Browsers find the apps on this machine whatever the host of the authority is; a container has to listen everywhere.
  const host = EVERYWHERE.test(hoped) ? hoped : '127.0.0.1'
  const listening: Listening[] = []
  const open = async (further: number): Promise<Listening> => {
    const server = await listen(port === 0 ? 0 : port + further, host)
    listening.push(server)
    return server
  }
  let watch: Watch | undefined
  const close = async (): Promise<void> => {
    watch?.close()
    await Promise.all(listening.map((server) => server.close()))
  }
  try {
    const opened: { readonly app: (typeof APPS)[number]; readonly server: Listening }[] = []
    for (const app of APPS) opened.push({ app, server: await open(opened.length + 1) })
    const api = await open(opened.length + 1)
    api.serve(createDemoApi({ origin: api.origin, issuer, log }))

    const user = await seedUser(operations, users, data)
    const apps = opened.map(({ app, server }) => ({ name: app.name, url: server.origin }))
    for (const { app, server } of opened) {
      const { origin } = server
      const registered = await seedClient(operations, { ...app, origin }, api.origin)
      const others = apps.filter(({ url }) => url !== origin)
      const surroundings = { origin, issuer, apiOrigin: api.origin, others, log, ...(now && { now }) }
      server.serve(createDemoApp({ ...app, ...registered, ...surroundings }))
    }
    const clock = { now: now ?? (() => Math.floor(Date.now() / 1000)) }
    const client = await seedService(operations, WATCH_SCOPE, api.origin)
    watch = new Watch({ issuer, audience: api.origin, scope: WATCH_SCOPE, client, ...clock })
    const names = new Map(APPS.map(({ id, name }) => [`demo-${id}`, name]))
    const walk = createWalk({
      ...{ issuer, apps, api: api.origin, user, operations, watch, log },
      visit: async (c) => visits && visitOf(c, visits, names),
      ...clock,
    })
    return { apps, api: api.origin, user, walk, close }
  } catch (error) {
    await close()
    throw error
  }
}
