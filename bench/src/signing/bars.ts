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

const WHY: ReadonlyMap<string, string> = new Map([
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
