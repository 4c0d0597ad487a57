import { base64url } from '../../../packages/countersign/src/bytes.ts'
import { headerReader } from '../../../packages/countersign/src/header.ts'
import { isObject } from '../../../packages/countersign/src/json.ts'
import { decodeUnverified } from '../../../packages/countersign/src/jwt/decode.ts'
import { JOSE_LIMITS } from '../../../packages/countersign/src/options.ts'
import { parseCompactJwe, parseJsonJwe } from '../../../packages/countersign/src/serialization/jwe.ts'
import { parseCompact, parseJson } from '../../../packages/countersign/src/serialization/jws.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { mutateToken } from '../mutate/token.ts'
import { hold, refused, same } from '../oracle.ts'
import { TOKENS } from '../seeds.ts'
import type { Bytes, Mutate, Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS, SERIALIZATION_WORDS } from '../words.ts'

const NAMES = [...HEADER_WORDS, ...CLAIM_WORDS]
const inToken = mutateToken([mutateJson(NAMES), havoc(NAMES, 2048)])
const inJson = mutateJson([...SERIALIZATION_WORDS, ...HEADER_WORDS])
const BRACE = 0x7b

/** By what it looks like. */
const mutate: Mutate = (input, random, other) => (input[0] === BRACE ? inJson : inToken)(input, random, other)

/** Tokens of every serialization taken apart, before any key is looked at. */
export const target: Target = {
  name: 'parse',
  words: [...SERIALIZATION_WORDS, ...HEADER_WORDS],
  mutators: [mutate],
  seeds: () => TOKENS,
  prepare: () => (input) => (input[0] === BRACE ? ofJson(input) : ofText(Buffer.from(input).toString())),
}

const readHeader = headerReader(JOSE_LIMITS)

function ofText(text: string): Outcome {
  const isSealed = text.split('.', 6).length === 5
  const outcome = attempt(() => (isSealed ? jwe(text) : jws(text)))
  if (!isSealed && (outcome === 'accepted' || text.length & 1)) attempt(() => decode(text))
  return outcome
}

function attempt(work: () => void): Outcome {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return refused(error)
  }
}

/** What is taken is canonical: there is one text for it, and no other. */
function decode(text: string): void {
  const { header, claims } = decodeUnverified(text)
  const parts = text.split('.')
  hold(parts.length === 3 && parts.every(isCanonical), 'the token has another text, too')
  for (const [index, value] of [header, claims].entries()) {
    const inner = Buffer.from(parts[index] ?? '', 'base64url').toString()
    // JSON.parse mistakes names that are spelled with escapes.
    if (!inner.includes('\\')) hold(same(JSON.parse(inner), value), 'it says something else')
  }
}

const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

function jws(text: string): void {
  const { payload, signatures } = parseCompact(text, JOSE_LIMITS, readHeader)
  const [{ input, signature } = { input: '', signature: '' }] = signatures
  hold(`${input}.${signature}` === text && text.split('.')[1] === payload, 'the parts are not those of the token')
  hold(isCanonical(signature) && signature !== '', 'the signature has another text, too')
}

function jwe(text: string): void {
  const { recipients, aad, iv, ciphertext, tag } = parseCompactJwe(text, JOSE_LIMITS, readHeader)
  // The octets of some parts are lent until the next call, so each is written down at once.
  const key = recipients[0]?.encryptedKey ?? new Uint8Array()
  const parts = text.split('.')
  hold(parts.length === 5 && parts.every(isCanonical), 'the token has another text, too')
  const written = [Buffer.from(aad).toString(), ...[key, iv, ciphertext, tag].map((part) => base64url(part))]
  hold(written.join('.') === text, 'the parts are not those of the token')
}

function ofJson(input: Bytes): Outcome {
  let token: unknown
  try {
    token = JSON.parse(Buffer.from(input).toString())
  } catch {
    return 'no JSON'
  }
  if (!isObject(token)) return 'no object'
  const outcomes = [true, false].flatMap((allowUnprotectedAlg) => {
    const rules = { limits: JOSE_LIMITS, allowUnprotectedAlg }
    return [parseJson, parseJsonJwe].map((read) =>
      attempt(() => {
        const parsed = read(token, rules)
        const parts = 'signatures' in parsed ? parsed.signatures : parsed.recipients
        hold(parts.length > 0 && parts.length <= JOSE_LIMITS.recipients, `${parts.length} parts`)
        for (const { header } of parts) hold(typeof header.alg === 'string', 'a header without alg')
      }),
    )
  })
  return outcomes.find((outcome) => outcome === 'accepted') ?? outcomes[0] ?? ''
}
