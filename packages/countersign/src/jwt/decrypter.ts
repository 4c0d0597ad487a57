import { fromUtf8 } from '../bytes.ts'
import {
  CLAIMS_OPTION_NAMES,
  type ClaimsOptions,
  type JwtClaims,
  mediaType,
  refuseReplicas,
  toExpected,
  toPolicy,
  validate,
} from '../claims.ts'
import type { Backend } from '../crypto/backend.ts'
import { JoseError, kindOf } from '../errors.ts'
import { headerReader, type JoseHeader, type JweHeader } from '../header.ts'
import { parseObject } from '../json.ts'
import { type Decrypted, type DecryptRules, decrypt } from '../jwe/decrypt.ts'
import { checkedDecryptionSource, toContents, toManagements } from '../jwe/rules.ts'
import type { Key } from '../key/key.ts'
import { type Op, use } from '../op.ts'
import { checkNames, refuseLost, SEALED_JWT_LIMITS, type SealedJwtLimits, toLimits } from '../options.ts'
import { parseCompactJwe } from '../serialization/jwe.ts'
import type { KeySource, Keys } from '../source/source.ts'
import { ACCEPTANCE_NAMES, type AcceptanceOptions, type Accepted, toAcceptance } from './acceptance.ts'
import { type Expectation, type Look, VERIFIERS, type VerifiedToken, type VerifyToken } from './verifier.ts'

interface CommonOptions {
  /** Private keys or shared secrets, in any form that keys come in: of a set the kid of the token selects. */
  readonly keys: Keys
  /** Narrows the key management further than the keys do; a password (PBES2) is taken only where it is named here. */
  readonly algorithms?: readonly string[]
  /** Narrows the content encryption. */
  readonly encryptions?: readonly string[]
  /** What is refused for its size: octets, levels; see {@link SealedJwtLimits}. */
  readonly limits?: Partial<SealedJwtLimits>
}

/** A verifier, as {@link createVerifier} gives it to {@link createDecrypter} and to guards. */
export interface AnyVerifier<Claims = unknown> {
  /** Checks a token. @throws {JoseError} why it is refused, such as `CS_SIGNATURE` or `CS_EXPIRED` */
  verify(token: string): VerifiedToken<Claims> | PromiseLike<VerifiedToken<Claims>>
}

/** Tokens whose claims were signed before they were encrypted (RFC 7519 §11.2): options of {@link createDecrypter}. */
export interface NestedOptions<Claims = JwtClaims> extends CommonOptions {
  /** Verifies the signed JWT inside, and its claims. */
  readonly then: AnyVerifier<Claims>
  readonly unsigned?: never
}

/**
 * Options of {@link createDecrypter} for tokens whose claims were encrypted alone.
 *
 * @example
 * ```ts
 * import { createDecrypter, createEncrypter, generateKey } from 'countersign'
 *
 * const key = await generateKey('A256GCM') // whoever has it can read and write such tokens
 * const token = await createEncrypter({ key, audience: 'api', expiresIn: '15m' }).encrypt({ sub: 'alice' })
 *
 * const decrypter = createDecrypter({ keys: key, issuer: 'any', audience: 'api' })
 * const { claims, signed } = await decrypter.decrypt(token)
 * console.log(claims.sub, signed) // alice undefined
 * ```
 */
export interface BareOptions<Claims = JwtClaims> extends CommonOptions, ClaimsOptions, AcceptanceOptions<Claims> {
  /** Who the claims must name as `iss`; `'any'` takes every issuer. */
  readonly issuer: Expectation
  /** Whom the claims must be for; `'any'` takes every audience. */
  readonly audience: Expectation
  readonly then?: never
  /**
   * Needed with private keys: says that you know that anyone who has the public key may have written the claims. A
   * shared secret needs it not, since only those who share it can encrypt.
   */
  readonly unsigned?: 'accept'
}

/** Options of {@link createDecrypter}: for nested JWTs, or for claims that were encrypted alone. */
export type DecrypterOptions<Claims = JwtClaims> = NestedOptions<Claims> | BareOptions<Claims>

/** A token that was decrypted, and whose claims have been checked, by {@link createDecrypter}. */
export interface DecryptedToken<Claims = JwtClaims> extends Accepted<Claims> {
  /** The header of the encryption. */
  readonly header: JweHeader
  /** The key that decrypted the token. */
  readonly key: Key
  /** Who wrote the claims, where they were signed: the header of the signature, and the key that verified it. */
  readonly signed?: { readonly header: JoseHeader; readonly key: Key }
}

/** The outcome of `safeDecrypt` of {@link createDecrypter}, with the refusal as a value. */
export type SafeDecrypted<Claims = JwtClaims> =
  | ({ readonly ok: true } & DecryptedToken<Claims>)
  | { readonly ok: false; readonly error: JoseError }

/** Decrypts a token, step by step. */
export type DecryptOp<Claims = JwtClaims> = (token: unknown) => Op<DecryptedToken<Claims>>

const CLAIMS_NAMES = ['issuer', 'audience', ...ACCEPTANCE_NAMES, ...CLAIMS_OPTION_NAMES] as const
const NAMES = ['keys', 'algorithms', 'encryptions', 'limits', 'then', 'unsigned', ...CLAIMS_NAMES] as const

const NOTHING: ReadonlySet<string> = new Set()

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that are refused, or that could never decrypt anything
 */
export function prepareDecrypter<Claims = JwtClaims>(
  options: DecrypterOptions<Claims>,
  backend: Backend,
): DecryptOp<Claims> {
  checkNames<DecrypterOptions<Claims>>(options, NAMES, 'createDecrypter')
  refuseLost(options, ['algorithms', 'encryptions'])
  const limits = toLimits(options.limits, SEALED_JWT_LIMITS)
  const [management, content] = [toManagements(options.algorithms), toContents(options.encryptions)]
  const reader = options.then === undefined ? bareReader(options, limits, backend) : nestedReader(options)
  const source = checkedDecryptionSource(options.keys, management, content, backend)
  const bare = options.then === undefined && options.unsigned === undefined
  if (bare) refusePrivate(source)
  const rules: DecryptRules = {
    management,
    content,
    understood: NOTHING,
    inflatedBytes: limits.inflatedBytes,
    ...(bare && { admit: refuseUnsigned }),
  }
  const readHeader = headerReader(limits)
  return function* (token) {
    return yield* reader(yield* decrypt(parseCompactJwe(token, limits, readHeader), source, rules))
  }
}

type Reader<Claims> = (decrypted: Decrypted) => Op<DecryptedToken<Claims>>

/** Whoever has a public key can encrypt to it: what was, has no author (attack 36). */
const ANYONE = 'whoever has the public key can write such claims'
const MEND = "give then: createVerifier(…) where they are signed inside, or say unsigned: 'accept'"

function refusePrivate({ keys = [] }: KeySource): void {
  if (keys.some(({ kind }) => kind === 'private')) throw new TypeError(`${ANYONE}: ${MEND}`)
}

/** The same for keys that are seen when a token comes. */
function refuseUnsigned({ kind }: Key): void {
  if (kind === 'private') throw new JoseError('CS_NESTED', ANYONE, { hint: `To createDecrypter, ${MEND}.` })
}

function bareReader<Claims>(options: BareOptions<Claims>, limits: SealedJwtLimits, backend: Backend): Reader<Claims> {
  const { unsigned } = options
  if (unsigned !== undefined && unsigned !== 'accept') throw new TypeError("unsigned is 'accept' or left out")
  const policy = toPolicy(options)
  const [issuer, audience] = [toExpected(options.issuer, 'issuer'), toExpected(options.audience, 'audience')]
  const accept = toAcceptance(options, backend)
  return function* ({ plaintext, header, key }) {
    if (isNested(header)) {
      throw new JoseError('CS_NESTED', 'the token holds a signed JWT (cty "JWT"), and bare claims are expected', {
        hint: 'Say who verifies it: createDecrypter({ keys, then: createVerifier(…) }).',
      })
    }
    const claims = parseObject(fromUtf8(plaintext, 'the plaintext'), 'the claims set', limits.jsonDepth)
    validate(claims, header.typ, policy, issuer, audience)
    refuseReplicas(header, claims)
    const accepted = accept ? yield* use((platform) => accept({ claims, header, key }, platform)) : (claims as Claims)
    return { claims: accepted, claimsSet: claims, header, key }
  }
}

function nestedReader<Claims>(options: NestedOptions<Claims>): Reader<Claims> {
  const verify = VERIFIERS.of(options.then) as VerifyToken<Claims> | undefined
  if (verify === undefined) throw new TypeError(`then is ${kindOf(options.then)}; give what createVerifier gave`)
  for (const name of ['unsigned', ...CLAIMS_NAMES] as const) {
    if ((options as DecrypterOptions<Claims>)[name as 'unsigned'] !== undefined)
      throw new TypeError(`${name} and then exclude each other: the verifier says what the claims have to be`)
  }
  return function* ({ plaintext, header, key }) {
    const token = fromUtf8(plaintext, 'the plaintext')
    if (!isNested(header) || token.split('.', 4).length !== 3) {
      throw new JoseError('CS_NESTED', 'the token does not hold a signed JWT (cty "JWT"), and one is expected', {
        hint: 'Whoever makes it has to sign the claims first: encrypter.encrypt(claims, { sign: signer }).',
      })
    }
    const look: Look = (checked) => {
      refuseReplicas(header, checked.claims)
      return undefined
    }
    const { claims, claimsSet, ...signed } = yield* use((backend) => verify(token, backend, look))
    return { claims, claimsSet, header, key, signed }
  }
}

/** Whether the plaintext is a JWT, by the header (RFC 7519 §5.2). */
const isNested = ({ cty }: JweHeader): boolean => cty !== undefined && mediaType(cty) === mediaType('JWT')
