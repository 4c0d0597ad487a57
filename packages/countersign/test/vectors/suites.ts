import assert from 'node:assert/strict'
import test from 'node:test'
import { importKey, type Jwk, type Key, publicKey } from 'countersign/sync'
import { SIGNATURE } from '../../src/alg/signature.ts'
import { sign } from '../../src/jws/sign.ts'
import type { Op } from '../../src/op.ts'
import { ofOrigin, type Vector, type VectorOf } from '../support/vectors.ts'

const ofKind = (...kinds: string[]): readonly VectorOf<'rfc'>[] =>
  ofOrigin('rfc').filter(({ value }) => kinds.includes(value.kind))

/** A compact JWS that carries its payload, encoded: the detached and the b64=false ones are for later. */
const isPlainCompact = ({ form, entry }: VectorOf<'cookbook'>): boolean =>
  form === 'compact' &&
  entry.signing?.protected !== undefined &&
  entry.signing.protected['b64'] === undefined &&
  !String(entry.output['compact']).includes('..')

/** The vectors that each test file here runs. What is in none of them has to be on the waiting list. */
export const SUITES = {
  rfcJwsRefused: ofKind('jws-compact').filter(({ value }) => value.expect !== 'valid'),
  rfcJws: ofKind('jws-compact').filter(({ value }) => value.expect === 'valid'),
  cookbookJws: ofOrigin('cookbook').filter(isPlainCompact),
  jwtRefused: ofKind('jwt-jws', 'jwt-unsecured').filter(({ value }) => value.expect !== 'valid'),
  jwt: ofKind('jwt-jws').filter(({ value }) => value.expect === 'valid'),
  jwk: ofKind('jwk'),
  jwkSet: ofKind('jwk-set'),
  cookbookJwk: ofOrigin('cookbook-jwk'),
  thumbprint: ofKind('jwk-thumbprint', 'jwk-thumbprint-uri'),
  base64url: ofKind('base64url'),
  wycheproofSignature: ofOrigin('wycheproof-signature'),
  wycheproofKey: ofOrigin('wycheproof-key'),
} as const satisfies Readonly<Record<string, readonly Vector[]>>

type Suites = typeof SUITES

/**
 * A test for each vector of a suite on each runtime or door, and one behind them that holds that each did run: a suite
 * is a promise, and an `if` in a test body must not be able to break it in silence.
 *
 * @param check - returns only when the vector has been held to what it says
 */
export function exercise<Name extends keyof Suites, On extends { readonly name: string }>(
  suite: Name,
  on: readonly On[],
  title: (vector: Suites[Name][number]) => string,
  check: (vector: Suites[Name][number], on: On) => Promise<void>,
): void {
  const vectors: readonly Suites[Name][number][] = SUITES[suite]
  const ran = new Set<string>()
  for (const place of on) {
    for (const vector of vectors) {
      test(`${place.name}: ${title(vector)}`, async () => {
        await check(vector, place)
        ran.add(`${place.name} ${vector.id}`)
      })
    }
  }
  test(`every vector of the suite ${suite} was held to what it says, on each runtime`, () => {
    const missed = on.flatMap(({ name }) => vectors.map(({ id }) => `${name} ${id}`)).filter((run) => !ran.has(run))
    assert.ok(vectors.length > 0, 'the suite is empty')
    assert.deepEqual(missed, [])
  })
}

/** The key that verifies: vectors print the private JWK where a verifier has the public one. */
export function verifyingKey(jwk: Jwk): Key {
  const key = importKey(jwk)
  return key.kind === 'private' ? publicKey(key) : key
}

/** Signs the exact texts of a compact token again: RS*, HS* and EdDSA give the same signature each time. */
export function* signAgain(token: string, alg: string, key: Key): Op<string> {
  const [header = '', payload = ''] = token.split('.')
  return yield* sign(the(SIGNATURE.get(alg), `algorithm ${alg}`), key, header, payload)
}

/** A compact token with the lowest bit of one octet of its signature changed. */
export function withChangedSignature(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const octets = Buffer.from(signature, 'base64url')
  octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
  return `${header}.${payload}.${octets.toString('base64url')}`
}

/** A member that a vector of this kind always has. */
export function the<T>(value: T | null | undefined, what: string): T {
  assert.ok(value !== undefined && value !== null, `the vector has no ${what}`)
  return value
}
