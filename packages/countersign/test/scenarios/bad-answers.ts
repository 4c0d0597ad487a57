// Answers that bring no set to be used, whatever their status says.
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { body, cut, GOOD, JWK, setOf } from './issuer.ts'

const MIB = 2 ** 20

/** A set that would do, in as many octets as told. */
function padded(octets: number): Buffer {
  const end = Buffer.from(GOOD)
  return Buffer.concat([Buffer.alloc(octets - end.length, ' '), end])
}
const manyKeys = (count: number, key: object): string =>
  JSON.stringify({ keys: [...Array.from({ length: count }, (_, index) => ({ ...key, kid: String(index) })), JWK.a] })

export interface BadAnswer {
  readonly attack: number
  readonly what: string
  /** Made when it is needed, since some are large. */
  readonly answer: () => RequestListener
  readonly patienceMs?: number
}

export const BAD_ANSWERS: readonly BadAnswer[] = [
  { attack: 51, what: '64 MB', answer: () => body(padded(64 * MIB)) },
  {
    attack: 51,
    what: 'a gzip bomb of 64 MB',
    answer: () => body(gzipSync(padded(64 * MIB)), { 'content-encoding': 'gzip' }),
  },
  // A kty that nobody knows is the cheapest for all: with true keys jwks-rsa would be at work for half a minute.
  { attack: 51, what: '250 000 keys', answer: () => body(manyKeys(250_000, { kty: 'x' })) },
  {
    attack: 51,
    what: '250 000 members in 500 kB',
    answer: () => body(`{"keys":[${'0,'.repeat(250_000)}${JSON.stringify(JWK.a)}]}`),
  },
  { attack: 51, what: '3 000 true keys in 450 kB', answer: () => body(manyKeys(3000, JWK.b)) },
  {
    attack: 59,
    what: 'HTML with status 200',
    answer: () => body('<!doctype html><title>Log in</title>', { 'content-type': 'text/html' }),
  },
  { attack: 59, what: 'a body that is cut off', answer: () => cut, patienceMs: 300 },
  { attack: 59, what: 'JSON that is cut off', answer: () => body(GOOD.slice(0, -10)) },
  { attack: 55, what: 'a private key inside', answer: () => body(setOf(JWK.a, JWK.private)) },
  { attack: 56, what: 'a secret inside', answer: () => body(setOf(JWK.a, JWK.secret)) },
]
