import type { Verifying } from '../crypto/backend.ts'
import { JoseError } from '../errors.ts'
import { toAlgorithms } from '../jws/rules.ts'
import type { Op } from '../op.ts'
import { checkNames, toBoolean } from '../options.ts'
import { PROOF_VERIFIER_NAMES, type ProofVerifierOptions, prepareProofVerifier } from '../profile/dpop-proof.ts'
import { toOrigin } from './origin.ts'
import type { GuardedRequest } from './presented.ts'

/**
 * How {@link createGuard} checks proofs of possession (RFC 9449 §7.1).
 *
 * @example
 * ```ts
 * import { createSigner, createVerifier, generateKey, thumbprint } from 'countersign'
 * import { createGuard } from 'countersign/guard'
 * import { dpopProof } from 'countersign/profile'
 * import { expiringStore } from 'countersign/revocation'
 *
 * const [key, clientKey] = [await generateKey('HS256'), await generateKey('ES256')]
 * const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any' })
 * const dpop = { origin: 'https://api.example', replay: expiringStore(), required: true }
 * const guard = createGuard({ verifier, dpop })
 *
 * const cnf = { jkt: await thumbprint(clientKey) }
 * const token = await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'alice', cnf })
 * const [method, url] = ['GET', 'https://api.example/orders']
 * const proof = await dpopProof.createSigner({ key: clientKey }).sign({ method, url, accessToken: token })
 * const headers = { authorization: `DPoP ${token}`, dpop: proof }
 * const [first, again] = [new Request(url, { headers }), new Request(url, { headers })]
 * console.log((await guard.check(first)).ok, (await guard.check(again)).ok) // true false
 * ```
 */
export interface ProofOptions extends ProofVerifierOptions {
  /** Where clients reach this service, such as `https://api.example`: a proof names it, and a Host header proves nothing. */
  readonly origin: string
  /** Takes tokens with a proof alone. Default false: those that are bound to no key may come as bearer tokens. */
  readonly required?: boolean
}

/** A token, the request that carries it, and the key that it is bound to. */
export interface BoundRequest {
  readonly request: GuardedRequest
  readonly token: string
  readonly thumbprint: string
}

/** Prepared to check proofs. */
export interface Proofs {
  readonly required: boolean
  /** For the challenge. */
  readonly algorithms: readonly string[]
  /** @throws {JoseError} for a request that does not prove what it has to */
  check(bound: BoundRequest): Op<void, Verifying>
}

const NAMES = ['origin', 'required', ...PROOF_VERIFIER_NAMES] as const

/** @throws {TypeError} for an option that is not what it should be */
export function toProofs(options: unknown, backend: Verifying): Proofs {
  checkNames<ProofOptions>(options, NAMES, 'dpop')
  const { origin: given, required, ...rest } = options
  const origin = toOrigin(given, 'dpop.origin')
  const verify = prepareProofVerifier(rest, backend)
  return {
    required: toBoolean(required, 'dpop.required', false),
    algorithms: [...toAlgorithms(rest.algorithms)].flatMap(([name, { family }]) => (family === 'hmac' ? [] : [name])),
    *check({ request, token, thumbprint }) {
      const [proof, second] = request.header('dpop')
      if (proof === undefined || second !== undefined)
        throw new JoseError('CS_MALFORMED', 'the request does not have exactly one DPoP header (RFC 9449 §4.3)')
      const url = urlOf(origin, request.path)
      yield* verify(proof, { method: request.method, url, accessToken: token, thumbprint })
    },
  }
}

/** A segment that a URL parser takes out, with the one before it, and most routers do not; and what it takes for a slash. */
const DOTS = /[\\]|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * The path of a request at the origin that clients know, whatever the path looks like: `//elsewhere` is a path, too.
 *
 * @throws {JoseError} for a path that would mean another one here than where the request is going
 */
function urlOf(origin: string, path: string): string {
  const [plain = ''] = path.split(/[?#]/, 1)
  if (DOTS.test(plain)) throw new JoseError('CS_MALFORMED', 'the path of the request has dot segments or a backslash')
  return `${origin}${plain.startsWith('/') ? '' : '/'}${plain}`
}
