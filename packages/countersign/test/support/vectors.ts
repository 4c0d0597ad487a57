import { readdirSync, readFileSync } from 'node:fs'
import type { Jwk, JwkSet } from 'countersign'
import type { FlattenedJwe, GeneralJwe } from 'countersign/jwe'
import type { FlattenedJws, GeneralJws } from 'countersign/jws'

/** The folder of public test vectors; its README explains every member that is read here. */
const ROOT = new URL('../../../../vectors/', import.meta.url)

/** A case of `rfc/*.json`. Which members it has, its `kind` says. */
export interface RfcCase {
  readonly id: string
  readonly section: string
  readonly kind: string
  readonly expect: 'valid' | 'invalid' | 'unsecured' | 'data'
  readonly alg?: string | readonly string[]
  readonly key?: Jwk | JwkSet | null
  readonly jwk?: Jwk
  readonly jwks?: JwkSet
  readonly public?: boolean
  readonly protected_header_utf8?: string
  readonly payload_utf8?: string
  readonly payload_b64u?: string
  readonly jws?: string | FlattenedJws | GeneralJws
  readonly message_b64u?: string
  readonly signature_b64u?: string
  readonly deterministic?: boolean
  readonly jwt?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly evaluate_at?: number
  readonly hash?: string
  readonly canonical_utf8?: string
  readonly thumbprint_b64u?: string
  readonly uri?: string
  readonly octets?: readonly number[]
  readonly base64url?: string
  readonly enc?: string
  readonly jwe?: string | FlattenedJwe | GeneralJwe
  readonly password_utf8?: string
  readonly plaintext_utf8?: string
  readonly plaintext_jwk?: Jwk
  readonly cek_b64u?: string
  readonly iv_b64u?: string
  readonly aad_utf8?: string
  readonly ciphertext_b64u?: string
  readonly tag_b64u?: string
  readonly inner_jws?: string
  readonly inner_key?: Jwk
  readonly ephemeral_key?: Jwk
  readonly recipient_key?: Jwk
  readonly header?: Readonly<Record<string, unknown>>
  readonly z_b64u?: string
  readonly derived_key_b64u?: string
}

/** A file of the JOSE Cookbook, apart from its bare keys. */
export interface CookbookEntry {
  readonly title: string
  readonly reproducible?: boolean
  readonly input?: {
    readonly payload?: string
    readonly plaintext?: string
    readonly key?: Jwk | readonly Jwk[]
    readonly pwd?: string
    readonly alg?: string | readonly string[]
    readonly enc?: string
    readonly zip?: string
    readonly aad?: string
  }
  readonly signing?: CookbookSigning | readonly CookbookSigning[]
  readonly generated?: { readonly cek?: string; readonly iv?: string; readonly plaintext_c?: string }
  readonly encrypting_key?: CookbookEncryptedKey | readonly CookbookEncryptedKey[]
  readonly encrypting_content?: CookbookEncryptedContent
  readonly output: Readonly<Record<string, unknown>>
}

/** What a signature of the cookbook is made of. */
export interface CookbookSigning {
  readonly protected?: Readonly<Record<string, unknown>>
  readonly unprotected?: Readonly<Record<string, unknown>>
  readonly sig?: string
}

/** How the cookbook brings the key of a content to a recipient; its private ephemeral key is here alone. */
export interface CookbookEncryptedKey {
  readonly epk?: Jwk
  /** What the recipients agreed upon, where that is the key of the content. */
  readonly cek?: string
  readonly encrypted_key?: string
}

/** What a content of the cookbook is made of. */
export interface CookbookEncryptedContent {
  readonly protected?: Readonly<Record<string, unknown>>
  readonly protected_b64u?: string
  readonly unprotected?: Readonly<Record<string, unknown>>
  readonly ciphertext: string
  readonly tag: string
}

/** A group of Wycheproof: one key or one JWK Set, and the tokens that are tried on it. */
export interface WycheproofGroup<Keys> {
  readonly private: Keys
  readonly public?: Keys
  readonly tests: readonly WycheproofCase[]
}

export interface WycheproofCase {
  readonly tcId: number
  readonly comment: string
  readonly jws: string
  readonly result: 'valid' | 'invalid'
}

/** One thing to check, under the one name it has here. */
export type Vector = { readonly id: string } & (
  | { readonly from: 'rfc'; readonly value: RfcCase }
  | { readonly from: 'cookbook'; readonly form: string; readonly entry: CookbookEntry }
  | { readonly from: 'cookbook-jwk'; readonly jwk: Jwk }
  | { readonly from: 'wycheproof-signature'; readonly group: WycheproofGroup<Jwk>; readonly value: WycheproofCase }
  | { readonly from: 'wycheproof-key'; readonly group: WycheproofGroup<JwkSet>; readonly value: WycheproofCase }
)

/** Every vector of one origin. */
export type VectorOf<From extends Vector['from']> = Extract<Vector, { readonly from: From }>

export function ofOrigin<From extends Vector['from']>(from: From): readonly VectorOf<From>[] {
  return VECTORS.filter((vector): vector is VectorOf<From> => vector.from === from)
}

/** Every vector of every file in the folder: a file that is added is read without being named here. */
export const VECTORS: readonly Vector[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.json'))
  .sort()
  .flatMap(vectorsOf)

function vectorsOf(path: string): Vector[] {
  const content: unknown = JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'))
  if (path.startsWith('fuzz-')) return [] // test/fuzz runs them, each against the target it is for
  if (path.startsWith('rfc/')) {
    const { cases } = content as { cases: RfcCase[] }
    return cases.map((value) => ({ id: `${path} ${value.id}`, from: 'rfc', value }))
  }
  if (path.startsWith('rfc7520/jwk/')) return [{ id: path, from: 'cookbook-jwk', jwk: content as Jwk }]
  if (path.startsWith('rfc7520/')) return cookbookTokens(path, content as object)
  if (path === 'wycheproof/json_web_signature_test.json') {
    const { testGroups } = content as { testGroups: WycheproofGroup<Jwk>[] }
    return testGroups.flatMap((group) =>
      group.tests.map((value) => ({ id: `${path} ${value.tcId}`, from: 'wycheproof-signature', group, value })),
    )
  }
  if (path === 'wycheproof/json_web_key_test.json') {
    const { testGroups } = content as { testGroups: WycheproofGroup<JwkSet>[] }
    return testGroups.flatMap((group) =>
      group.tests.map((value) => ({ id: `${path} ${value.tcId}`, from: 'wycheproof-key', group, value })),
    )
  }
  throw new Error(`${path} is in the folder of vectors, and nothing here knows how to read it`)
}

/** One vector for each serialization of each entry; the nested example holds two entries. */
function cookbookTokens(path: string, content: object): Vector[] {
  const entries: [name: string, entry: CookbookEntry][] =
    'output' in content
      ? [[path, content as CookbookEntry]]
      : Object.entries(content)
          .filter(([, part]) => typeof part === 'object')
          .map(([part, entry]) => [`${path} ${part}`, entry])
  return entries.flatMap(([name, entry]) =>
    Object.keys(entry.output).map((form) => ({ id: `${name} ${form}`, from: 'cookbook', form, entry }) as const),
  )
}
