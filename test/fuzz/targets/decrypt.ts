import { sync } from '../../../packages/countersign/src/crypto/node.ts'
import { isObject } from '../../../packages/countersign/src/json.ts'
import { decryptJwe } from '../../../packages/countersign/src/jwe/decrypt-jwe.ts'
import { encryptJwe } from '../../../packages/countersign/src/jwe/encrypt-jwe.ts'
import { importKey, secretKey } from '../../../packages/countersign/src/key/import.ts'
import { runSync } from '../../../packages/countersign/src/op.ts'
import agreed from '../../../vectors/rfc7520/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json' with {
  type: 'json',
}
import direct from '../../../vectors/rfc7520/jwe/5_6.direct_encryption_using_aes-gcm.json' with { type: 'json' }
import wrapped from '../../../vectors/rfc7520/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json' with {
  type: 'json',
}
import zipped from '../../../vectors/rfc7520/jwe/5_9.compressed_content.json' with { type: 'json' }
import data from '../../../vectors/rfc7520/jwe/5_10.including_additional_authentication_data.json' with { type: 'json' }
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { mutateToken } from '../mutate/token.ts'
import { hold, refused, Secrets } from '../oracle.ts'
import type { Bytes, Mutate, Target } from '../target.ts'
import { HEADER_WORDS, SERIALIZATION_WORDS } from '../words.ts'

const BRACE = 0x7b
const inToken = mutateToken([mutateJson(HEADER_WORDS), havoc(HEADER_WORDS, 2048)])
const inJson = mutateJson([...SERIALIZATION_WORDS, ...HEADER_WORDS])
const mutate: Mutate = (input, random, other) => (input[0] === BRACE ? inJson : inToken)(input, random, other)

const PASSWORD = 'a password of the fuzzer alone, and of nobody else'
const PASSWORD_ALG = 'PBES2-HS256+A128KW'
/** A password is tried on tokens that ask for no more iterations than this: the bound of the library takes much longer. */
const MOST_ITERATIONS = 1000

const COOKBOOK = [agreed, direct, wrapped, zipped, data]
const CONTENT = ['protected', 'iv', 'ciphertext', 'tag', 'aad'] as const

/** Encrypted tokens of every serialization: with a shared key, a wrapped one, an agreement and a password. */
export const target: Target = {
  name: 'decrypt',
  words: [...SERIALIZATION_WORDS, ...HEADER_WORDS],
  mutators: [mutate, mutate],
  seeds: () => [...COOKBOOK.flatMap(({ output }) => Object.values(output).map(toText)), withPassword()],
  prepare: () => {
    const keys = [
      ...[agreed, direct, wrapped].map(({ input }) => importKey(input.key, {}, sync)),
      secretKey({ text: PASSWORD }, PASSWORD_ALG, {}),
    ]
    const algorithms = ['ECDH-ES+A128KW', 'dir', 'A128KW', PASSWORD_ALG]
    const originals = new Set(
      [...COOKBOOK.flatMap(({ output }) => Object.values(output)), withPassword()].map(contentOf),
    )
    const secrets = new Secrets([
      PASSWORD,
      // Names of keys are no secrets, and may stand in a header.
      ...[agreed, direct, wrapped].flatMap(({ input: { key } }) => ('k' in key ? [key.k] : [key.d])),
    ])
    return (input) => {
      const text = Buffer.from(input).toString()
      const token = input[0] === BRACE ? parsed(text) : text
      if (token === undefined) return 'no JSON'
      if (iterationsIn(text) > MOST_ITERATIONS) return 'too slow'
      try {
        runSync(decryptJwe(token, { keys, algorithms }, sync), sync)
      } catch (error) {
        return refused(error, secrets)
      }
      hold(originals.has(contentOf(token)), 'a token is opened that nobody made')
      return 'accepted'
    }
  },
}

/** What the tag vouches for, and the tag. */
function contentOf(token: unknown): string {
  if (typeof token !== 'string') return JSON.stringify(CONTENT.map((name) => (token as Record<string, unknown>)[name]))
  const [header, , iv, ciphertext, tag] = token.split('.')
  return JSON.stringify([header, iv, ciphertext, tag, undefined])
}

const toText = (token: unknown): string => (typeof token === 'string' ? token : JSON.stringify(token))

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The same token each time: what is random in it counts up. */
function withPassword(): string {
  const random = (octets: number): Bytes => Uint8Array.from({ length: octets }, (_, index) => index + 1)
  const key = secretKey({ text: PASSWORD }, PASSWORD_ALG, {})
  const made = encryptJwe('{"a":1}', { key, p2c: MOST_ITERATIONS, enc: 'A128GCM' }, { ...sync, random })
  return String(runSync(made, { ...sync, random }))
}

/** The largest number behind a p2c in a header, wherever that stands. */
function iterationsIn(text: string): number {
  const headers = text.match(/[\w-]{16,}/g) ?? []
  const texts = [text, ...headers.map((part) => Buffer.from(part, 'base64url').toString('latin1'))]
  const asked = texts.flatMap((part) =>
    [...part.matchAll(/2c"\s*:\s*([\d.eE+-]+)/g)].map(([, number]) => Number(number)),
  )
  // A name that is spelled with escapes is not found: then no number may be large.
  const spelled = texts.some((part) => part.includes('\\u'))
    ? texts.flatMap((part) => part.match(/\d{4,}|\de\d/gi) ?? [])
    : []
  return Math.max(0, ...asked, ...spelled.map((number) => (number.includes('e') ? 1e9 : Number(number))))
}
