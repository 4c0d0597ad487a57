import { MANAGEMENT } from '../alg/management.ts'
import type { SignatureAlg } from '../alg/signature.ts'
import { base64url, fromBase64url, textToBase64url, utf8 } from '../bytes.ts'
import type { Backend } from '../crypto/backend.ts'
import type { ErrorCode } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { sign } from '../jws/sign.ts'
import { prepareEncrypter } from '../jwt/encrypter.ts'
import { Key } from '../key/key.ts'
import { exportJwk, exportPem, generateKey, publicKey } from '../key/ops.ts'
import { rawSecret } from '../key/secret.ts'
import { run } from '../op.ts'
import { checkNames, type Duration, toSeconds, toText } from '../options.ts'
import type { TestClock } from './clock.ts'
import { firstOf, newKey, type TestKeys, verifyingHalf } from './keys.ts'

/** Claims of a token of {@link createTestIssuer}, whatever they are; one that is `undefined` is left out. */
export type TestClaims = Readonly<Record<string, unknown>>

/**
 * What one token of `mint` has otherwise than its issuer says.
 *
 * @example
 * ```ts
 * import { decodeUnverified } from 'countersign'
 * import { createTestIssuer } from 'countersign/testing'
 *
 * const { mint } = await createTestIssuer()
 * const token = await mint.valid({ sub: 'alice' }, { expiresIn: '1m', typ: 'at+jwt', header: { kid: 'other' } })
 * const { header, claims } = decodeUnverified(token)
 * console.log(header.typ, header.kid, Number(claims.exp) - Number(claims.iat)) // at+jwt other 60
 * ```
 */
export interface MintOptions {
  /** The life of the token, counted from its iat: seconds, or a text such as `'5m'`; `'never'` leaves `exp` out. */
  readonly expiresIn?: Duration | 'never'
  /** The type in the header. */
  readonly typ?: string
  /** Further members of the header, whatever they are; they count before the usual ones. */
  readonly header?: Readonly<Record<string, unknown>>
}

/**
 * The name of a token that has to be refused, among {@link hostileKinds}: `mint` of {@link createTestIssuer} has a
 * function of this name.
 */
export type HostileName = Exclude<keyof Mint, 'valid' | 'accessToken' | 'hostile'>

/** A kind of token that has to be refused, as {@link hostileKinds} lists it. */
export interface HostileKind {
  /** The name of the function of `mint` that makes it. */
  readonly name: HostileName
  /** The code by which it is refused where all that decides are `verifierOptions`. */
  readonly code: ErrorCode
}

/**
 * A token that has to be refused, of one of {@link hostileKinds}: `mint.hostile()` of {@link createTestIssuer} makes
 * one of each.
 */
export interface HostileToken extends HostileKind {
  /** The token. */
  readonly token: string
}

/**
 * Makes tokens: good ones, and bad ones that are each bad in one way and good in all others: `mint` of
 * {@link createTestIssuer}. All are made for the time of the clock, with the key that signs now, and can stand in a
 * header of HTTP.
 */
export interface Mint {
  /**
   * A token that is accepted: the claims of the issuer, and over them those that are given.
   *
   * @throws {TypeError} for an option that is not what it should be
   */
  valid(claims?: TestClaims, options?: MintOptions): Promise<string>
  /**
   * A token that is accepted as an access token (RFC 9068 §2): typ `at+jwt`, and a `client_id` beside the claims that
   * `valid` has.
   *
   * @throws {TypeError} for an option that is not what it should be
   */
  accessToken(claims?: TestClaims, options?: Omit<MintOptions, 'typ'>): Promise<string>
  /** One token of each kind that has to be refused, in the order of `hostileKinds()`. */
  hostile(claims?: TestClaims): Promise<readonly HostileToken[]>

  /** Its `exp` passed an hour ago. */
  expired(claims?: TestClaims): Promise<string>
  /** Its `nbf` is an hour from now. */
  notYetValid(claims?: TestClaims): Promise<string>
  /** Its `exp` is a text. */
  expiryAsText(claims?: TestClaims): Promise<string>
  /** It has no `exp`. */
  withoutExpiry(claims?: TestClaims): Promise<string>
  /** Its `aud` begins as the right one does, and goes on. */
  wrongAudience(claims?: TestClaims): Promise<string>
  /** It has no `aud`. */
  withoutAudience(claims?: TestClaims): Promise<string>
  /** Its `iss` begins as the right one does, and goes on. */
  wrongIssuer(claims?: TestClaims): Promise<string>
  /** It has no `iss`. */
  withoutIssuer(claims?: TestClaims): Promise<string>
  /** Its typ is that of another kind of token. */
  wrongType(claims?: TestClaims): Promise<string>
  /** A stranger signed it, and names the issuer's key. */
  wrongKey(claims?: TestClaims): Promise<string>
  /** A stranger signed it, and names a key that nobody has. */
  unknownKid(claims?: TestClaims): Promise<string>
  /** Its claims were changed after it was signed. */
  tampered(claims?: TestClaims): Promise<string>
  /** One bit of its signature was changed. */
  tamperedSignature(claims?: TestClaims): Promise<string>
  /** Half of its signature is missing. */
  truncated(claims?: TestClaims): Promise<string>
  /** Its signature is missing, and the dot before it. */
  withoutSignature(claims?: TestClaims): Promise<string>
  /** Its alg is `none`. */
  unsigned(claims?: TestClaims): Promise<string>
  /** Its alg is `nOnE`, which a list of forbidden names may not have. */
  unsignedInDisguise(claims?: TestClaims): Promise<string>
  /** Its MAC was made with the PEM of the public key as the secret; or, for an issuer of MACs, it is signed by a key pair. */
  algConfusion(claims?: TestClaims): Promise<string>
  /** A stranger signed it, and put the key into the header (jwk). */
  embeddedKey(claims?: TestClaims): Promise<string>
  /** A stranger signed it, and says in the header where to fetch the key (jku). */
  linkedKey(claims?: TestClaims): Promise<string>
  /** It demands an extension that nobody knows (crit). */
  critical(claims?: TestClaims): Promise<string>
  /** It is encrypted, which anybody can do who has a public key, and not signed. */
  encrypted(claims?: TestClaims): Promise<string>
  /** It is no token. */
  garbage(): Promise<string>
}

/** What all tokens of an issuer have in common. */
export interface MintRules {
  readonly issuer: string
  readonly audience: string
  readonly typ: string
  /** Seconds. */
  readonly tokenLifetime: number
  readonly claims: TestClaims
  readonly clock: TestClock
  readonly keys: TestKeys
}

/** An hour in seconds: more than clocks differ anywhere. */
const FAR = 3600
/** What a name goes on with that only begins as the right one does (attacks 27 and 28). */
const ATTACKER = '.attacker.test'

/** How each hostile token is made, and how it is refused. */
const HOSTILE: Readonly<
  Record<HostileName, readonly [ErrorCode, (forge: Forge, claims: TestClaims) => Promise<string>]>
> = {
  expired: ['CS_EXPIRED', (forge, claims) => forge.signed({ ...claims, iat: forge.at(-2 * FAR), exp: forge.at(-FAR) })],
  notYetValid: [
    'CS_NOT_YET_VALID',
    (forge, claims) => forge.signed({ ...claims, nbf: forge.at(FAR), exp: forge.at(2 * FAR) }),
  ],
  expiryAsText: ['CS_CLAIM_TYPE', (forge, claims) => forge.signed({ ...claims, exp: String(forge.at(FAR)) })],
  withoutExpiry: ['CS_CLAIM_MISSING', (forge, claims) => forge.signed({ ...claims, exp: undefined })],
  wrongAudience: ['CS_AUD', (forge, claims) => forge.signed({ ...claims, aud: `${forge.rules.audience}${ATTACKER}` })],
  withoutAudience: ['CS_CLAIM_MISSING', (forge, claims) => forge.signed({ ...claims, aud: undefined })],
  wrongIssuer: ['CS_ISS', (forge, claims) => forge.signed({ ...claims, iss: `${forge.rules.issuer}${ATTACKER}` })],
  withoutIssuer: ['CS_CLAIM_MISSING', (forge, claims) => forge.signed({ ...claims, iss: undefined })],
  wrongType: [
    'CS_TYP',
    (forge, claims) => forge.signed(claims, { typ: forge.rules.typ === 'logout+jwt' ? 'at+jwt' : 'logout+jwt' }),
  ],
  wrongKey: ['CS_SIGNATURE', async (forge, claims) => forge.signed(claims, {}, await forge.stranger())],
  unknownKid: [
    'CS_NO_KEY',
    async (forge, claims) => {
      const stranger = await forge.stranger()
      return forge.signed(claims, { kid: stranger.kid }, stranger)
    },
  ],
  tampered: [
    'CS_SIGNATURE',
    async (forge, claims) => {
      const [header, , signature] = (await forge.signed(claims)).split('.')
      const changed = { ...forge.claims(claims), sub: 'mallory', jti: globalThis.crypto.randomUUID() }
      return `${header}.${textToBase64url(JSON.stringify(changed))}.${signature}`
    },
  ],
  tamperedSignature: [
    'CS_SIGNATURE',
    (forge, claims) =>
      forge.withSignature(claims, (signature) => signature.map((octet, index) => (index === 8 ? octet ^ 1 : octet))),
  ],
  truncated: [
    'CS_SIGNATURE',
    (forge, claims) => forge.withSignature(claims, (signature) => signature.subarray(0, signature.length >> 1)),
  ],
  withoutSignature: [
    'CS_MALFORMED',
    async (forge, claims) => (await forge.signed(claims)).split('.').slice(0, 2).join('.'),
  ],
  unsigned: ['CS_UNSIGNED', async (forge, claims) => `${forge.input(claims, { alg: 'none' })}.`],
  unsignedInDisguise: ['CS_UNSIGNED', async (forge, claims) => `${forge.input(claims, { alg: 'nOnE' })}.`],
  algConfusion: ['CS_NO_KEY', (forge, claims) => forge.confused(claims)],
  embeddedKey: [
    'CS_SIGNATURE',
    async (forge, claims) => {
      const stranger = await forge.stranger()
      const jwk = await run(exportJwk(await verifyingHalf(stranger, forge.backend)), forge.backend)
      return forge.signed(claims, { jwk }, stranger)
    },
  ],
  linkedKey: [
    'CS_SIGNATURE',
    async (forge, claims) => forge.signed(claims, { jku: `https://keys${ATTACKER}/jwks.json` }, await forge.stranger()),
  ],
  critical: [
    'CS_CRIT',
    (forge, claims) => forge.signed(claims, { crit: ['urn:test:unknown'], 'urn:test:unknown': true }),
  ],
  encrypted: ['CS_ENCRYPTED', (forge, claims) => forge.encrypted(claims)],
  garbage: ['CS_MALFORMED', async () => 'garbage'],
}

const NAMES = Object.keys(HOSTILE) as readonly HostileName[]

/** @see the door's `hostileKinds` */
export function hostileKinds(): readonly HostileKind[] {
  return NAMES.map((name) => ({ name, code: HOSTILE[name][0] }))
}

/** Makes the functions that make tokens. */
export function toMint(rules: MintRules, backend: Backend): Mint {
  const forge = new Forge(rules, backend)
  const make = (name: HostileName, claims: TestClaims = {}): Promise<string> => HOSTILE[name][1](forge, claims)
  const each = NAMES.map((name) => [name, (claims?: TestClaims) => make(name, claims)])
  return {
    ...(Object.fromEntries(each) as Record<HostileName, (claims?: TestClaims) => Promise<string>>),
    async valid(claims = {}, options = {}) {
      checkNames<MintOptions>(options, ['expiresIn', 'typ', 'header'], 'mint.valid')
      return forge.good(claims, options)
    },
    async accessToken(claims = {}, options = {}) {
      checkNames<MintOptions>(options, ['expiresIn', 'header'], 'mint.accessToken')
      return forge.good({ client_id: 'client', ...rules.claims, ...claims }, { ...options, typ: 'at+jwt' })
    },
    hostile: (claims) =>
      Promise.all(hostileKinds().map(async (kind) => ({ ...kind, token: await make(kind.name, claims) }))),
  }
}

/** Makes tokens by hand: nothing here asks whether a claim, a header or a key is as it should be. */
class Forge {
  readonly rules: MintRules
  readonly backend: Backend
  #stranger: Promise<Key> | undefined

  constructor(rules: MintRules, backend: Backend) {
    this.rules = rules
    this.backend = backend
  }

  /** So many seconds from now. */
  at(seconds: number): number {
    return Math.floor(this.rules.clock.now()) + seconds
  }

  /** The claims set with what every token has. */
  claims(claims: TestClaims): JsonObject {
    const { issuer, audience, tokenLifetime } = this.rules
    const times = { iat: this.at(0), exp: this.at(tokenLifetime) }
    const usual = { iss: issuer, sub: 'alice', aud: audience, ...times, jti: globalThis.crypto.randomUUID() }
    return { ...usual, ...this.rules.claims, ...claims }
  }

  /** The signing input (RFC 7515 §5.1). */
  input(claims: TestClaims, header: JsonObject = {}): string {
    const { alg, signing } = this.rules.keys
    const whole = { alg: alg.id, typ: this.rules.typ, kid: signing.kid, ...header }
    return [whole, this.claims(claims)].map((part) => textToBase64url(JSON.stringify(part))).join('.')
  }

  /** A token with a true signature of a key, whatever its header says. */
  async signed(
    claims: TestClaims,
    header: JsonObject = {},
    key: Key = this.rules.keys.signing,
    alg: SignatureAlg = this.rules.keys.alg,
  ): Promise<string> {
    const [first = '', second = ''] = this.input(claims, header).split('.')
    return sign(alg, key, first, second, this.backend)
  }

  async good(claims: TestClaims, { expiresIn, typ, header = {} }: MintOptions): Promise<string> {
    const named = typ === undefined ? {} : { typ: toText(typ, 'typ') }
    return this.signed({ ...this.#life(expiresIn), ...claims }, { ...named, ...header })
  }

  #life(expiresIn: unknown): TestClaims {
    if (expiresIn === undefined) return {}
    return { exp: expiresIn === 'never' ? undefined : this.at(toSeconds(expiresIn, 'expiresIn')) }
  }

  async withSignature(claims: TestClaims, change: (signature: Uint8Array) => Uint8Array): Promise<string> {
    const [header, payload, signature = ''] = (await this.signed(claims)).split('.')
    return `${header}.${payload}.${base64url(change(fromBase64url(signature, 'the signature')))}`
  }

  /** A key of the right kind that is not the issuer's. */
  stranger(): Promise<Key> {
    this.#stranger ??= newKey(this.rules.keys.alg, this.backend)
    return this.#stranger
  }

  /** An algorithm of another family, with what an attacker has to use with it (attack 2). */
  async confused(claims: TestClaims): Promise<string> {
    const { alg, signing } = this.rules.keys
    const other = firstOf(alg.family === 'hmac' ? 'ecdsa' : 'hmac')
    if (alg.family === 'hmac') return this.signed(claims, { alg: other.id }, await newKey(other, this.backend), other)
    const pem = await run(exportPem(await verifyingHalf(signing, this.backend)), this.backend)
    const secret = utf8(pem)
    const key = new Key(rawSecret(secret), { bits: secret.length * 8 })
    return this.signed(claims, { alg: other.id }, key, other)
  }

  async encrypted(claims: TestClaims): Promise<string> {
    const alg = [...MANAGEMENT.values()].find(({ family }) => family === 'agreement')?.id ?? ''
    const { kid } = this.rules.keys.signing
    const pair = await run(generateKey(alg, kid === undefined ? {} : { kid }), this.backend)
    const key = await run(publicKey(pair), this.backend)
    const encrypt = prepareEncrypter({ key, alg, typ: this.rules.typ, expiresIn: 'never' }, this.backend)
    return run(encrypt(this.claims(claims)), this.backend)
  }
}
