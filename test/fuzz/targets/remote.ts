import { verifying } from '../../../packages/countersign/src/crypto/node.ts'
import type { FetchResponse } from '../../../packages/countersign/src/source/download.ts'
import { RemoteKeySet } from '../../../packages/countersign/src/source/remote.ts'
import { toRules } from '../../../packages/countersign/src/source/remote-options.ts'
import { createVerifier, exportJwk } from '../../../packages/countersign/src/sync.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { cut, mutateSections } from '../mutate/token.ts'
import { hold, refused } from '../oracle.ts'
import { JWK_SETS } from '../seeds.ts'
import type { Bytes, Outcome, Target } from '../target.ts'
import { JWK_WORDS } from '../words.ts'
import { AUDIENCE, CLAIMS, ISSUER, NOW, signatureOf, verifies } from './issued.ts'

const LINE_FEED = 0x0a
const SECTIONS = 5
const URL_OF_SET = 'https://issuer.example/jwks'
const MOST = 8192
const octets = havoc(['200', '304', '404', '500', '301', 'max-age=', 'no-store', '"', 'W/"a"', 's-maxage=1', ','], 512)
const inAll = mutateSections(LINE_FEED, [octets, octets, octets, octets, mutateJson(JWK_WORDS)])

/** What a server answers, line by line: status, Cache-Control, ETag, Retry-After, and the rest is the body. */
export const target: Target = {
  name: 'remote',
  words: JWK_WORDS,
  mutators: [inAll, inAll],
  seeds: () => [
    `200\nmax-age=60\n"a"\n\n${goodSet()}`,
    `200\npublic, max-age="60", s-maxage=5\nW/"a"\n\n${goodSet()}`,
    `503\n\n\n120\n`,
    `429\n\n\nMon, 21 Sep 2026 13:33:20 GMT\n`,
    ...JWK_SETS.map((set) => `200\n\n\n\n${set}`),
  ],
  prepare: () => {
    const token = signatureOf('ES256', CLAIMS)
    const { x = '' } = exportJwk(verifies('ES256')) as { readonly x?: string }
    return (input) => read(input, token, x)
  },
}

const goodSet = (): string => JSON.stringify({ keys: [exportJwk(verifies('ES256')), exportJwk(verifies('Ed25519'))] })

async function read(input: Bytes, token: string, x: string): Promise<Outcome> {
  let now = NOW
  const fetch = async (): Promise<FetchResponse> => toResponse(input)
  const rules = toRules({ fetch, now: () => now, random: () => 0.5, maxBytes: MOST, timeout: 60 })
  const set = new RemoteKeySet(URL_OF_SET, rules, verifying)
  const first = await attempt(() => set.load())
  const outcome = first === 'loaded' ? verified(set, token, Buffer.from(input), x) : first
  // Once more when it has aged, with the same answer, and from what was kept of it.
  now += 700
  await attempt(() => set.load())
  const snapshot = set.snapshot()
  if (snapshot !== undefined) {
    const other = new RemoteKeySet(URL_OF_SET, rules, verifying)
    other.restore(JSON.parse(JSON.stringify(snapshot)))
    hold(other.current?.keys.length === set.current?.keys.length, 'the snapshot has other keys')
  }
  return outcome
}

function verified(keys: RemoteKeySet, token: string, input: Buffer, x: string): Outcome {
  try {
    createVerifier({ keys, issuer: ISSUER, audience: AUDIENCE, now: () => NOW }).verify(token)
  } catch (error) {
    return refused(error)
  }
  // What is spelled with escapes is not looked for.
  hold(input.includes(x) || input.includes('\\'), 'a token is verified by a key that is not in the set')
  return 'accepted'
}

async function attempt(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return 'loaded'
  } catch (error) {
    const code = refused(error)
    hold(
      (error as { unavailable?: boolean }).unavailable === true,
      'a set that is not there is no reason to refuse a token',
    )
    return code
  }
}

function toResponse(input: Bytes): FetchResponse {
  const [status, cacheControl, etag, retryAfter, body] = cut(input, LINE_FEED, SECTIONS).map((part) =>
    Buffer.from(part).toString('latin1'),
  )
  const headers = new Map([
    ['cache-control', cacheControl],
    ['etag', etag],
    ['retry-after', retryAfter],
  ])
  const octets = new Uint8Array(Buffer.from(body ?? '', 'latin1'))
  const half = octets.length >> 1
  const parts = [octets.subarray(0, half), octets.subarray(half)]
  const reader = {
    read: async () => (parts.length > 0 ? { done: false, value: parts.shift() } : { done: true }),
    cancel: async () => undefined,
  }
  return {
    status: Number.parseInt(status ?? '', 10) || 0,
    headers: { get: (name) => headers.get(name.toLowerCase()) || null },
    body: { getReader: () => reader },
  }
}
