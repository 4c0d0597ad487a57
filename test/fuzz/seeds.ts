// What the targets begin with: the vectors, and the keys of the tests.

import matrix from '../../packages/countersign/test/keys/matrix/keys.json' with { type: 'json' }
import certificates from '../../packages/countersign/test/support/certificates.json' with { type: 'json' }
import made from '../../packages/countersign/test/support/keys.json' with { type: 'json' }
import rfc7515 from '../../vectors/rfc/rfc7515.json' with { type: 'json' }
import rfc7516 from '../../vectors/rfc/rfc7516.json' with { type: 'json' }
import rfc7517 from '../../vectors/rfc/rfc7517.json' with { type: 'json' }
import rfc7519 from '../../vectors/rfc/rfc7519.json' with { type: 'json' }
import rfc7797 from '../../vectors/rfc/rfc7797.json' with { type: 'json' }
import rfc8037 from '../../vectors/rfc/rfc8037.json' with { type: 'json' }
import type { Bytes } from './target.ts'

interface Case {
  readonly jws?: unknown
  readonly jwe?: unknown
  readonly jwt?: unknown
  readonly jwk?: object
  readonly jwks?: object
}

const CASES: readonly Case[] = [rfc7515, rfc7516, rfc7517, rfc7519, rfc7797, rfc8037].flatMap(
  ({ cases }) => cases as readonly Case[],
)

/** Tokens of the RFCs, compact or in JSON. */
export const TOKENS: readonly string[] = CASES.flatMap(({ jws, jwe, jwt }) =>
  [jws, jwe, jwt].flatMap((token) =>
    typeof token === 'string' ? [token] : typeof token === 'object' && token !== null ? [JSON.stringify(token)] : [],
  ),
)

export const JWK_SETS: readonly string[] = CASES.flatMap(({ jwks }) => (jwks ? [JSON.stringify(jwks)] : []))

/** The first key of each kind that the tests have, and the keys of the RFCs. */
export const JWKS: readonly string[] = [
  ...Object.values(made as Readonly<Record<string, readonly { readonly jwk: object }[]>>).flatMap(([first]) =>
    first?.jwk ? [JSON.stringify(first.jwk)] : [],
  ),
  ...CASES.flatMap(({ jwk }) => (jwk ? [JSON.stringify(jwk)] : [])),
]

interface Form {
  readonly pem?: string
  readonly der?: string
  readonly passphrase?: string
}

const FORMS = [...matrix.forms, ...matrix.refused] as readonly Form[]

/** Keys and certificates in every form, and much that is none of them. */
export const PEMS: readonly string[] = FORMS.flatMap(({ pem }) => (pem === undefined ? [] : [pem]))
export const DERS: readonly Bytes[] = FORMS.flatMap(({ der }) =>
  der === undefined ? [] : [new Uint8Array(Buffer.from(der, 'base64'))],
)

export const CERTIFICATES: readonly Bytes[] = [
  ...Object.values(certificates.certificates).map(({ certificate }) => certificate),
  certificates.weak,
  ...PEMS.filter((pem) => pem.includes('BEGIN CERTIFICATE--')),
].map((pem) => new Uint8Array(Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64')))

/** The private or secret JWK of the tests for an algorithm. */
export function jwkOf(alg: string): Readonly<Record<string, string>> {
  const [first] = (made as Readonly<Record<string, readonly { readonly jwk: object }[]>>)[alg] ?? []
  if (first === undefined) throw new TypeError(`no key for ${alg}`)
  return first.jwk as Readonly<Record<string, string>>
}

/** What the encrypted ones were encrypted with. */
export const PASSPHRASE = 'correct horse battery staple'
