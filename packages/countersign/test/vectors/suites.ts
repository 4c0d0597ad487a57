import assert from 'node:assert/strict'
import test from 'node:test'
import { ofOrigin, type Vector, type VectorOf } from '../support/vectors.ts'
import { exampleOf, isDeterministic, type JwsExample } from './examples.ts'
import { isOurJwe, jweExampleOf } from './jwe-examples.ts'

const ofKind = (...kinds: string[]): readonly VectorOf<'rfc'>[] =>
  ofOrigin('rfc').filter(({ value }) => kinds.includes(value.kind))

const rfcJws = ofKind('jws-compact', 'jws-flattened-json', 'jws-general-json', 'jws-detached')

const cookbookJws = ofOrigin('cookbook').filter(({ entry }) => entry.signing !== undefined)

/** The two outputs of the cookbook that RFC 7797 §6 forbids. */
const LACKS_CRIT = 'rfc7520/rfc7797/4.2.hmac-sha2_b64_false.json'

const jws = [
  ...rfcJws.filter(({ value }) => value.expect === 'valid'),
  ...cookbookJws.filter(({ id }) => !id.startsWith(LACKS_CRIT)),
]
const jwsRefused = [
  ...rfcJws.filter(({ value }) => value.expect !== 'valid'),
  ...cookbookJws.filter(({ id }) => id.startsWith(LACKS_CRIT)),
]

const examplesWith = (wanted: (example: JwsExample) => boolean): typeof jws =>
  jws.filter((vector) => wanted(exampleOf(vector)))

/** A compact JWS that carries its payload, encoded: what a JWT is made of. */
const isPlainCompact = ({ token, detached, signatures }: JwsExample): boolean =>
  typeof token === 'string' && !detached && signatures.every(({ protectedHeader }) => protectedHeader['b64'] !== false)

const rfcJwe = ofKind('jwe-compact', 'jwe-flattened-json', 'jwe-general-json')
const cookbookJwe = ofOrigin('cookbook').filter(({ entry }) => entry.encrypting_content !== undefined)

const everyJwe = [...rfcJwe, ...cookbookJwe]
/** Whether the only way to the key is one that is left out on purpose. */
const isLeftOut = (vector: (typeof everyJwe)[number]): boolean =>
  jweExampleOf(vector).recipients.every(({ alg }) => alg === 'RSA1_5')
const jwe = everyJwe.filter((vector) => !isLeftOut(vector))

/** The private ephemeral key of this one is not that of its output. */
const LOST_KEY = 'rfc7520/curve25519/ecdh-es.json'
const jweMade = jwe.filter(({ id }) => !id.startsWith(LOST_KEY))

/** The vectors that each test file here runs: a test holds that there are no others. */
export const SUITES = {
  jws,
  jwsRefused,
  jwsCompact: examplesWith(isPlainCompact),
  jwsCompactRefused: rfcJws.filter(({ value }) => value.kind === 'jws-compact' && value.expect !== 'valid'),
  jwsDeterministic: examplesWith(({ signatures }) => signatures.some(({ alg }) => isDeterministic(alg))),
  jwsDetached: examplesWith(({ detached }) => detached),
  jwsOpenAlg: examplesWith(({ openAlg }) => openAlg),
  jwsSeveral: examplesWith(({ signatures }) => signatures.length > 1),
  bareSignature: ofKind('signature'),
  jwtRefused: ofKind('jwt-jws', 'jwt-unsecured').filter(({ value }) => value.expect !== 'valid'),
  jwt: ofKind('jwt-jws').filter(({ value }) => value.expect === 'valid'),
  jwe,
  jweRefused: everyJwe.filter(isLeftOut),
  jweMade,
  jweWritten: jweMade.filter((vector) => isOurJwe(jweExampleOf(vector))),
  jweOpenEnc: jwe.filter((vector) => jweExampleOf(vector).openEnc),
  jweSeveral: jwe.filter((vector) => jweExampleOf(vector).recipients.length > 1),
  jweNested: cookbookJwe.filter(({ id, form }) => id.startsWith('rfc7520/6.') && form === 'compact'),
  sealedJwtRefused: ofKind('jwt-jwe', 'jwt-nested'),
  agreement: ofKind('ecdh-es-concat-kdf', 'ecdh-x25519', 'ecdh-x448'),
  aesCbcHmac: ofKind('aes-cbc-hmac'),
  jwk: ofKind('jwk'),
  jwkX5c: ofKind('jwk-x5c'),
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
