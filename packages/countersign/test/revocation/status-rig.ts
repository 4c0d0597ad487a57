import {
  createVerifier,
  type FetchRequest,
  importKey,
  type JwtClaims,
  type Key,
  publicKey,
  type Verifier,
} from 'countersign'
import { signJws } from 'countersign/jws'
import {
  createStatusCheck,
  createStatusList,
  type StatusCheck,
  type StatusCheckOptions,
  type StatusList,
  type StatusListOptions,
} from 'countersign/revocation'
import { CLAIMS, NOW } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'
import { type Answerer, answer } from '../support/remote.ts'
import { asking, token } from './rig.ts'

export const URI = 'https://issuer.example/statuses/1'
export const SIGNING: Key = importKey(jwkFor('ES256'))
export const KEYS: Key = await publicKey(SIGNING)
export const STRANGER: Key = importKey(jwkFor('ES256', 1))
export const TYPE = 'application/statuslist+jwt'

/** A list on the clock of all tests, or its own. */
export const listOf = (options: Partial<StatusListOptions> = {}): StatusList =>
  createStatusList({ uri: URI, bits: 1, size: 100, key: SIGNING, now: () => NOW, ...options })

/** A token that refers to a status. */
export const referring = (idx: unknown, uri: unknown = URI, claims: object = {}): string =>
  token({ status: { status_list: { idx, uri } }, ...claims })

/** The list of the draft's first example: 16 statuses of one bit, B9 A3 (draft-ietf-oauth-status-list-17 §4.1). */
export const EXAMPLE = { bits: 1, lst: 'eNrbuRgAAhcBXQ' } as const

/** A token with a list that was written by hand; a claim that is undefined is left out. */
export async function forged(claims: object = {}, header: object = {}, key: Key = SIGNING): Promise<string> {
  const list = { iss: CLAIMS.iss, sub: URI, iat: NOW, exp: NOW + 3600, ttl: 300, status_list: EXAMPLE }
  const payload = JSON.stringify({ ...list, ...claims })
  return (await signJws(payload, { key, protected: { typ: 'statuslist+jwt', ...header } })) as string
}

/** What `checks` gives. */
export interface StatusRig {
  readonly state: { time: number; answer: Answerer }
  /** The requests that were made, and where to. */
  readonly sent: readonly (FetchRequest & { readonly url: string })[]
  readonly check: StatusCheck
  readonly verifier: Verifier
  /** The next request: ask before whatever brings it about. */
  next(): Promise<void>
}

/** A check behind a server and a clock that do as they are told; its verifier has a clock that stands still. */
export function checks(first: Answerer | string, options: Partial<StatusCheckOptions> = {}): StatusRig {
  const state = { time: NOW, answer: typeof first === 'string' ? answer(first) : first }
  const sent: (FetchRequest & { readonly url: string })[] = []
  let told = Promise.withResolvers<void>()
  const check = createStatusCheck({
    keys: KEYS,
    uris: URI,
    now: () => state.time,
    random: () => 0.5, // waits are what they say
    fetch: async (url, request) => {
      sent.push({ ...request, url })
      told.resolve()
      told = Promise.withResolvers<void>()
      return state.answer(request, url)
    },
    ...options,
  })
  return { state, sent, check, verifier: asking(check.revoked), next: () => told.promise }
}

/** The claims of a token with a list. */
export async function readList(text: string): Promise<JwtClaims> {
  const options = { issuer: 'any', audience: 'any', typ: 'statuslist+jwt', now: () => NOW, requireExp: false } as const
  const limits = { tokenBytes: 16 * 1024 * 1024 }
  return (await createVerifier({ keys: KEYS, ...options, limits, ignoreExp: true }).verify(text)).claims
}
