import { equal, utf8 } from '../bytes.ts'
import { type Fault, type FurtherChecks, fault, mediaType, missing, refuse, wrongType } from '../claims.ts'
import type { Backend, Sourcing } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { isObject, type JsonObject, own } from '../json.ts'
import { CLAIMS_DEFAULT_NAMES } from '../jwt/claims-writer.ts'
import { prepareSigner, type SignerOptions, type SignToken } from '../jwt/signer.ts'
import {
  type ManyIssuersOptions,
  type OneIssuerOptions,
  prepareVerifier,
  VERIFIER_NAMES,
  type VerifierOptions,
  type VerifyToken,
} from '../jwt/verifier.ts'
import { checkNames } from '../options.ts'
import { type StandardSchema, toClaimsSchema } from '../schema.ts'

/** A kind of token: what its claims have to be beyond what those of every token have to be. */
export interface Kind {
  /** The name of its profile, for errors. */
  readonly name: string
  /** The type in its header. */
  readonly typ: string
  /** The claims that it always has. */
  readonly required: readonly string[]
  /** How old it is at most, in seconds, unless the caller says otherwise. */
  readonly maxAge?: number
  /** The types of its claims, where they are there. */
  readonly types: Readonly<Record<string, ClaimType>>
  /** What else has to hold. */
  readonly further?: FurtherChecks
}

/** A type that the value of a claim may have to have. */
export interface ClaimType {
  readonly is: (value: unknown) => boolean
  /** In words. */
  readonly expected: string
}

const isText = (value: unknown): value is string => typeof value === 'string'

export const TEXT: ClaimType = { is: isText, expected: 'a string' }
export const TEXTS: ClaimType = {
  is: (value) => Array.isArray(value) && value.every(isText),
  expected: 'an array of strings',
}
export const TIME: ClaimType = { is: Number.isFinite, expected: 'a finite number of seconds' }
export const AUDIENCE: ClaimType = {
  is: (value) => isText(value) || TEXTS.is(value),
  expected: 'a string or an array of strings',
}
export const BOOLEAN: ClaimType = { is: (value) => typeof value === 'boolean', expected: 'a boolean' }
export const OBJECT: ClaimType = { is: isObject, expected: 'an object' }

/** Holds each claim that is there to its type. @param place - where the claims stand, such as `'cnf.'` */
export function checkTypes(claims: JsonObject, types: Kind['types'], faults: Fault[], place = ''): void {
  for (const [name, type] of Object.entries(types)) {
    if (Object.hasOwn(claims, name) && !type.is(claims[name]))
      faults.push(wrongType(place + name, type.expected, claims[name]))
  }
}

/** Holds claims to be there; each is found missing once. */
export function checkThere(claims: JsonObject, names: readonly string[], faults: Fault[]): void {
  for (const name of names) {
    if (!Object.hasOwn(claims, name) && !faults.some(({ path }) => path === name)) faults.push(missing(name))
  }
}

/** Holds claims not to be there. @param why - completes `sub: …` */
export function checkAbsent(claims: JsonObject, names: readonly string[], why: string, faults: Fault[]): void {
  for (const name of names) {
    if (!Object.hasOwn(claims, name)) continue
    const hint = 'Look at what kind of token this is: it was made for another purpose.'
    faults.push({ ...fault('CS_CLAIM_VALUE', name, `${name} is there: ${why}`), hint })
  }
}

/** Holds a text that is there to fit. Other types have faults of their own. @param why - completes `nonce …` */
export function checkText(
  claims: JsonObject,
  name: string,
  fits: (text: string) => boolean,
  why: string,
  faults: Fault[],
): void {
  const value = own(claims, name)
  if (isText(value) && !fits(value)) faults.push(fault('CS_CLAIM_VALUE', name, `${name} ${why}`))
}

/**
 * Whether two texts are the same; how much of a wrong one is right does not show in the time. UTF-8 has one spelling for all
 * lone surrogates, so the texts are compared once more.
 */
export const same = (a: string, b: string): boolean => equal(utf8(a), utf8(b)) && a === b

/** All that a kind demands. */
export const rulesOf =
  ({ required, types, further }: Kind): FurtherChecks =>
  (claims, faults) => {
    checkThere(claims, required, faults)
    checkTypes(claims, types, faults)
    further?.(claims, faults)
  }

/** What a profile decides for every verifier. */
type Decided = 'typ' | 'requireExp'

/** The options of `createVerifier` without those that the profile decides about, for one issuer. */
export type OneIssuerProfileOptions<Claims> = Omit<OneIssuerOptions<Claims>, Decided>

/**
 * Options of `createVerifier` of a profile such as {@link accessToken}: those of the main door without what the profile
 * decides about.
 */
export type ProfileVerifierOptions<Claims> = OneIssuerProfileOptions<Claims> | Omit<ManyIssuersOptions<Claims>, Decided>

export const PROFILE_VERIFIER_NAMES: readonly string[] = VERIFIER_NAMES.filter(
  (name) => name !== 'typ' && name !== 'requireExp',
)

/**
 * Prepares the verifier of a kind. Whether a token has to expire is said by `exp` among what its kind requires.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for keys that are refused, or that could never verify anything
 */
export function prepareKindVerifier<Claims>(
  kind: Kind,
  options: ProfileVerifierOptions<Claims>,
  backend: Sourcing,
): VerifyToken<Claims> {
  checkNames(options, PROFILE_VERIFIER_NAMES, `${kind.name}.createVerifier`)
  const maxAge = options.maxAge === undefined ? kind.maxAge : options.maxAge
  const decided = { typ: kind.typ, requireExp: kind.required.includes('exp'), ...(maxAge !== undefined && { maxAge }) }
  return prepareVerifier({ ...options, ...decided } as VerifierOptions<Claims>, backend, rulesOf(kind))
}

/** The same for a kind that goes by several types, or by none: by `JWT`. */
export function prepareLooseVerifier<Claims>(
  kind: Kind,
  options: ProfileVerifierOptions<Claims>,
  backend: Sourcing,
): VerifyToken<Claims> {
  const verify = prepareKindVerifier({ ...kind, typ: 'any' }, options, backend)
  return (token, platform, look) =>
    verify(token, platform, (checked) => {
      const { typ } = checked.header
      if (typ === undefined || [kind.typ, 'jwt'].includes(mediaType(typ))) return look?.(checked)
      throw new JoseError('CS_TYP', `typ is ${show(typ)}, expected ${show(kind.typ)}, "JWT" or none`)
    })
}

/**
 * Options of `createSigner` of a profile such as {@link accessToken}: those of the main door without what the profile
 * decides about.
 */
export type ProfileSignerOptions<Claims> = Omit<SignerOptions<Claims>, 'typ'>

/**
 * Options of `createSigner` of profiles such as {@link securityEvent}, whose tokens have no end, or a life by default.
 */
export type LastingSignerOptions<Claims> = Omit<ProfileSignerOptions<Claims>, 'expiresIn'>

export const SIGNER_NAMES: readonly string[] = ['key', 'alg', 'header', ...CLAIMS_DEFAULT_NAMES]

/**
 * Prepares the signer of a kind. It makes no token that the verifier of the same kind would refuse for what it is, and
 * gives each token a jti. Tokens of a kind that does not require `exp` have none.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} for a key that cannot sign with the algorithm
 */
export function prepareKindSigner<Claims>(
  kind: Kind,
  options: LastingSignerOptions<Claims> & Pick<Partial<SignerOptions>, 'expiresIn'>,
  backend: Pick<Backend, 'sync'>,
): SignToken<Claims> {
  const expires = kind.required.includes('exp')
  checkNames(
    options,
    expires ? SIGNER_NAMES : SIGNER_NAMES.filter((name) => name !== 'expiresIn'),
    `${kind.name}.createSigner`,
  )
  const fixed = {
    typ: kind.typ,
    claims: withRules(kind, options.claims, backend.sync),
    ...(!expires && { expiresIn: 'never' }),
  }
  return prepareSigner<Claims>({ jti: true, ...options, ...fixed } as SignerOptions<Claims>, backend)
}

/** The rules of a kind, and then the caller's own, about claims that are about to be signed. */
function withRules<Claims>(
  kind: Kind,
  schema: StandardSchema<Claims, unknown> | undefined,
  sync: boolean,
): StandardSchema<Claims, unknown> {
  if (schema !== undefined) toClaimsSchema(schema, sync)
  const rules = rulesOf(kind)
  return {
    '~standard': {
      version: 1,
      vendor: 'countersign',
      validate(claims) {
        const faults: Fault[] = []
        rules(claims as JsonObject, faults)
        refuse(faults)
        return schema?.['~standard'].validate(claims) ?? { value: claims }
      },
    },
  }
}
