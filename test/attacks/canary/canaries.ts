import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { CLAIMS } from '../material.ts'
import type { Canary } from './detector.ts'

/** A text that nothing else has a piece of. */
export const canaryText = (): string => `z${randomBytes(24).toString('hex')}z`

/** Claims that no error may tell. */
export const CLAIM_CANARIES: Readonly<Record<string, string>> = Object.fromEntries(
  ['sub', 'name', 'jti', 'email', 'nonce', 'scope', 'phone_number'].map((claim) => [claim, canaryText()]),
)
export const [SECRET_TEXT, PASSPHRASE, PLAINTEXT] = ['secret', 'passphrase', 'plaintext'].map(() => canaryText()) as [
  string,
  string,
  string,
]

const pairs = {
  EC: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  OKP: generateKeyPairSync('ed25519').privateKey,
}
export type Kind = keyof typeof pairs
export const KINDS = Object.keys(pairs) as readonly Kind[]

/** Private keys of this run, as JWK and as PEM in each container. */
export const PRIVATE: Readonly<
  Record<Kind, { readonly jwk: Readonly<Record<string, string>>; readonly pems: readonly string[] }>
> = Object.fromEntries(
  Object.entries(pairs).map(([kind, key]) => {
    const pkcs8 = { format: 'pem', type: 'pkcs8' } as const
    const traditional = kind === 'RSA' ? 'pkcs1' : kind === 'EC' ? 'sec1' : 'pkcs8'
    const pems = [
      key.export(pkcs8),
      key.export({ format: 'pem', type: traditional as 'pkcs8' }),
      key.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
    ].map(String)
    return [kind, { jwk: createPrivateKey(String(pems[0])).export({ format: 'jwk' }), pems }]
  }),
) as never

const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv']

/** The private members of a JWK, or of those in a set. */
export function canariesOf(key: unknown): readonly Canary[] {
  if (typeof key !== 'object' || key === null) return []
  if (key instanceof Uint8Array) return [{ name: 'the secret', value: key }]
  return Object.entries(key).flatMap(([name, value]): readonly Canary[] => {
    if (SECRET_MEMBERS.includes(name) && typeof value === 'string')
      return [{ name, value: Buffer.from(value, 'base64url') }]
    return typeof value === 'object' ? canariesOf(value) : []
  })
}

/** All of this file. */
export const CANARIES: readonly Canary[] = [
  ...Object.entries(CLAIM_CANARIES).map(([name, value]) => ({ name, value })),
  { name: 'the secret', value: SECRET_TEXT },
  { name: 'the passphrase', value: PASSPHRASE },
  { name: 'the plaintext', value: PLAINTEXT },
  ...KINDS.flatMap((kind) => canariesOf(PRIVATE[kind].jwk)),
]

/** What nobody may see of the claims that all cases have. */
export const GUARDED: readonly Canary[] = (['sub', 'name', 'jti', 'email', 'nonce'] as const).map((name) => ({
  name,
  value: CLAIMS[name],
}))

/** Pieces at both ends of a long text; all of a short one. */
const ends = (name: string, text: string): readonly Canary[] =>
  text.length < 400 ? [{ name, value: text }] : [text.slice(0, 200), text.slice(-200)].map((value) => ({ name, value }))

/** What of a token nobody may see: all but its header. */
export function canariesOfToken(token: unknown): readonly Canary[] {
  if (typeof token === 'string')
    return token
      .split('.', 6)
      .slice(1)
      .flatMap((part, index) => ends(`segment ${index + 2}`, part))
  if (typeof token !== 'object' || token === null) return []
  return Object.entries(token).flatMap(([name, value]) => {
    if (name === 'protected' || name === 'header' || name === 'unprotected') return []
    return typeof value === 'string' ? ends(name, value) : canariesOfToken(value)
  })
}
