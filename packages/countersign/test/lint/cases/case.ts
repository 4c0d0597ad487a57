import type { LintOptions, Severity } from 'countersign/lint'
import { b64, CLAIMS, input, NOW } from '../../support/forge.ts'

/** What a rule finds: its place, what it weighs, and the fact. */
export type Found = readonly [path: string, severity: Severity, message: string]

/** Something to look at, and what one rule finds about it. */
export interface Case {
  readonly rule: string
  readonly why: string
  /** A token, a key or a set; a secret by itself stands in `secret`. */
  readonly what?: string | object
  readonly secret?: Uint8Array
  readonly options?: LintOptions
  /** Left out where there is nothing to find. */
  readonly found?: readonly Found[]
}

export const now = (): number => NOW

/** Any octets: no signature that is looked at here holds. */
export const signatureOf = (octets: number): string => b64(Uint8Array.from({ length: octets }, (_, at) => 200 - at))
const SIGNATURE = signatureOf(64)

/** A signed token. A text stands for itself, so that JSON can be written that no object gives. */
export const jws = (header: object | string, payload: unknown = CLAIMS, signature = SIGNATURE): string =>
  `${input(typeof header === 'string' ? header : { alg: 'ES256', ...header }, payload)}.${signature}`

/** An encrypted token. */
export const jwe = (header: object, key = signatureOf(256)): string =>
  [
    b64(JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', ...header })),
    key,
    signatureOf(12),
    signatureOf(40),
    signatureOf(16),
  ].join('.')

/** A token with these claims beside those that every one here has. */
export const claiming = (claims: object): string => jws({}, { ...CLAIMS, ...claims })

/** The claims without some. */
export const without = (...names: readonly string[]): string =>
  jws({}, Object.fromEntries(Object.entries(CLAIMS).filter(([name]) => !names.includes(name))))

/** The octets of a signature that nothing looks at, the claims as they stand in JSON, and a protected header. */
export const SIGNED = signatureOf(64)
export const PAYLOAD = b64(JSON.stringify(CLAIMS))
export const guarded = (header: object): string => b64(JSON.stringify(header))
