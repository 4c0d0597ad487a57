import { createCipheriv } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { sync } from '../../../packages/countersign/src/crypto/node.ts'
import { importKey } from '../../../packages/countersign/src/key/import.ts'
import { createDecrypter } from '../../../packages/countersign/src/sync.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { cut, mutateSections } from '../mutate/token.ts'
import { hold, refused, Secrets, same } from '../oracle.ts'
import type { Bytes, Mutate, Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS } from '../words.ts'
import { AUDIENCE, CLAIMS, ISSUER, NOW } from './issued.ts'

const MARK = 0
const MOST_INFLATED = 64 * 1024
const CEK = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)
const IV = new Uint8Array(12)
const DIRECT = '{"alg":"dir","enc":"A256GCM"'

const inClaims = mutateJson(CLAIM_WORDS)
/** A plaintext that is compressed is changed before that. */
const inPlaintext: Mutate = (input, random, other) => {
  const text = inflated(input)
  return text === undefined ? inClaims(input, random, other) : deflateRawSync(inClaims(text, random, other))
}
const inBoth = mutateSections(MARK, [mutateJson(HEADER_WORDS), inPlaintext])
const inPayload = mutateSections(MARK, [havoc(HEADER_WORDS, 512), havoc(CLAIM_WORDS, 4096)])

/** A header, NUL, a plaintext: encrypted as they are with a key that is shared, so that it is always opened. */
export const target: Target = {
  name: 'sealed',
  words: [...CLAIM_WORDS, ...HEADER_WORDS],
  mutators: [inBoth, inBoth, inPayload],
  seeds: () => {
    const claims = Buffer.from(JSON.stringify(CLAIMS))
    const nested = Buffer.from('{"alg":"dir","enc":"A256GCM","cty":"JWT"}\0eyJhbGciOiJIUzI1NiJ9.e30.AAAA')
    const bomb = deflateRawSync(Buffer.alloc(MOST_INFLATED + 1, ' '))
    return [
      Buffer.concat([Buffer.from(`${DIRECT}}\0`), claims]),
      Buffer.concat([Buffer.from(`${DIRECT},"zip":"DEF"}\0`), deflateRawSync(claims)]),
      Buffer.concat([Buffer.from(`${DIRECT},"zip":"DEF"}\0`), bomb]),
      Buffer.concat([Buffer.from(`${DIRECT},"iss":"${ISSUER}"}\0`), claims]),
      nested,
    ]
  },
  prepare: () => {
    const k = Buffer.from(CEK).toString('base64url')
    const key = importKey({ kty: 'oct', k, alg: 'A256GCM' }, {}, sync)
    const limits = { inflatedBytes: MOST_INFLATED }
    const { decrypt } = createDecrypter({ keys: key, issuer: ISSUER, audience: AUDIENCE, now: () => NOW, limits })
    const secrets = new Secrets([k, Buffer.from(CEK).toString('hex')])
    return (input) => {
      const [header, plaintext] = cut(input, MARK, 2)
      if (header === undefined || plaintext === undefined) return 'no sections'
      let outcome: Outcome
      try {
        const opened = decrypt(seal(header, plaintext))
        const text = opened.header['zip'] === undefined ? plaintext : inflated(plaintext)
        hold(text !== undefined, 'what cannot be inflated is accepted')
        // JSON.parse mistakes names that are spelled with escapes.
        const json = Buffer.from(text).toString()
        hold(json.includes('\\') || same(JSON.parse(json), opened.claims), 'the claims are others')
        hold(opened.header.alg === 'dir' && opened.header.enc === 'A256GCM', 'the header is another')
        outcome = 'accepted'
      } catch (error) {
        outcome = refused(error, secrets)
      }
      return outcome
    }
  },
}

function seal(header: Bytes, plaintext: Bytes): string {
  const encoded = Buffer.from(header).toString('base64url')
  const cipher = createCipheriv('aes-256-gcm', CEK, IV).setAAD(Buffer.from(encoded))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return [
    encoded,
    '',
    ...[IV, ciphertext, cipher.getAuthTag()].map((part) => Buffer.from(part).toString('base64url')),
  ].join('.')
}

function inflated(data: Bytes): Bytes | undefined {
  try {
    return inflateRawSync(data, { maxOutputLength: MOST_INFLATED }) as Bytes
  } catch {
    return undefined
  }
}
