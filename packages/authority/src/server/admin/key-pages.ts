import type { Context, Hono } from 'hono'
import { AuthorityError } from '../../errors.ts'
import type { Operations } from '../../operations.ts'
import { type KeyView, keysPage, revokePage } from '../../pages/admin-keys.ts'
import { type AdminDesk, type Desk, type Env, faultOf, goTo, show } from './desk.ts'
import { faultOf as schemaFault } from './schema.ts'
import { INPUTS } from './schemas.ts'

/** The keys as pages show them, in the order of their turns, those of one algorithm together. */
export async function keyViews(operations: Operations): Promise<readonly KeyView[]> {
  const keys = await operations.listKeys()
  const views = keys.map((key): KeyView => {
    const revocable = key.state === 'next' || key.state === 'active' || key.state === 'retired'
    const revoke = revocable ? `/admin/keys/${encodeURIComponent(key.kid)}/revoke` : undefined
    return { ...key, label: key.kid.slice(0, 8), revoke }
  })
  const algs = [...new Set(views.map(({ alg }) => alg))].sort()
  return algs.flatMap((alg) => views.filter((view) => view.alg === alg))
}

/** The pages about the keys that sign. @param now - the time in epoch seconds, by the clock that keys go by */
export function keyPages(app: Hono<Env>, desk: AdminDesk, now: () => number): void {
  app.get(
    '/admin/keys',
    desk.page(async ({ c, operations, view }) =>
      show(c, keysPage({ ...view, keys: await keyViews(operations), now: now() })),
    ),
  )

  app.post(
    '/admin/keys/rotate',
    desk.form(
      () => '/admin/keys',
      async ({ c, operations }) => {
        await operations.rotateKeys()
        return goTo(c, '/admin/keys', 'rotated')
      },
    ),
  )

  app.get(
    '/admin/keys/:kid/revoke',
    desk.page(async (at) => showRevoke(at)),
  )

  app.post(
    '/admin/keys/:kid/revoke',
    desk.form(placeOf, async (at, form) => {
      const reason = (form['reason'] ?? '').trim()
      const fault =
        reason === '' ? 'Say why: it stands in the list of keys.' : schemaFault(INPUTS.RevokeInput, { reason })
      if (fault !== undefined) return showRevoke(at, reason, fault)
      try {
        await at.operations.revokeKey(nameOf(at.c), reason)
      } catch (error) {
        return showRevoke(at, reason, faultOf(error))
      }
      return goTo(at.c, '/admin/keys', 'revoked')
    }),
  )
}

async function showRevoke({ c, operations, view }: Desk, reason = '', error?: string): Promise<Response> {
  const keys = await keyViews(operations)
  const key = keys.find(({ kid }) => kid === nameOf(c))
  if (key?.revoke === undefined) throw new AuthorityError('KEY_UNKNOWN', 'there is no such key')
  const successor = keys.find(({ alg, state }) => alg === key.alg && state === 'next')?.kid
  const page = revokePage({ ...view, key, successor, reason, error })
  return show(c, page, error === undefined ? 200 : 422)
}

const nameOf = (c: Context): string => c.req.param('kid') ?? ''
const placeOf = (c: Context): string => `/admin/keys/${encodeURIComponent(nameOf(c))}/revoke`
