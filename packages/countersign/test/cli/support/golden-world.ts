import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { importKey } from 'countersign'
import { encryptJwe } from 'countersign/jwe'
import { b64, input, mac } from '../../support/forge.ts'
import { jwkFor, pemOf, publicMembers } from '../../support/keys.ts'
import type { World } from './memory-host.ts'

/** The key that most tokens are signed with, and one that took its turn before. */
const KEY = { ...jwkFor('ES256', 0), kid: '2026-a' }
export const OLD_KEY: object = { ...jwkFor('ES256', 1), kid: '2025-c' }
const RSA = jwkFor('RS256', 0)
const { alg: _, ...ENC } = publicMembers(jwkFor('RS256', 1))

/** A secret that is long enough, and has a meaning as base64, too. */
export const SECRET = 'c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIEhTMjU2'

/** @param at - such as `20:31:00` */
export const today = (at: string): number => Date.parse(`2026-11-21T${at}Z`) / 1000

const HEADER = { alg: 'ES256', kid: '2026-a' }
const CLAIMS = { iss: 'https://id.example.com', aud: 'https://api.example.com', exp: today('23:00:00') }

/** A token of the first key, with other claims than usual, or other members of its header. */
export function token(claims: object = {}, header: object = {}, jwk: object = KEY): string {
  return over(input({ ...HEADER, ...header }, { ...CLAIMS, ...claims }), jwk)
}

/** A signature by ES256 over a signing input, with the token in front of it. */
export function over(text: string, jwk: object = KEY): string {
  const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
  return `${text}.${signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** A token that was signed with a secret. */
export const shared = (secret: string | Uint8Array, header: object = {}): string =>
  mac({ alg: 'HS256', ...header }, CLAIMS, secret)

/** What claims an issuer has in common with a token of its own. */
export const claimsOf = (claims: object): object => ({ ...CLAIMS, ...claims })

/** A token that is encrypted for the owner of enc-1. @param header - beside alg and enc */
export const sealed = async (plaintext: string, header: object = {}): Promise<string> =>
  encryptJwe(plaintext, {
    key: importKey({ ...ENC, kid: 'enc-1' }),
    alg: 'RSA-OAEP-256',
    enc: 'A256GCM',
    protected: { kid: 'enc-1', ...header },
  }) as Promise<string>

const pub = publicMembers(KEY)
const json = (value: unknown): string => JSON.stringify(value)
const rsa1024 = {
  kty: 'RSA',
  e: 'AQAB',
  n: b64(
    Buffer.concat([Buffer.from([0xc1]), createHash('shake256', { outputLength: 126 }).digest(), Buffer.from([1])]),
  ),
}

const anyKey = (): object => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

const OPENSSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJf3eQxHjVSc3G3sGq6Wf3Kk6Kc3bE0qXf2m7m3m3m3m ada@example.com'

const JWKS = {
  keys: [
    { ...pub, alg: 'ES256' },
    { ...anyKey(), kid: '2026-b', alg: 'ES256' },
    { ...ENC, kid: 'enc-1', use: 'enc' },
  ],
}

/** Files by their names, as every golden has them. */
const FILES: NonNullable<World['files']> = {
  'key.jwk': json(KEY),
  'pub.jwk': json(pub),
  'old.jwk': json(OLD_KEY),
  'enc.jwk': json({ ...jwkFor('RS256', 1), alg: undefined, kid: 'enc-1' }),
  'enc-pub.jwk': json({ ...ENC, kid: 'enc-1' }),
  'pub.pem': pemOf(publicMembers(RSA)),
  'rsa.jwk': json(RSA),
  'key.pem': createPublicKey({ key: pub as never, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString(),
  'x25519.jwk': json(publicMembers(jwkFor('X25519', 0))),
  'broken.jwk': '{"kty":"EC",}',
  'small.jwk': json(rsa1024),
  'ssh.pub': OPENSSH,
  'notes.txt': 'buy milk\n',
  'secret.txt': 'too short\n',
  'jwks.json': json(JWKS),
  'no-set.json': '{"keys": "none"}',
  'two.json': json({ keys: [publicMembers(jwkFor('ES256', 0)), publicMembers(jwkFor('ES256', 1))] }),
  'claims.json': '{"sub":"ada"}',
  'secret-32.txt': 'x2'.repeat(16),
  'secret.jwk': json(jwkFor('HS256')),
  'mixed.json': json({ keys: [pub, rsa1024, { kty: 'new', kid: 'later' }] }),
}

const answer = (value: unknown): Response => new Response(json(value), { status: 200 })

/** An issuer at id.example.com; one at wrong.example.com that says it is another; silence at slow.example.com. */
const fetch = (async (url: string | URL | Request) => {
  const { host, pathname } = new URL(String(url))
  if (host === 'slow.example.com') return new Promise<Response>(() => undefined)
  if (host === 'down.example.com') throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
  if (pathname === '/jwks') return answer(JWKS)
  const issuer = host === 'wrong.example.com' ? 'https://id.example.com' : `https://${host}`
  return answer({ issuer, jwks_uri: `https://${host}/jwks` })
}) as typeof globalThis.fetch

/** What every golden finds, and may change. A file that is a getter stays one. */
export const worldOf = (world: World = {}): World => ({
  fetch,
  ...world,
  files: Object.defineProperties({ ...FILES }, Object.getOwnPropertyDescriptors(world.files ?? {})),
  env: { SECRET, EMPTY: '', ...world.env },
})

/** A file that something goes wrong with that should not be able to. */
export const CRASHING: NonNullable<World['files']> = {
  get 'crash.txt'(): never {
    const error = new TypeError(`it held ${SECRET}`)
    error.stack = `TypeError: it held ${SECRET}\n    at read (file:///home/ada/countersign/src/cli/run/decode.ts:12:3)`
    throw error
  },
}
