import type { Table } from '../alg/needs.ts'
import { misfit } from '../alg/needs.ts'
import type { SignatureAlg } from '../alg/signature.ts'
import { textToBase64url } from '../bytes.ts'
import { type Fault, fault, type JwtClaims, toPolicy, validate } from '../claims.ts'
import type { Backend, Hashing, Sourcing, Verifying } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { headerReader, type JoseHeader } from '../header.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { toAlgorithms } from '../jws/rules.ts'
import { sign, toSigning } from '../jws/sign.ts'
import { verify } from '../jws/verify.ts'
import { claimsWriter } from '../jwt/claims-writer.ts'
import { parseClaims } from '../jwt/decode.ts'
import type { Safe } from '../jwt/promises.ts'
import { importJwk } from '../key/from-jwk.ts'
import type { Key } from '../key/key.ts'
import { exportJwk, publicKey, thumbprint } from '../key/ops.ts'
import { type Op, use } from '../op.ts'
import { checkNames, type Duration, JWT_LIMITS, toClock, toSeconds, toText } from '../options.ts'
import { type ExpiringStore, toStore } from '../revocation/expiring-store.ts'
import { useOnce } from '../revocation/marks.ts'
import { parseCompact } from '../serialization/jws.ts'
import type { KeySource } from '../source/source.ts'
import { checkText, checkThere, checkTypes, type Kind, same, TEXT } from './kind.ts'

/** The claims of a DPoP proof (RFC 9449 §4.2), as {@link dpopProof} gives them. */
export interface DpopProofClaims extends JwtClaims {
  /** Its id, which is accepted once. */
  readonly jti: string
  /** When it was made, in epoch seconds. */
  readonly iat: number
  /** The method of the request. */
  readonly htm: string
  /** The URL of the request, without query and fragment. */
  readonly htu: string
  /** The hash of the access token that the request carries. */
  readonly ath?: string
  /** What the server asked for. */
  readonly nonce?: string
}

/** The request that a proof of {@link dpopProof} is for. */
export interface ProvenRequest {
  /** The method, such as `GET`. */
  readonly method: string
  /** The absolute URL as the client sees it; query and fragment do not count. */
  readonly url: string
}

/** What a proof of {@link dpopProof} is made for (RFC 9449 §4.2). */
export interface ProofInput extends ProvenRequest {
  /** The access token that goes along. */
  readonly accessToken?: string | undefined
  /** What the server asked for in `DPoP-Nonce` (RFC 9449 §8, §9). */
  readonly nonce?: string | undefined
}

/** What a proof is checked against by {@link dpopProof} (RFC 9449 §4.3). */
export interface ProofDemands extends ProofInput {
  /**
   * The thumbprint of the key that the access token is bound to, its `cnf.jkt`. With an access token it has to be there:
   * one that is bound to no key is no DPoP token (RFC 9449 §7.1).
   */
  readonly thumbprint?: string | undefined
}

/** Options of `createSigner` of {@link dpopProof}. */
export interface ProofSignerOptions {
  /** A private key of the client's own. */
  readonly key: Key
  /** Needed where the key fits several algorithms and names none. */
  readonly alg?: string
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** Options of `createVerifier` of {@link dpopProof}. */
export interface ProofVerifierOptions {
  /** Where it is kept which proofs were used: one for all processes that take the same proofs. */
  readonly replay: Pick<ExpiringStore, 'add'>
  /** The algorithms that are taken. Default: every signature algorithm with a public key. */
  readonly algorithms?: readonly string[]
  /** The longest time since `iat`: seconds, or a text such as `'1m'`. Default 60 s. */
  readonly maxAge?: Duration
  /** How far clocks may differ: seconds, or a text such as `'5s'`. Default 30 s. */
  readonly clockTolerance?: Duration
  /** The time in epoch seconds. Default: the system clock. */
  now?(): number
}

/** A proof that holds, as {@link dpopProof} gives it. */
export interface VerifiedProof {
  /** What the proof says. */
  readonly claims: DpopProofClaims
  /** Its protected header. */
  readonly header: JoseHeader
  /** The key of the client, out of the header of the proof. */
  readonly key: Key
  /** Its SHA-256 thumbprint (RFC 7638): what `cnf.jkt` of an access token names. */
  readonly thumbprint: string
}

/** Makes DPoP proofs, as `createSigner` of {@link dpopProof} gives it. */
export interface ProofSigner {
  /**
   * A new proof; each is for one request.
   *
   * @throws {TypeError} for a request whose URL is none
   * @throws {JoseError} `CS_UNAVAILABLE` where a key that is elsewhere fails
   */
  sign(request: ProofInput): Promise<string>
}

/** Checks DPoP proofs, and uses each up, as `createVerifier` of {@link dpopProof} gives it. */
export interface ProofVerifier {
  /**
   * The proof, once it holds for the request (RFC 9449 §4.3).
   *
   * @throws {TypeError} for a request whose URL is none
   * @throws {JoseError} for every proof that is refused, such as `CS_SIGNATURE` and `CS_CLAIM_VALUE`; `CS_REPLAY` for
   *   one that was used
   */
  verify(proof: string, request: ProofDemands): Promise<VerifiedProof>
  /** As `verify`, with the refusal as a value. */
  safeVerify(proof: string, request: ProofDemands): Promise<Safe<VerifiedProof>>
}

/**
 * Makes and checks the proofs of RFC 9449, that a client has the key that its access token is bound to: what
 * {@link dpopProof} is.
 */
export interface DpopProofProfile {
  /**
   * Makes a signer of proofs, for a client (RFC 9449 §4.2).
   *
   * @throws {TypeError} for an option that is not what it should be
   * @throws {JoseError} `CS_KEY_TYPE` or `CS_KEY_SIZE` for a key that cannot sign with the algorithm
   */
  createSigner(options: ProofSignerOptions): ProofSigner
  /**
   * Makes a verifier of proofs, for a server (RFC 9449 §4.3).
   *
   * @throws {TypeError} for an option that is not what it should be
   */
  createVerifier(options: ProofVerifierOptions): ProofVerifier
}

/** Makes a proof, step by step. */
export type ProofSignOp = (request: ProofInput) => Op<string>

/** Verifies a proof, step by step. */
export type ProofVerifyOp = (proof: unknown, request: ProofDemands) => Op<VerifiedProof, Verifying>

/** The names of `ProofVerifierOptions`; a guard takes them, too. */
export const PROOF_VERIFIER_NAMES = ['replay', 'algorithms', 'maxAge', 'clockTolerance', 'now'] as const

const TYP = 'dpop+jwt'
const TYPES = { htm: TEXT, htu: TEXT, ath: TEXT, nonce: TEXT }

/** What every proof has, whatever request it is for (RFC 9449 §4.2). */
export const DPOP_PROOF: Kind = { name: 'dpopProof', typ: TYP, required: ['jti', 'htm', 'htu', 'iat'], types: TYPES }

const REQUEST_NAMES = ['method', 'url', 'accessToken', 'nonce'] as const

/**
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareProofSigner(options: ProofSignerOptions, backend: Pick<Backend, 'sync'>): ProofSignOp {
  checkNames<ProofSignerOptions>(options, ['key', 'alg', 'now'], 'dpopProof.createSigner')
  const { key, alg } = toSigning(options.key, options.alg, backend)
  if (key === undefined) throw new TypeError('key is a key ring: tokens are bound to one key that stays')
  if (key.kind !== 'private') throw new JoseError('CS_KEY_TYPE', 'a proof is signed with a private key, never a secret')
  const write = claimsWriter({ expiresIn: 'never', jti: true, ...(options.now && { now: options.now }) })
  let header: string | undefined
  return function* (input) {
    const { method, url, accessToken, nonce } = toDemands(input, REQUEST_NAMES, 'sign')
    header ??= textToBase64url(JSON.stringify({ alg: alg.id, typ: TYP, jwk: yield* bareJwk(key) }))
    const ath = accessToken === undefined ? undefined : yield* hashOf(accessToken)
    const payload = textToBase64url(write({ htm: method, htu: url, ath, nonce }, {}))
    const head = header
    return yield* use((platform: Backend) => sign(alg, key, head, payload, platform))
  }
}

/** The public key alone: what else a JWK may say is nothing to the server. */
function* bareJwk(key: Key): Op<JsonObject> {
  const { kid: _, use: __, key_ops: ___, alg, ...members } = yield* exportJwk(yield* publicKey(key))
  return key.kty === 'AKP' ? { ...members, alg } : members
}

/**
 * Checks every option once. The key of a proof comes out of its own header, nowhere else in this library (attack 10): it
 * proves that the sender has it, and nothing about who that is.
 *
 * @throws {TypeError} for an option that is not what it should be
 */
export function prepareProofVerifier(options: ProofVerifierOptions, backend: Sourcing): ProofVerifyOp {
  checkNames<ProofVerifierOptions>(options, PROOF_VERIFIER_NAMES, 'dpopProof.createVerifier')
  const store = toStore(options.replay, 'replay', ['add'])
  const rules = { algorithms: asymmetric(options.algorithms), understood: new Set<string>() }
  const maxAge = toSeconds(options.maxAge, 'maxAge', 60)
  const clockTolerance = toSeconds(options.clockTolerance, 'clockTolerance', 30)
  const policy = toPolicy({
    typ: TYP,
    requiredClaims: ['jti', 'htm', 'htu'],
    requireExp: false,
    maxAge,
    clockTolerance,
    now: toClock(options.now),
  })
  const readHeader = headerReader(JWT_LIMITS)
  const source = embeddedKeys(backend)
  return function* (proof, request) {
    const demands = toDemands(request, [...REQUEST_NAMES, 'thumbprint'], 'verify')
    const jws = parseCompact(proof, JWT_LIMITS, readHeader)
    const { header, key } = yield* use((platform: Verifying) => verify(jws, source, rules, platform))
    const claims = parseClaims(jws.payload, JWT_LIMITS)
    const signedBy = yield* thumbprint(key)
    const ath = demands.accessToken === undefined ? undefined : yield* hashOf(demands.accessToken)
    const further = (set: JsonObject, faults: Fault[]): void => checkProof(set, { ...demands, ath, signedBy }, faults)
    validate(claims, header.typ, { ...policy, further }, undefined, undefined)
    const trusted = claims as DpopProofClaims
    // Last, so that a proof that is refused is not used up. The second more is for the last moment of its life, and the
    // store has a clock of its own.
    yield* useOnce(store, ['dpop', signedBy, trusted.jti], trusted.iat + maxAge + 2 * clockTolerance + 1)
    return { claims: trusted, header, key, thumbprint: signedBy }
  }
}

function asymmetric(names: unknown): Table<SignatureAlg> {
  const rows = [...toAlgorithms(names)]
  const open = rows.filter(([, { family }]) => family !== 'hmac')
  if (names !== undefined && open.length < rows.length)
    throw new TypeError('algorithms names an HMAC: the key of a proof is public (RFC 9449 §4.3)')
  return new Map(open)
}

/** The key in the header of each token, taken in as strictly as any other. */
function embeddedKeys(backend: Sourcing): KeySource {
  // A header that is read again is the same object, so the key of a client is taken in once.
  const known = new WeakMap<JoseHeader, Key>()
  return {
    select(header, alg, role) {
      const key = known.get(header) ?? embeddedKey(header, backend)
      const unfit = misfit(alg, key, role)
      if (unfit) throw new JoseError(unfit.code, unfit.why)
      known.set(header, key)
      return [key]
    },
  }
}

function embeddedKey(header: JoseHeader, backend: Sourcing): Key {
  const jwk = own(header, 'jwk')
  if (!isObject(jwk)) throw new JoseError('CS_HEADER', `jwk of the header is ${kindOf(jwk)} and not a public key`)
  const key = importJwk(jwk, {}, backend)
  if (key.kind === 'public') return key
  throw new JoseError('CS_KEY_TYPE', `jwk of the header is a ${key.kind} key, which is nobody's to see`)
}

interface Expected extends ProofDemands {
  /** In its one spelling. */
  readonly url: string
  readonly ath: string | undefined
  /** The thumbprint of the key that signed the proof. */
  readonly signedBy: string
}

/** RFC 9449 §4.3, items 8 to 12. */
function checkProof(claims: JsonObject, expected: Expected, faults: Fault[]): void {
  const { method, url, nonce, ath, thumbprint, signedBy } = expected
  checkTypes(claims, TYPES, faults)
  checkText(claims, 'htm', (htm) => htm === method, 'is not the method of the request', faults)
  checkText(claims, 'htu', (htu) => targetOf(htu) === url, 'is not the URL of the request', faults)
  checkText(claims, 'ath', (text) => ath === undefined || same(text, ath), 'is that of another access token', faults)
  checkText(claims, 'nonce', (text) => nonce === undefined || same(text, nonce), 'is not what was asked for', faults)
  if (ath !== undefined) checkThere(claims, ['ath'], faults)
  if (nonce !== undefined) checkThere(claims, ['nonce'], faults)
  if (ath !== undefined && thumbprint === undefined)
    faults.push(fault('CS_CLAIM_MISSING', 'cnf.jkt', 'the access token is bound to no key: it has no cnf.jkt'))
  if (thumbprint !== undefined && !same(signedBy, thumbprint))
    faults.push(fault('CS_CLAIM_VALUE', 'cnf.jkt', 'another key signed the proof than the access token is bound to'))
}

/** `ath`: the hash of the ASCII of an access token (RFC 9449 §4.2). */
function* hashOf(accessToken: string): Op<string, Hashing> {
  return yield* use((backend: Hashing) => backend.fingerprint(accessToken))
}

/**
 * A URL without query and fragment in the one spelling of all that mean the same (RFC 9449 §4.3, RFC 3986 §6.2.2 and
 * §6.2.3); nothing for what is no http URL.
 */
function targetOf(text: string): string | undefined {
  const { protocol, origin, pathname } = URL.canParse(text) ? new URL(text) : { protocol: '', origin: '', pathname: '' }
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return origin + pathname.replace(/%[0-9a-f]{2}/gi, plainest)
}

/** A percent-encoded octet: itself where it need not be encoded, or else in upper case. */
function plainest(encoded: string): string {
  const char = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return /[\w.~-]/.test(char) ? char : encoded.toUpperCase()
}

/** @throws {TypeError} for what is no request */
function toDemands(request: unknown, names: readonly string[], what: string): ProofDemands {
  checkNames<ProofDemands>(request, names, what)
  const { method, url } = request
  toText(method, 'method')
  const target = targetOf(toText(url, 'url'))
  if (target === undefined) throw new TypeError('url is not the absolute URL of an http or https request')
  for (const name of ['accessToken', 'nonce', 'thumbprint'] as const)
    if (request[name] !== undefined) toText(request[name], name)
  return { ...request, url: target }
}
