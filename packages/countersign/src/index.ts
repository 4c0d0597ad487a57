/**
 * countersign: JSON Web Tokens made and checked, with promises. `countersign/sync` has the same names with plain values.
 *
 * @module countersign
 */
import { backend, verifying } from '#crypto'
import { type Capabilities, capabilitiesOf } from './capabilities.ts'
import type { JwtClaims } from './claims.ts'
import { JoseError } from './errors.ts'
import { decodeUnverified as decode, type UnverifiedToken } from './jwt/decode.ts'
import { type DecrypterOptions, prepareDecrypter } from './jwt/decrypter.ts'
import { type EncrypterOptions, prepareEncrypter } from './jwt/encrypter.ts'
import {
  type Decrypter,
  type Encrypter,
  type Signer,
  safely,
  toSigner,
  toVerifier,
  type Verifier,
} from './jwt/promises.ts'
import { prepareSigner, type SignerOptions } from './jwt/signer.ts'
import { prepareVerifier, type VerifierOptions } from './jwt/verifier.ts'
import type { ImportOptions } from './key/from-jwk.ts'
import { type KeyInput, type SecretOptions, importKey as toKey, secretKey as toSecretKey } from './key/import.ts'
import type { Jwk, JwkSet } from './key/jwk.ts'
import type { Key } from './key/key.ts'
import type { GenerateOptions, ThumbprintHash } from './key/ops.ts'
import * as keys from './key/ops.ts'
import { type RemoteKeyOptions, remoteKey as toRemoteKey } from './key/remote.ts'
import type { SecretInput } from './key/secret.ts'
import { run } from './op.ts'
import { type DiscoveredIssuer, discover as discoverIssuer } from './source/discovery.ts'
import type { RemoteKeySet } from './source/remote.ts'
import type { RemoteKeySetOptions } from './source/remote-options.ts'
import { KeySet } from './source/set.ts'
import { toRemoteKeySet } from './source/shared.ts'

export type { Capabilities } from './capabilities.ts'
export type { ClaimsOptions, JwtClaims } from './claims.ts'
export type { ErrorCode, Issue, JoseErrorDetails } from './errors.ts'
export type { JoseHeader, JweHeader } from './header.ts'
export type { ManagementChoice } from './jwe/options.ts'
export type { AcceptanceOptions, Accepted, CheckedToken, RevocationCheck } from './jwt/acceptance.ts'
export type { ClaimsDefaults, ClaimsInput, SignOptions } from './jwt/claims-writer.ts'
export type { UnverifiedToken } from './jwt/decode.ts'
export type {
  AnyVerifier,
  BareOptions,
  DecryptedToken,
  DecrypterOptions,
  NestedOptions,
  SafeDecrypted,
} from './jwt/decrypter.ts'
export type { AnySigner, EncrypterOptions, EncryptOptions } from './jwt/encrypter.ts'
export type { Decrypter, Encrypter, Signer, Verifier } from './jwt/promises.ts'
export type { CacheOptions } from './jwt/result-cache.ts'
export type { SignerOptions } from './jwt/signer.ts'
export type {
  Expectation,
  IssuerFinder,
  IssuerRules,
  ManyIssuersOptions,
  OneIssuerOptions,
  SafeVerified,
  VerifiedToken,
  VerifierOptions,
} from './jwt/verifier.ts'
export type { ImportOptions } from './key/from-jwk.ts'
export type { KeyInput, PlatformKey, SecretOptions } from './key/import.ts'
export type { Jwk, JwkSet } from './key/jwk.ts'
export type { Key } from './key/key.ts'
export type { GenerateOptions, ThumbprintHash } from './key/ops.ts'
export type { RemoteAgree, RemoteKeyOptions, RemoteRequest, RemoteSign, RemoteUnwrap } from './key/remote.ts'
export type { SecretInput } from './key/secret.ts'
export type { Duration, InflateLimit, Limits, SealedJwtLimits } from './options.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './schema.ts'
export type { DiscoveredIssuer } from './source/discovery.ts'
export type { BodyReader, Fetch, FetchRequest, FetchResponse, FetchSignal } from './source/download.ts'
export type { KeyProvider, SigningKeys } from './source/key-source.ts'
export type { Listener } from './source/listeners.ts'
export type { RemoteKeySet, RemoteKeySetEvent, RemoteKeySetSnapshot } from './source/remote.ts'
export type { RemoteKeySetOptions } from './source/remote-options.ts'
export type { KeySet, SkippedKey } from './source/set.ts'
export type { KeyFinder, Keys } from './source/source.ts'
export { JoseError }

/**
 * Makes a signer of JWTs (RFC 7519 §7.1) from a private key or a secret. Every option is checked here, once.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_WEAK_SECRET` or `CS_ALG` for a key that cannot sign
 * @example
 * ```ts
 * import { createSigner, generateKey } from 'countersign'
 *
 * const key = await generateKey('ES256')
 * const signer = createSigner({ key, issuer: 'https://issuer.example', audience: 'api', expiresIn: '15m' })
 * const token = await signer.sign({ sub: '1234567890', name: 'John Doe', admin: true })
 * console.log(token.split('.').length) // 3
 *
 * const short = await signer.sign({ sub: '1234567890' }, { expiresIn: '30s', jti: 'a1b2' }) // this one otherwise
 * console.log(short.length < token.length) // true
 * ```
 */
export function createSigner<Claims = JwtClaims>(options: SignerOptions<Claims>): Signer<Claims> {
  return toSigner(prepareSigner(options, backend), backend)
}

/**
 * Makes a verifier of JWTs (RFC 7519 §7.2). `issuer` and `audience` have to be said; `'any'` is the way to say that
 * they do not matter. Every option is checked here, once.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_WEAK_SECRET` or `CS_JWKS_INVALID` for keys
 *   that are refused, or that could never verify anything
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 *
 * const key = await generateKey('ES256')
 * const [issuer, audience] = ['https://issuer.example', 'api']
 * const token = await createSigner({ key, issuer, audience, expiresIn: '15m' }).sign({ sub: '1234567890' })
 *
 * const verifier = createVerifier({
 *   keys: await publicKey(key),
 *   issuer,
 *   audience,
 *   clockTolerance: '5s',
 *   revoked: ({ claims }) => claims.sub === 'mallory', // asked last
 *   cache: { max: 10_000 },
 * })
 * const { claims } = await verifier.verify(token) // throws a JoseError for any other token
 * console.log(claims.sub) // 1234567890
 *
 * const result = await verifier.safeVerify(`${token}x`)
 * if (!result.ok) console.log(result.error.code) // CS_BASE64
 * ```
 */
export function createVerifier<Claims = JwtClaims>(options: VerifierOptions<Claims>): Verifier<NoInfer<Claims>> {
  return toVerifier(prepareVerifier(options, verifying), verifying)
}

/**
 * Makes an encrypter of JWTs (RFC 7519 §7.1) for the owner of a public key, or for those who share a secret. The claims
 * are encrypted alone, or, with `{ sign: signer }`, signed and then encrypted (RFC 7519 §11.2): what is encrypted to a
 * public key alone has no author. Every option is checked here, once.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_KEY_INVALID` or `CS_UNSUPPORTED` for a key that cannot be
 *   encrypted to
 * @example
 * ```ts
 * import { createEncrypter, createSigner, generateKey, publicKey } from 'countersign'
 *
 * const signer = createSigner({ key: await generateKey('ES256'), issuer: 'https://issuer.example', expiresIn: '15m' })
 * const recipient = await publicKey(await generateKey('ECDH-ES'))
 *
 * const encrypter = createEncrypter({ key: recipient, apu: 'issuer', apv: 'api' }) // those two may be left out
 * const token = await encrypter.encrypt({ sub: 'alice', income: 100_000 }, { sign: signer })
 * console.log(token.split('.').length) // 5
 * ```
 */
export function createEncrypter<Claims = JwtClaims>(options: EncrypterOptions<Claims>): Encrypter<Claims> {
  const encrypt = prepareEncrypter(options, backend)
  return {
    async encrypt(claims, call) {
      return run(encrypt(claims, call), backend)
    },
  }
}

/**
 * Makes a decrypter of JWTs (RFC 7519 §7.2). With `then` it opens nested JWTs, whose signature and claims that verifier
 * checks. Without, the claims are checked here, and `issuer` and `audience` have to be said; with a private key that
 * takes `unsigned: 'accept'` too, since whoever has the public key can write such claims. Every option is checked here,
 * once.
 *
 * @throws {TypeError} for an option that is not what it should be, and for a private key where nothing says who may
 *   have written the claims
 * @throws {JoseError} `CS_KEY_TYPE`, `CS_KEY_SIZE`, `CS_KEY_INVALID`, `CS_JWKS_INVALID` or `CS_ALG` for keys that are
 *   refused
 * @example
 * ```ts
 * import { createDecrypter, createEncrypter, createSigner, createVerifier, generateKey, publicKey } from 'countersign'
 *
 * const [signing, sealing] = [await generateKey('ES256'), await generateKey('ECDH-ES')]
 * const [issuer, audience] = ['https://issuer.example', 'api']
 * const signer = createSigner({ key: signing, issuer, audience, expiresIn: '15m' })
 * const encrypter = createEncrypter({ key: await publicKey(sealing) })
 * const token = await encrypter.encrypt({ sub: 'alice' }, { sign: signer })
 *
 * const verifier = createVerifier({ keys: await publicKey(signing), issuer, audience })
 * const decrypter = createDecrypter({ keys: sealing, then: verifier })
 * const { claims, header, signed } = await decrypter.decrypt(token) // throws a JoseError for any other token
 * console.log(claims.sub, header.alg, header.enc, signed?.header.alg) // alice ECDH-ES A256GCM ES256
 *
 * const result = await decrypter.safeDecrypt(`${token}x`)
 * if (!result.ok) console.log(result.error.code) // CS_BASE64
 * ```
 */
export function createDecrypter<Claims = JwtClaims>(options: DecrypterOptions<Claims>): Decrypter<NoInfer<Claims>> {
  const decrypt = prepareDecrypter(options, backend)
  return {
    async decrypt(token) {
      return run(decrypt(token), backend)
    },
    safeDecrypt: (token) => safely(async () => run(decrypt(token), backend)),
  }
}

/**
 * Turns a JWK (RFC 7517 §4), the text of a PEM (RFC 7468), the octets of a DER, a KeyObject or a CryptoKey into a
 * `Key`, with every check there is. PEM and DER may hold SPKI, PKCS#8, PKCS#1, SEC 1 or an X.509 certificate, whose key
 * is taken and whose issuer and dates are not looked at; private keys may be encrypted, and then take the option
 * `passphrase`. A PEM may be indented, quoted, have `\n` for its line breaks or be in base64 itself. A string is a PEM
 * and never a secret. A CryptoKey goes on minding its algorithm and its usages; one that is not extractable works by
 * promises alone.
 *
 * @throws {TypeError} for an option that is not what it should be, such as an `alg` that is not known
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE`, `CS_KEY_TYPE`, `CS_WEAK_SECRET` or `CS_UNSUPPORTED`;
 *   `CS_TOO_LARGE` for an encrypted key that takes too much work to decrypt
 * @example
 * ```ts
 * import { importKey } from 'countersign'
 *
 * const key = importKey({
 *   kty: 'OKP',
 *   crv: 'Ed25519',
 *   x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
 * })
 * console.log(key.kind, key.algorithms) // public [ 'EdDSA', 'Ed25519' ]
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
 * const own = importKey(pair.privateKey, { kid: '2026-11', use: 'sig' })
 * console.log(own.kid, own.algorithms) // 2026-11 [ 'ES256' ]
 * ```
 */
export function importKey(input: KeyInput, options: ImportOptions = {}): Key {
  return toKey(input, options, backend)
}

/**
 * Makes a key of secret octets (RFC 7518 §6.4), for HMAC or for encryption, or of a password (PBES2). Text is never
 * taken for one spelling or another: say which it is.
 *
 * @param alg - the one algorithm the secret is for
 * @throws {TypeError} for an option that is not what it should be, such as an `alg` that is not known
 * @throws {JoseError} `CS_WEAK_SECRET` for a secret that is too short for its HMAC (RFC 7518 §3.2), blank, all zeros, or
 *   a key; `CS_KEY_SIZE` for another size than its encryption takes; `CS_KEY_TYPE` for an algorithm of key pairs;
 *   `CS_KEY_INVALID` for text that is not in the spelling that was said
 * @example
 * ```ts
 * import { secretKey } from 'countersign'
 *
 * const octets = crypto.getRandomValues(new Uint8Array(32))
 * console.log(secretKey(octets, 'HS256').bits) // 256
 * const fromEnvironment = secretKey({ hex: '5e'.repeat(32) }, 'HS256', { kid: '2026-11' })
 * console.log(fromEnvironment.kid) // 2026-11
 * ```
 */
export function secretKey(input: SecretInput, alg?: string, options: SecretOptions = {}): Key {
  return toSecretKey(input, alg, options)
}

/**
 * Makes a private key whose private half stays in another place, such as a key management service or an HSM: `sign` is
 * called for each signature. The length of what it gives is always checked, and the first signature with each algorithm
 * is verified with the public key. To decrypt, `unwrap` is called for an RSA key, and `agree` for one of ECDH-ES. It
 * works by promises, so `countersign/sync` refuses it.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_KEY_INVALID`, `CS_KEY_SIZE` or `CS_KEY_TYPE` for a public key that is refused
 * @example
 * ```ts
 * import { generateKeyPairSync, sign } from 'node:crypto'
 * import { createSigner, remoteKey } from 'countersign'
 *
 * // Stands for a service that gives its public key, and signatures as DER, as those of the large clouds do.
 * const service = generateKeyPairSync('ec', { namedCurve: 'P-256' })
 *
 * const key = remoteKey({
 *   jwk: service.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
 *   sign: async (input, { hash = 'SHA-256' }) => sign(hash.replace('-', ''), input, service.privateKey),
 *   encoding: 'der',
 * })
 * const token = await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'alice' })
 * console.log(token.split('.').length) // 3
 * ```
 */
export function remoteKey(options: RemoteKeyOptions): Key {
  return toRemoteKey(options, backend)
}

/**
 * Makes a new private key, or a new secret for HMAC or encryption, for an algorithm of JOSE (RFC 7518 §3.1, §4.1,
 * §5.1); for `dir` give the name of its content encryption. Where an algorithm works on several curves, `crv` chooses.
 * An asymmetric key gets its thumbprint as its kid unless it is given one.
 *
 * @throws {TypeError} for an unknown algorithm or a size that is not allowed
 * @throws {JoseError} `CS_UNSUPPORTED` where this runtime does not have the algorithm or the curve
 * @example
 * ```ts
 * import { generateKey } from 'countersign'
 *
 * const key = await generateKey('Ed25519')
 * console.log(key.kind, key.crv, key.kid?.length) // private Ed25519 43
 * console.log((await generateKey('HS256', { kid: '2026-11', bits: 512 })).bits) // 512
 * ```
 */
export function generateKey(alg: string, options: GenerateOptions = {}): Promise<Key> {
  return run(keys.generateKey(alg, options), backend)
}

/**
 * The public half of a private key, for verifying and for handing out.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, which has none, and for a CryptoKey that does not give it out
 * @example
 * ```ts
 * import { generateKey, publicKey } from 'countersign'
 *
 * console.log((await publicKey(await generateKey('ES256'))).kind) // public
 * ```
 */
export function publicKey(key: Key): Promise<Key> {
  return run(keys.publicKey(key), backend)
}

/**
 * A key as a JWK (RFC 7517 §4), its private members included where it is private: keep such a JWK to yourself.
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a key that was imported with `ext: false`, or that is elsewhere
 * @example
 * ```ts
 * import { exportJwk, generateKey, publicKey } from 'countersign'
 *
 * const jwk = await exportJwk(await publicKey(await generateKey('ES256')))
 * console.log(jwk.kty, jwk.crv, jwk.d) // EC P-256 undefined
 * ```
 */
export function exportJwk(key: Key): Promise<Jwk> {
  return run(keys.exportJwk(key), backend)
}

/**
 * A key as PEM (RFC 7468): SPKI for a public key (§13), PKCS#8 for a private one (§10).
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, for a key that was imported with `ext: false`, or one that is
 *   elsewhere
 * @example
 * ```ts
 * import { exportPem, generateKey, publicKey } from 'countersign'
 *
 * const pem = await exportPem(await publicKey(await generateKey('ES256')))
 * console.log(pem.split('\n')[0]) // -----BEGIN PUBLIC KEY-----
 * ```
 */
export function exportPem(key: Key): Promise<string> {
  return run(keys.exportPem(key), backend)
}

/**
 * The JWK thumbprint of a key (RFC 7638 §3): the base64url hash of its required members. The private half does not
 * count. That of a secret tells something about the secret: do not publish it.
 *
 * @param hash - default `sha-256`
 * @throws {TypeError} for a hash of another name
 * @throws {JoseError} `CS_KEY_TYPE` for a CryptoKey that is not extractable
 * @example
 * ```ts
 * import { importKey, thumbprint } from 'countersign'
 *
 * const key = importKey({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
 * console.log(await thumbprint(key)) // kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
 * console.log((await thumbprint(key, 'sha-512')).length) // 86
 * ```
 */
export function thumbprint(key: Key, hash?: ThumbprintHash): Promise<string> {
  return run(keys.thumbprint(key, hash), backend)
}

/**
 * The thumbprint as a URI (RFC 9278 §3).
 *
 * @param hash - default `sha-256`
 * @throws {TypeError} for a hash of another name
 * @throws {JoseError} `CS_KEY_TYPE` for a CryptoKey that is not extractable
 * @example
 * ```ts
 * import { importKey, thumbprintUri } from 'countersign'
 *
 * const key = importKey({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
 * console.log(await thumbprintUri(key)) // urn:ietf:params:oauth:jwk-thumbprint:sha-256:kPrK_…
 * ```
 */
export function thumbprintUri(key: Key, hash?: ThumbprintHash): Promise<string> {
  return run(keys.thumbprintUri(key, hash), backend)
}

/**
 * The JWK Set to publish for some keys (RFC 7517 §5): public members alone, and a kid for each (its thumbprint where it
 * has none).
 *
 * @throws {JoseError} `CS_KEY_TYPE` for a secret, `CS_AMBIGUOUS_KEY` for two keys that nothing tells apart
 * @example
 * ```ts
 * import { generateKey, publicJwks } from 'countersign'
 *
 * const [current, previous] = [await generateKey('ES256'), await generateKey('ES256')]
 * const jwks = await publicJwks([current, previous])
 * console.log(jwks.keys.map((jwk) => jwk.kid === current.kid)) // [ true, false ]
 * ```
 */
export function publicJwks(published: readonly Key[]): Promise<JwkSet> {
  return run(keys.publicJwks(published), backend)
}

/**
 * Imports a JWK Set (RFC 7517 §5) once, to verify, decrypt or encrypt with. The kid of a token selects the key; members
 * that are refused are left out and listed in `skipped`.
 *
 * @throws {JoseError} `CS_JWKS_INVALID` for what is no JWK Set, or mixes secrets with other keys
 * @example
 * ```ts
 * import { createVerifier, generateKey, keySet, publicJwks } from 'countersign'
 *
 * const jwks = await publicJwks([await generateKey('ES256'), await generateKey('RS256')])
 * const keys = keySet({ keys: [...jwks.keys, { kty: 'of tomorrow', kid: '3' }] })
 * const verifier = createVerifier({ keys, issuer: 'https://issuer.example', audience: 'api' })
 * console.log(keys.keys.length, typeof verifier.verify) // 2 function
 * for (const { kid, error } of keys.skipped) console.log(kid, error.code) // 3 CS_UNSUPPORTED
 * ```
 */
export function keySet(jwks: { readonly keys: readonly (Jwk | Key)[] }): KeySet {
  return new KeySet(jwks, verifying)
}

/**
 * A JWK Set (RFC 7517 §5) behind a URL, fetched when it is first needed and again when it has aged or a kid is unknown.
 * The same URL with the same options gives the same set. While it cannot be fetched, the keys that are known go on
 * serving for `maxStale`; beyond, and where there are none, tokens are refused with `unavailable: true`.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_JWKS_FETCH` for a URL that is not https and not on this machine
 * @example
 * ```ts
 * import { createVerifier, remoteKeySet } from 'countersign'
 *
 * const keys = remoteKeySet('https://issuer.example/.well-known/jwks.json', { timeout: '2s' })
 * keys.subscribe((event) => {
 *   if (event.type === 'failed') console.warn(event.error.message, event.usableSeconds)
 * })
 * const verifier = createVerifier({ keys, issuer: 'https://issuer.example', audience: 'api' })
 * console.log(keys.url, typeof verifier.verify) // https://issuer.example/.well-known/jwks.json function
 * ```
 */
export function remoteKeySet(url: string | { readonly href: string }, options: RemoteKeySetOptions = {}): RemoteKeySet {
  return toRemoteKeySet(url, options, verifying)
}

/**
 * Finds the keys of an issuer by its metadata: by OpenID Connect Discovery 1.0 §4, or else by RFC 8414 §3. The metadata
 * has to name exactly the issuer that was asked for.
 *
 * @param options - those of the key set; `timeout`, `maxBytes`, `allowHttp` and `fetch` count for the metadata, too
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_DISCOVERY`, with `unavailable: true` where the issuer cannot be reached
 * @example
 * ```ts
 * import { createVerifier, discover } from 'countersign'
 *
 * const metadata = { issuer: 'https://issuer.example', jwks_uri: 'https://issuer.example/jwks' }
 * const fetch = async () => Response.json(metadata) // leave it out, and the issuer itself is asked
 *
 * const { issuer, keys } = await discover('https://issuer.example', { fetch })
 * const verifier = createVerifier({ keys, issuer, audience: 'api' })
 * console.log(keys.url, typeof verifier.verify) // https://issuer.example/jwks function
 * ```
 */
export function discover(issuer: string, options: RemoteKeySetOptions = {}): Promise<DiscoveredIssuer> {
  return discoverIssuer(issuer, options, verifying)
}

/**
 * What a signed JWT says of itself (RFC 7519 §3), with nothing checked but its form. For looking at, never for deciding.
 *
 * @throws {JoseError} `CS_MALFORMED`, `CS_BASE64`, `CS_HEADER`, `CS_CRIT`, `CS_TOO_LARGE` or `CS_ENCRYPTED` for what is
 *   not a signed JWT in form
 * @example
 * ```ts
 * import { createSigner, decodeUnverified, generateKey } from 'countersign'
 *
 * const token = await createSigner({ key: await generateKey('HS256'), expiresIn: '5m' }).sign({ sub: 'alice' })
 * const { header, claims } = decodeUnverified(token)
 * console.log(header.alg, claims.sub) // HS256 alice
 * ```
 */
export function decodeUnverified(token: string): UnverifiedToken {
  return decode(token)
}

/**
 * The algorithms and curves that this runtime can do, of those that RFC 7518 §3.1, §4.1 and §5.1 and their successors
 * name.
 *
 * @example
 * ```ts
 * import { capabilities } from 'countersign'
 *
 * console.log(capabilities().signature.includes('ES256')) // true
 * ```
 */
export function capabilities(): Capabilities {
  return capabilitiesOf(backend)
}
