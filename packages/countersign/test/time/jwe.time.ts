import { test } from 'node:test'
import { createDecrypter } from 'countersign/sync'
import { compact, type Enc, type Forged, flipped, forge, keyFor, manageByHand, random } from '../support/forge-jwe.ts'
import { ANY_CLAIMS } from '../support/jwe.ts'
import { compare, refusedAs } from './support/compare.ts'

// Run by `npm run test:time`, and not by `npm test`: a busy machine makes times noisy.

interface Scheme {
  readonly alg: string
  readonly enc: Enc
}

type Change = (good: Forged) => Partial<Forged> | Promise<Partial<Forged>>

const OAEP = { alg: 'RSA-OAEP-256', enc: 'A128CBC-HS256' } as const
const WRAP = { alg: 'A128KW', enc: 'A128CBC-HS256' } as const
const CBC = { alg: 'dir', enc: 'A128CBC-HS256' } as const
const GCM = { alg: 'dir', enc: 'A128GCM' } as const

const anotherCek: Change = async () => ({
  encryptedKey: (await manageByHand(OAEP.alg, keyFor(OAEP.alg), OAEP.enc, random(16))).encryptedKey,
})
const padded =
  (first: number): Change =>
  () => ({ encryptedKey: rawRsa([first, ...random(255)]) })
const wrongTag =
  (at: number): Change =>
  ({ tag }) => ({ tag: flipped(tag, at) })
const changedText: Change = ({ ciphertext }) => ({ ciphertext: flipped(ciphertext) })
const changedKey: Change = ({ encryptedKey }) => ({ encryptedKey: flipped(encryptedKey) })

// What is behind a failure here anyone knows who sends the token: good padding comes from whoever encrypts, and there is
// no changing it into another that is good. So this is a matter of taste, and not of keys.
const BY_EXCEPTION = 'node:crypto tells what does not unwrap by an exception, which takes some microseconds'

interface Comparison {
  readonly what: string
  readonly scheme: Scheme
  readonly kinds: Readonly<Record<string, Change>>
  readonly todo?: string
}

const COMPARISONS: readonly Comparison[] = [
  {
    what: 'a CEK of another length takes no other time than a wrong tag',
    scheme: OAEP,
    kinds: { 'a wrong tag': wrongTag(0), 'a CEK of another length': anotherCek },
  },
  {
    // The difference that Manger's attack (CRYPTO 2001) needs: whether the number is too large for the padding to begin
    // with a zero, or only the rest of the padding is wrong.
    what: 'padding that is wrong in its first octet takes no other time than padding that is wrong behind it',
    scheme: OAEP,
    kinds: { 'wrong behind the first octet': padded(0), 'wrong in the first octet': padded(1) },
  },
  {
    what: 'bad padding takes no other time than a wrong tag',
    scheme: OAEP,
    kinds: { 'a wrong tag': wrongTag(0), 'bad padding': changedKey },
    todo: BY_EXCEPTION,
  },
  {
    what: 'an encrypted key that was changed takes no other time than a wrong tag',
    scheme: WRAP,
    kinds: { 'a wrong tag': wrongTag(0), 'a changed encrypted key': changedKey },
    todo: BY_EXCEPTION,
  },
  ...[CBC, GCM].flatMap((scheme): Comparison[] => [
    {
      what: 'a tag that is wrong in its first octet takes no other time than one wrong in its last',
      scheme,
      kinds: { 'wrong in its last octet': wrongTag(15), 'wrong in its first octet': wrongTag(0) },
    },
    {
      what: 'a changed ciphertext takes no other time than a wrong tag',
      scheme,
      kinds: { 'a wrong tag': wrongTag(0), 'a changed ciphertext': changedText },
    },
    {
      what: 'another vector takes no other time than a wrong tag',
      scheme,
      kinds: { 'a wrong tag': wrongTag(0), 'a changed vector': ({ iv }) => ({ iv: flipped(iv) }) },
    },
  ]),
]

const numberOf = ({ alg }: Scheme): string => (alg === 'dir' ? 'attacks 41 and 42' : 'attack 40')

for (const { what, scheme, kinds, todo } of COMPARISONS) {
  const { alg, enc } = scheme
  test(`${numberOf(scheme)}: ${alg}, ${enc}: ${what}`, { ...(todo && { todo }) }, async (t) => {
    const key = keyFor(alg, enc)
    const many = (change: Change): Promise<readonly string[]> =>
      Promise.all(
        Array.from({ length: 50 }, async () => {
          const good = await forge({ alg, enc, key })
          return compact({ ...good, ...(await change(good)) })
        }),
      )
    const decrypter = createDecrypter({ keys: key, algorithms: [alg], encryptions: [enc], ...ANY_CLAIMS })
    const inputs = await Promise.all(
      Object.entries(kinds).map(async ([name, change]) => ({ name, inputs: await many(change) })),
    )
    compare(
      t,
      inputs,
      refusedAs('CS_DECRYPTION', (token) => decrypter.safeDecrypt(token)),
    )
  })
}

/** The bare permutation of RSA, for padding that no library makes (RFC 8017 §5.1.1). */
function rawRsa(message: readonly number[]): Uint8Array<ArrayBuffer> {
  const { n = '' } = keyFor(OAEP.alg)
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  const number = BigInt(`0x${Buffer.from(message).toString('hex')}`)
  let power = number
  for (let bit = 0; bit < 16; bit++) power = (power * power) % modulus
  const octets = ((power * number) % modulus).toString(16).padStart(512, '0')
  return Uint8Array.from(Buffer.from(octets, 'hex'))
}
