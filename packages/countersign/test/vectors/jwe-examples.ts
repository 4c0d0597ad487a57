import assert from 'node:assert/strict'
import { importKey, type Jwk, type Key, secretKey } from 'countersign'
import type { FlattenedJwe, GeneralJwe } from 'countersign/jwe'
import { type Bytes, fromBase64url, textFromBase64url, utf8 } from '../../src/bytes.ts'
import type { CookbookEncryptedKey, RfcCase, VectorOf } from '../support/vectors.ts'
import { isJwkSet, type Members, the, toArray } from './examples.ts'

/** A JWE in any serialization. */
export type AnyJwe = string | FlattenedJwe | GeneralJwe

/** A JWE of the vectors in one shape, wherever it is from. */
export interface JweExample {
  readonly token: AnyJwe
  readonly plaintext: Bytes
  readonly enc: string
  /** base64url text of the protected header; nothing where there is none. */
  readonly encoded: string | undefined
  readonly protectedHeader: Members
  readonly sharedHeader: Members | undefined
  /** What is authenticated beside the header. */
  readonly aad: Bytes | undefined
  readonly iv: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
  /** The CEK, where the vector prints it; agreed upon or shared, it is not made. */
  readonly cek: Bytes | undefined
  /** What the plaintext was compressed to, which is for each compressor to choose. */
  readonly deflated: Bytes | undefined
  /** Whether enc stands in an unprotected header alone. */
  readonly openEnc: boolean
  readonly recipients: readonly RecipientExample[]
}

/** One recipient of it, with its own key. */
export interface RecipientExample {
  /** The key that decrypts. */
  readonly key: Key
  /** Its JWK; a password has none. */
  readonly jwk: Jwk | undefined
  readonly alg: string
  readonly ownHeader: Members | undefined
  /** All members: protected, shared and its own. */
  readonly header: Members
  readonly encryptedKey: Bytes
  /** The private ephemeral key, where the vector prints it. */
  readonly ephemeral: Jwk | undefined
}

/** A vector as an example; that the vector does not contradict itself is looked at here. */
export function jweExampleOf(vector: VectorOf<'rfc'> | VectorOf<'cookbook'>): JweExample {
  return vector.from === 'rfc' ? fromRfc(vector.value) : fromCookbook(vector)
}

interface Recipe {
  readonly jwks: readonly (Jwk | undefined)[]
  readonly password: string | undefined
  readonly algorithms: readonly string[]
  readonly keys: readonly CookbookEncryptedKey[]
  readonly enc: string
  readonly cek: string | undefined
  readonly deflated?: string | undefined
}

function fromRfc(value: RfcCase): JweExample {
  const { key, plaintext_jwk: jwk } = value
  const plaintext = jwk === undefined ? the(value.plaintext_utf8, 'plaintext_utf8') : JSON.stringify(jwk)
  const example = toExample(the(value.jwe, 'jwe'), utf8(plaintext), {
    jwks: key === undefined || key === null ? [undefined] : isJwkSet(key) ? key.keys : [key],
    password: value.password_utf8,
    algorithms: toArray(the(value.alg, 'alg')),
    keys: [],
    enc: the(value.enc, 'enc'),
    cek: value.cek_b64u,
  })
  if (value.protected_header_utf8 !== undefined)
    assert.equal(textFromBase64url(example.encoded ?? '', 'the header').text, value.protected_header_utf8)
  return example
}

/** The one name of an algorithm that the cookbook misspells. */
const MISSPELT = new Map([['A128CBC-H256', 'A128CBC-HS256']])

function fromCookbook({ form, entry }: VectorOf<'cookbook'>): JweExample {
  const input = the(entry.input, 'input')
  const jwks: readonly (Jwk | undefined)[] = input.key === undefined ? [undefined] : toArray(input.key)
  const enc = the(input.enc, 'input.enc')
  const keys: readonly CookbookEncryptedKey[] = toArray(entry.encrypting_key ?? {})
  const example = toExample(entry.output[form] as AnyJwe, utf8(the(input.plaintext, 'input.plaintext')), {
    jwks,
    password: input.pwd,
    algorithms: toArray(the(input.alg, 'input.alg')),
    keys,
    enc: MISSPELT.get(enc) ?? enc,
    cek: entry.generated?.cek,
    deflated: entry.generated?.plaintext_c,
  })
  const content = the(entry.encrypting_content, 'encrypting_content')
  assert.equal(example.encoded, content.protected_b64u)
  assert.deepEqual(example.protectedHeader, content.protected ?? {})
  assert.deepEqual(example.sharedHeader, content.unprotected)
  assert.deepEqual(example.iv, fromBase64url(the(entry.generated?.iv, 'generated.iv'), 'iv'))
  assert.deepEqual(example.ciphertext, fromBase64url(content.ciphertext, 'ciphertext'))
  assert.deepEqual(example.tag, fromBase64url(content.tag, 'tag'))
  assert.deepEqual(example.aad, input.aad === undefined ? undefined : utf8(input.aad))
  for (const [index, { encryptedKey }] of example.recipients.entries()) {
    assert.deepEqual(encryptedKey, fromBase64url(keys[index]?.encrypted_key ?? '', 'encrypted_key'))
  }
  return example
}

function toExample(token: AnyJwe, plaintext: Bytes, recipe: Recipe): JweExample {
  const json = toGeneral(token)
  const octets = (name: 'iv' | 'ciphertext' | 'tag' | 'aad'): Bytes => fromBase64url(json[name] ?? '', name)
  const protectedHeader = JSON.parse(
    json.protected ? textFromBase64url(json.protected, 'protected').text : '{}',
  ) as Members
  const { jwks, password, algorithms } = recipe
  assert.ok(json.recipients.length === jwks.length && jwks.length === algorithms.length, 'a key and an alg for each')
  const recipients = json.recipients.map((part, index): RecipientExample => {
    const header = { ...protectedHeader, ...json.unprotected, ...part.header }
    const alg = the(algorithms[index], 'alg')
    assert.deepEqual([header['alg'], header['enc']], [alg, recipe.enc])
    const jwk = jwks[index]
    return {
      key: jwk ? importKey(jwk) : secretKey({ text: the(password, 'password') }),
      jwk,
      alg,
      ownHeader: part.header,
      header,
      encryptedKey: fromBase64url(part.encrypted_key ?? '', 'encrypted_key'),
      ephemeral: recipe.keys[index]?.epk,
    }
  })
  return {
    ...{ token, plaintext, protectedHeader, recipients },
    enc: recipe.enc,
    encoded: json.protected,
    sharedHeader: json.unprotected,
    aad: json.aad === undefined ? undefined : octets('aad'),
    ...{ iv: octets('iv'), ciphertext: octets('ciphertext'), tag: octets('tag') },
    cek: recipe.cek === undefined ? undefined : fromBase64url(recipe.cek, 'cek'),
    deflated: recipe.deflated === undefined ? undefined : fromBase64url(recipe.deflated, 'plaintext_c'),
    openEnc: protectedHeader['enc'] === undefined,
  }
}

/** A JWE as a general one. */
function toGeneral(token: AnyJwe): GeneralJwe {
  if (typeof token !== 'string') {
    if ('recipients' in token) return token
    const { header, encrypted_key, ...shared } = token
    return { ...shared, recipients: [{ ...(header && { header }), ...(encrypted_key && { encrypted_key }) }] }
  }
  const [encoded = '', key = '', iv = '', ciphertext = '', tag = ''] = token.split('.')
  return { protected: encoded, iv, ciphertext, tag, recipients: [{ ...(key && { encrypted_key: key }) }] }
}

/** What a JWE is made of that is encrypted; its headers and its shape are left as they are. */
export interface Encrypted {
  /** One for each recipient, which may be empty. */
  readonly encryptedKeys: readonly string[]
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** A JWE with other octets in it. */
export function withEncrypted(token: AnyJwe, { encryptedKeys, ...content }: Encrypted): AnyJwe {
  const [first = ''] = encryptedKeys
  if (typeof token === 'string') {
    const [encoded = ''] = token.split('.')
    return [encoded, first, content.iv, content.ciphertext, content.tag].join('.')
  }
  const named = (key: string): { readonly encrypted_key?: string } => (key === '' ? {} : { encrypted_key: key })
  if (!('recipients' in token)) return { ...token, ...content, ...named(first) }
  const recipients = token.recipients.map((part, index) => ({ ...part, ...named(encryptedKeys[index] ?? '') }))
  return { ...token, ...content, recipients }
}

/** Members of a header that come behind all others where `encryptJwe` writes it, in this order. */
const LAST = ['zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c']

/** Whether `encryptJwe` writes this very JWE with the same chance: RSA-OAEP has chance of its own. */
export function isOurJwe({ encoded, protectedHeader, recipients }: JweExample): boolean {
  const ours = [
    ...Object.keys(protectedHeader).filter((name) => !LAST.includes(name)),
    ...LAST.filter((name) => Object.hasOwn(protectedHeader, name)),
  ]
  const text = JSON.stringify(Object.fromEntries(ours.map((name) => [name, protectedHeader[name]])))
  if (recipients.some(({ alg }) => alg.startsWith('RSA'))) return false
  return encoded === undefined || textFromBase64url(encoded, 'protected').text === text
}
