import { type Bar, fastestBar, speedBar } from '../bars.ts'
import { BARE_NAME } from '../contender.ts'
import { OURS, OURS_LATER, PEERS } from './contenders.ts'

/** The jobs of each scheme. */
export type Operation = 'verify' | 'sign'

/** The least part of the primitive's own speed that is left once the token is a token. */
const OF_BARE: Readonly<Record<Operation, ReadonlyMap<string, number>>> = {
  verify: new Map([
    ['RS256', 0.85],
    ['PS256', 0.85],
    ['ES256', 0.93],
    ['Ed25519', 0.93],
  ]),
  sign: new Map([
    ['RS256', 0.93],
    ['PS256', 0.93],
    ['ES256', 0.93],
    ['Ed25519', 0.93],
  ]),
}

const MAC_VERIFY: readonly (readonly [against: string, least: number])[] = [
  ['fast-jwt', 1.6],
  ['jose (promise)', 15],
  [BARE_NAME, 0.5],
]

const MAC_SIGN: readonly (readonly [against: string, least: number])[] = [
  ['fast-jwt', 1.5],
  ['jose (promise)', 15],
]

/** The bars on one job of a scheme. */
export function barsOn(scheme: string, operation: Operation): readonly Bar[] {
  const job = `${scheme} ${operation}`
  if (scheme === 'HS256') {
    const bars = operation === 'verify' ? MAC_VERIFY : MAC_SIGN
    return bars.map(([against, least]) => speedBar({ job, ours: OURS, against, least, ...whyOf(job, against) }))
  }
  const least = OF_BARE[operation].get(scheme)
  if (least === undefined) return []
  // What is signed by promise goes to other threads: the suite of those is about it.
  const doors = operation === 'verify' ? [OURS, OURS_LATER] : [OURS]
  return doors.flatMap((ours) => [
    speedBar({ job, ours, against: BARE_NAME, least, ...whyOf(job, BARE_NAME) }),
    fastestBar({ job, ours, peers: PEERS, least: 1, ...whyOf(job, 'peer') }),
  ])
}

/** Why a bar is known to fall short. */
function whyOf(job: string, against: string): { readonly why: string } | object {
  const why = WHY.get(`${job}, ${against}`)
  return why === undefined ? {} : { why }
}

const MAC_LIMIT = `createHmac makes an object and crosses from JavaScript into Node four times for each MAC, and so it is about half of
our time for a token, and more than a third of fast-jwt's: both go by it. What is left for us is to cut the token, to decode
and parse the claims with no name twice, and to check them.`
const COLD = `What a token takes beside its signature runs on caches that the primitive has just filled with its own code and data,
and takes about twice as long there as by itself.`
const JOSE = `jose waits for another thread in each call, and that takes some 100 µs on an idle machine and 20 on a busy one: this ratio
tells how busy the machine was.`

const WHY: ReadonlyMap<string, string> = new Map([
  ['HS256 verify, fast-jwt', MAC_LIMIT],
  [
    `HS256 verify, ${BARE_NAME}`,
    'The primitive alone runs on warm caches; in the middle of a verification the same MAC takes half as long again.',
  ],
  ['HS256 sign, fast-jwt', MAC_LIMIT],
  ['HS256 verify, jose (promise)', JOSE],
  ['HS256 sign, jose (promise)', JOSE],
  [`RS256 verify, ${BARE_NAME}`, `${COLD} RS256 is the fastest to verify, so the same work is a larger part of it.`],
  [`PS256 verify, ${BARE_NAME}`, `${COLD} Node 26 has made the primitive faster where it is told its padding.`],
  [`ES256 verify, ${BARE_NAME}`, COLD],
  [`Ed25519 verify, ${BARE_NAME}`, COLD],
  [
    `ES256 sign, ${BARE_NAME}`,
    `${COLD}
To sign with P-256 takes a third of what it takes to verify. JSON.stringify and base64url are most of the work.`,
  ],
  [
    `Ed25519 sign, ${BARE_NAME}`,
    `${COLD}
To sign takes a third of what it takes to verify. JSON.stringify and base64url are most of the work.`,
  ],
  [
    'Ed25519 verify, peer',
    `@node-rs/jsonwebtoken brings an Ed25519 of its own, compiled from Rust, and verifies in half of the time that
node:crypto (OpenSSL) takes with no JWT work at all. What is written in JavaScript can be no faster than that primitive.`,
  ],
  [
    'Ed25519 sign, peer',
    `@node-rs/jsonwebtoken brings an Ed25519 of its own, compiled from Rust, and signs in about the time that node:crypto
(OpenSSL) takes with no JWT work at all. What is written in JavaScript can be no faster than that primitive.`,
  ],
])
