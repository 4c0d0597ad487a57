/**
 * countersign/testing: an issuer for tests, tokens that have to be accepted and tokens that have to be refused, and a
 * clock that does as it is told. It depends on no test runner.
 *
 * @module countersign/testing
 */
import { backend } from '#crypto'
import { type Moment, testClock as newClock, type TestClock } from './testing/clock.ts'
import { openTestIssuer, type TestIssuer, type TestIssuerOptions } from './testing/issuer.ts'
import { type HostileKind, hostileKinds as listHostile } from './testing/mint.ts'

export { JoseError } from './errors.ts'
export type { Moment, TestClock } from './testing/clock.ts'
export type { TestFetch, TestResponse } from './testing/endpoint.ts'
export type { RotateOptions, TestIssuer, TestIssuerOptions, TestVerifierOptions } from './testing/issuer.ts'
export type { HostileKind, HostileName, HostileToken, Mint, MintOptions, TestClaims } from './testing/mint.ts'

/**
 * Makes an issuer inside the process: with a key of its own, tokens of every kind, and the documents by which its keys
 * are found, behind a `fetch` or, with `http: true`, on a port of this machine. Its tokens are for tests alone.
 *
 * @throws {TypeError} for an option that is not what it should be, and for `http` on a runtime that cannot listen
 * @example
 * ```ts
 * import { createVerifier } from 'countersign'
 * import { createTestIssuer } from 'countersign/testing'
 *
 * const { mint, clock, verifierOptions } = await createTestIssuer({ audience: 'api' })
 * const verifier = createVerifier(verifierOptions) // in the program that is tested
 *
 * const token = await mint.valid({ sub: 'alice', scope: 'read' })
 * console.log((await verifier.verify(token)).claims.sub) // alice
 *
 * for (const { name, token, code } of await mint.hostile()) {
 *   const result = await verifier.safeVerify(token)
 *   if (result.ok || result.error.code !== code) throw new Error(`${name} is not refused as it should be`)
 * }
 *
 * clock.advance('16m')
 * const late = await verifier.safeVerify(token)
 * console.log(late.ok || late.error.code) // CS_EXPIRED
 * ```
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  return openTestIssuer(options, backend)
}

/**
 * Makes a clock that stands still. Its `now` fits the option `now` of everything that has one.
 *
 * @param start - epoch seconds or a Date; left out, the time of the machine
 * @throws {TypeError} for what is no moment
 * @example
 * ```ts
 * import { testClock } from 'countersign/testing'
 *
 * const clock = testClock(new Date('2026-01-01T00:00:00Z'))
 * console.log(clock.now()) // 1767225600
 * console.log(clock.advance('15m') - 1767225600) // 900
 * clock.set(0)
 * console.log(clock.now()) // 0
 * ```
 */
export function testClock(start?: Moment): TestClock {
  return newClock(start)
}

/**
 * The kinds of tokens that have to be refused, in the order of `mint.hostile()`, the attacks of RFC 8725 §2.1 among
 * them: for test runners that want to know the names of tests before there is a token.
 *
 * @example
 * ```ts
 * import { createVerifier } from 'countersign'
 * import { createTestIssuer, hostileKinds } from 'countersign/testing'
 *
 * const { mint, verifierOptions } = await createTestIssuer()
 * const verifier = createVerifier(verifierOptions)
 * for (const { name, code } of hostileKinds().slice(0, 2)) {
 *   const result = await verifier.safeVerify(await mint[name]())
 *   console.log(name, !result.ok && result.error.code === code) // … true
 * }
 * ```
 */
export function hostileKinds(): readonly HostileKind[] {
  return listHostile()
}
