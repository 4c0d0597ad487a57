import type { SignatureAlg } from '../alg/signature.ts'
import { base64url, textToBase64url, utf8 } from '../bytes.ts'
import type { JwtClaims } from '../claims.ts'
import type { Awaitable, Backend } from '../crypto/backend.ts'
import { toMembers } from '../header-members.ts'
import { signatureOctets } from '../jws/primitive.ts'
import { sign, toSigning } from '../jws/sign.ts'
import type { Key } from '../key/key.ts'
import { nameOf } from '../key/ops.ts'
import { isPromise, type Op, start } from '../op.ts'
import { checkNames, type Duration, JWT_LIMITS, type Limits, toText } from '../options.ts'
import type { SigningKeys } from '../source/key-source.ts'
import {
  CLAIMS_CALL_NAMES,
  CLAIMS_DEFAULT_NAMES,
  type ClaimsDefaults,
  type ClaimsInput,
  claimsCheck,
  claimsWriter,
  type SignOptions,
  tooLarge,
} from './claims-writer.ts'
import { type Handles, handles } from './handles.ts'

/** Options of {@link createSigner}. */
export interface SignerOptions<Claims = JwtClaims> extends ClaimsDefaults<Claims> {
  /** A private key or a secret, or a key ring, whose keys take turns. */
  readonly key: Key | SigningKeys
  /** Needed where the key fits several algorithms and names none. */
  readonly alg?: string
  /**
   * The life of a token, counted from its iat: seconds, or a text such as `'15m'`; `'never'` makes tokens without
   * `exp`.
   */
  readonly expiresIn: Duration | 'never'
  /** The type in the header. Default `JWT`. */
  readonly typ?: string
  /** Further members of the protected header. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** Signs a claims set; what is refused for its claims is refused before there is a promise. */
export type SignToken<Claims = JwtClaims> = (
  claims: ClaimsInput<Claims>,
  backend: Backend,
  options?: SignOptions,
) => Awaitable<string>

/** The signers that the doors gave out. */
export const SIGNERS: Handles<SignToken> = handles()

const NAMES = ['key', 'alg', 'typ', 'header', ...CLAIMS_DEFAULT_NAMES] as const
/** Members that the signer sets itself, or that would change what the signature means. */
const RESERVED = ['alg', 'typ', 'kid', 'crit', 'b64', 'enc', 'zip'] as const

/**
 * Checks every option once and prepares all that does not depend on the token.
 *
 * @param limits - those of another kind of token than a request carries
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareSigner<Claims = JwtClaims>(
  options: SignerOptions<Claims>,
  backend: Pick<Backend, 'sync'>,
  limits: Limits = JWT_LIMITS,
): SignToken<Claims> {
  checkNames<SignerOptions<Claims>>(options, NAMES, 'createSigner')
  const { alg, key: only, keys } = toSigning(options.key, options.alg, backend)
  const write = claimsWriter(options, keys?.tokenLifetime, limits)
  const fit = claimsCheck(options, backend, limits)
  const header = headerWriter(
    alg,
    options.typ === undefined ? 'JWT' : toText(options.typ, 'typ'),
    options.header,
    limits,
  )
  let last: Head | undefined
  /** The key whose turn it is, with its header; what may have to be waited for comes before the signature. */
  function* getReady(text: string): Op<Head> {
    if (fit) yield* fit(text)
    const key = only ?? (yield* keys.signing(alg))
    if (last?.key !== key) last = { key, text: yield* header(key), signature: signatureCharacters(alg, key) }
    return last
  }
  const signWith = (head: Head, text: string, platform: Backend): Awaitable<string> => {
    const payload = textToBase64url(text)
    const length = head.text.length + payload.length + head.signature + 2
    if (length > limits.tokenBytes) throw tooLarge('token', length, limits.tokenBytes)
    return sign(alg, head.key, head.text, payload, platform)
  }
  const signLater = async (head: PromiseLike<Head>, text: string, platform: Backend): Promise<string> =>
    signWith(await head, text, platform)
  return (claims, platform, call = NO_CALL) => {
    if (call !== NO_CALL) checkNames<SignOptions>(call, CLAIMS_CALL_NAMES, 'sign')
    const text = write(claims, call)
    const head = last && only && !fit ? last : start(getReady(text), platform)
    return isPromise(head) ? signLater(head, text, platform) : signWith(head, text, platform)
  }
}

const NO_CALL: SignOptions = Object.freeze({})

/** What is the same for all tokens of one key. */
interface Head {
  readonly key: Key
  readonly text: string
  /** How many characters a signature has. */
  readonly signature: number
}

const signatureCharacters = (alg: SignatureAlg, key: Key): number => Math.ceil((signatureOctets(alg, key) * 4) / 3)

/** Writes the header for a key: its kid may be a thumbprint, which takes a step of the backend. */
function headerWriter(alg: SignatureAlg, typ: string, extra: unknown, limits: Limits): (key: Key) => Op<string> {
  const members = toMembers(extra, 'header', limits) ?? {}
  for (const name of RESERVED) {
    if (Object.hasOwn(members, name)) throw new TypeError(`header holds ${name}, which is not set this way`)
  }
  if (Object.hasOwn(members, 'cty')) toText(members['cty'], 'cty of the header')
  return function* (key) {
    const kid = yield* nameOf(key)
    const octets = utf8(JSON.stringify({ alg: alg.id, typ, ...(kid !== undefined && { kid }), ...members }))
    if (octets.length > limits.headerBytes) throw tooLarge('header', octets.length, limits.headerBytes)
    return base64url(octets)
  }
}
