import { createVerifier, discover, remoteKeySet, secretKey } from 'countersign'
import { createStatusCheck } from 'countersign/revocation'
import { CLAIMS, mac, NOW, SECRET } from '../material.ts'
import { CLAIM_CANARIES, canaryText, PRIVATE } from './canaries.ts'
import type { Canary } from './detector.ts'

/** What came of an answer: everything that a program could log. */
export interface Told {
  readonly errors: readonly unknown[]
  readonly events: readonly unknown[]
  readonly canaries: readonly Canary[]
}

export interface BadAnswer {
  readonly what: string
  readonly act: () => Promise<Told>
}

const URL_OF_SET = 'https://issuer.example/jwks.json'
const now = (): number => NOW
const token = mac({ alg: 'HS256', kid: 'k' }, { ...CLAIMS, ...CLAIM_CANARIES }, SECRET)
const json = { 'content-type': 'application/json' }

type Answer = () => Promise<Response>
const body =
  (text: string, status = 200, headers: Readonly<Record<string, string>> = json): Answer =>
  async () =>
    new Response(status === 204 ? null : text, { status, headers })

/** Answers to whoever asks for keys or lists, each with a canary in it. */
function answers(canary: string): readonly (readonly [what: string, answer: Answer])[] {
  const { EC, RSA } = PRIVATE
  return [
    ['no JSON', body(`{"keys":[{"kid":"${canary}`)],
    ['JSON with something behind it', body(`{"keys":[]}${canary}`)],
    ['JSON of text', body(JSON.stringify(canary))],
    ['a member twice', body(`{"keys":[],"x":"${canary}","x":"${canary}"}`)],
    ['keys that are a text', body(JSON.stringify({ keys: canary }))],
    ['a page of HTML', body(`<!doctype html><p>${canary}`, 200, { 'content-type': `text/html; x=${canary}` })],
    ['status 500 with a reason', body(canary, 500)],
    ['status 401 with a challenge', body(canary, 401, { 'www-authenticate': `Bearer error_description="${canary}"` })],
    ['a redirect', body(canary, 302, { location: `https://evil.example/?code=${canary}` })],
    [
      'a secret',
      body(JSON.stringify({ keys: [{ kty: 'oct', k: Buffer.from(canary).toString('base64url'), kid: 'k' }] })),
    ],
    ['private keys', body(JSON.stringify({ keys: [EC.jwk, RSA.jwk] }))],
    ['a private key that is broken', body(JSON.stringify({ keys: [{ ...EC.jwk, d: `${EC.jwk['d']}A` }] }))],
    ['a body of 1 MB', body(canary.repeat(20_000))],
    [
      'a body that breaks off',
      async () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode(`{"keys":"${canary}`))
              controller.error(new Error(`the connection of ${'x'.repeat(20)} was reset`))
            },
          }),
          { headers: json },
        ),
    ],
    ['no UTF-8', async () => new Response(Buffer.concat([Buffer.from(canary), Buffer.of(0xff)]), { headers: json })],
  ]
}

async function caught(...acts: readonly (() => unknown)[]): Promise<readonly unknown[]> {
  const errors: unknown[] = []
  for (const act of acts)
    try {
      await act()
    } catch (error) {
      errors.push(error)
    }
  return errors
}

/** Sets and metadata that are not what they should be. */
export function badSets(): readonly BadAnswer[] {
  const canary = canaryText()
  const canaries = [{ name: 'the answer', value: canary }]
  const sets = answers(canary).map(
    ([what, fetch]): BadAnswer => ({
      what: `a JWK Set: ${what}`,
      async act() {
        const events: unknown[] = []
        const keys = remoteKeySet(URL_OF_SET, { fetch, now })
        keys.subscribe((event) => events.push(event))
        const verifier = createVerifier({ keys, issuer: CLAIMS.iss, audience: CLAIMS.aud, now })
        const errors = await caught(
          () => keys.load(),
          () => verifier.verify(token),
          () => verifier.verify(token),
        )
        return { errors, events, canaries }
      },
    }),
  )
  const metadata = answers(canary).map(
    ([what, fetch]): BadAnswer => ({
      what: `metadata: ${what}`,
      act: async () => ({
        errors: await caught(() => discover('https://issuer.example', { fetch })),
        events: [],
        canaries,
      }),
    }),
  )
  const urls = [
    `https://user:${canary}@issuer.example/jwks.json`,
    `http://issuer.example/?key=${canary}`,
    `${canary} is no URL`,
  ]
  return [
    ...sets,
    ...metadata,
    ...urls.map(
      (url, index): BadAnswer => ({
        what: `the URL of a set, ${['with a password', 'with a key in its query', 'that is none'][index]}`,
        act: async () => ({
          errors: await caught(
            () => remoteKeySet(url),
            () => discover(url),
          ),
          events: [],
          canaries,
        }),
      }),
    ),
  ]
}

/** Status lists that are not what they should be. */
export function badLists(): readonly BadAnswer[] {
  const canary = canaryText()
  const canaries = [{ name: 'the list', value: canary }]
  const uri = 'https://issuer.example/statuses/1'
  const type = { 'content-type': 'application/statuslist+jwt' }
  const list = (claims: object, secret: Uint8Array = SECRET): Answer =>
    body(
      mac({ alg: 'HS256', typ: 'statuslist+jwt' }, { sub: uri, iat: NOW, ttl: 60, note: canary, ...claims }, secret),
      200,
      type,
    )
  const lists: readonly (readonly [string, Answer])[] = [
    ...answers(canary),
    ['by another key', list({ status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' } }, Buffer.alloc(32, 7))],
    ['that is no list', list({ status_list: canary })],
    [
      'whose list cannot be inflated',
      list({ status_list: { bits: 1, lst: Buffer.from(canary).toString('base64url') } }),
    ],
    ['with bits of another kind', list({ status_list: { bits: canary, lst: canary } })],
    ['for another place', list({ sub: `https://${canary}.example/`, status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' } })],
    ['without a list', list({})],
    ['that has expired', list({ exp: NOW - 3600, status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' } })],
  ]
  const key = secretKey(SECRET, 'HS256')
  return lists.map(
    ([what, fetch]): BadAnswer => ({
      what: `a status list ${what}`,
      async act() {
        const { revoked } = createStatusCheck({ keys: key, uris: uri, fetch, now } as never)
        const verifier = createVerifier({ keys: key, issuer: CLAIMS.iss, audience: CLAIMS.aud, now, revoked })
        const claims = { ...CLAIMS, ...CLAIM_CANARIES, status: { status_list: { idx: 1, uri } } }
        const named = mac({ alg: 'HS256' }, claims, SECRET)
        return {
          errors: await caught(
            () => verifier.verify(named),
            () => verifier.verify(named),
          ),
          events: [],
          canaries,
        }
      },
    }),
  )
}
