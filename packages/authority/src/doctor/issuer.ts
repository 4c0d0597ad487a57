import type { Settings } from '../settings.ts'
import { examineClock } from './database.ts'
import { type Finding, fail, ok, some, warn } from './finding.ts'

/** For how long an answer is waited for (milliseconds), and how long it may be (characters). */
const [PATIENCE_MS, MOST_ANSWER] = [3000, 1024 * 1024]
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether the authority is found where it says that it is.
 *
 * @param kids - those of the database; undefined where that is out of reach
 */
export async function examineIssuer(
  settings: Settings,
  kids: readonly string[] | undefined,
  ask: typeof fetch = fetch,
): Promise<readonly Finding[]> {
  return [...examineProxy(settings), ...(await examineDiscovery(settings, kids, ask))]
}

function examineProxy({ issuer, trustProxy }: Settings): readonly Finding[] {
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' && trustProxy === 0)
    return [
      warn(
        'issuer',
        'ISSUER is https, so a proxy stands in front, and TRUST_PROXY is 0: limits take all people for one',
        'Set TRUST_PROXY to the number of proxies that add to X-Forwarded-For.',
      ),
    ]
  if (protocol === 'http:' && LOOPBACK.test(hostname) && trustProxy > 0)
    return [
      warn(
        'issuer',
        `ISSUER is on this machine, and TRUST_PROXY is ${trustProxy}: whoever asks may say where from`,
        'Leave TRUST_PROXY out where no proxy stands in front.',
      ),
    ]
  return []
}

async function examineDiscovery(
  settings: Settings,
  kids: readonly string[] | undefined,
  ask: typeof fetch,
): Promise<readonly Finding[]> {
  const { issuer } = settings
  const get = async (url: string): Promise<{ body: Readonly<Record<string, unknown>>; date: string | null }> => {
    const answer = await ask(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) })
    if (answer.status !== 200) throw new Error(`status ${answer.status}`)
    const text = await answer.text()
    const body: unknown = text.length > MOST_ANSWER ? undefined : JSON.parse(text)
    if (typeof body !== 'object' || body === null) throw new Error('an answer that is no JSON object')
    return { body: body as Readonly<Record<string, unknown>>, date: answer.headers.get('date') }
  }
  const start = 'Start the server; if it runs, look at the proxy and at DNS.'
  const from = Date.now()
  const discovery = await get(`${issuer}/.well-known/openid-configuration`).catch((error: unknown) => reasonOf(error))
  const to = Date.now()
  if (typeof discovery === 'string') return [warn('issuer', `${issuer} is not reached from here: ${discovery}`, start)]
  const { body, date } = discovery
  if (body['issuer'] !== issuer || typeof body['jwks_uri'] !== 'string')
    return [fail('issuer', `another server answers at ${issuer}`, 'ISSUER has to lead to this authority.')]
  const clock =
    date === null ? [] : [examineClock(issuer, Date.parse(date) / 1000 + 0.5 - (from + to) / 2000, settings)]
  const jwks = await get(body['jwks_uri']).catch((error: unknown) => reasonOf(error))
  if (typeof jwks === 'string')
    return [...clock, fail('issuer', `the keys at ${body['jwks_uri']} are not reached: ${jwks}`, start)]
  const keys = Array.isArray(jwks.body['keys']) ? jwks.body['keys'] : []
  const published = new Set(keys.map((key: { readonly kid?: unknown } | null) => key?.kid))
  const missing = (kids ?? []).filter((kid) => !published.has(kid))
  if (missing.length > 0)
    return [
      ...clock,
      fail(
        'issuer',
        `${issuer} does not publish ${some(missing)} of this database`,
        'Look whether the server there has the same DATABASE_URL or COUNTERSIGN_DATA.',
      ),
    ]
  return [
    ...clock,
    ok('issuer', kids === undefined ? `${issuer} answers` : `${issuer} answers, with the keys of this database`),
  ]
}

/** Why there was no answer, in a few words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`
  if (error instanceof SyntaxError) return 'an answer that is no JSON'
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return String((cause as NodeJS.ErrnoException).code ?? cause.message)
}
