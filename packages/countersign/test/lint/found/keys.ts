import { JWKS, json, KEYS, KEYS_HEADERS, published, type Served } from '../../support/audited.ts'
import { jwkFor } from '../../support/keys.ts'
import { answer } from '../../support/remote.ts'
import { type Found, ID_ALGS, offering } from './metadata.ts'

const headers = (more: Readonly<Record<string, string>>): Served => ({ headers: { ...KEYS_HEADERS, ...more } })

/** What an issuer publishes, and how. */
export const IN_KEYS: readonly Found[] = [
  ['an algorithm without a key', offering('ES384'), 'CSL119', 'warn', ID_ALGS],
  ['keys that are not there', { places: { [JWKS]: answer('', {}, 404) } }, 'CSL120', 'error', 'jwks'],
  ['keys that are a page', { places: { [JWKS]: answer('<html>') } }, 'CSL120', 'error', 'jwks'],
  ['keys that are no set', { places: { [JWKS]: json([]) } }, 'CSL120', 'error', 'jwks'],
  ['a set without keys', { places: { [JWKS]: json({ keys: {} }) } }, 'CSL120', 'error', 'jwks'],
  ['a key without kid', { keys: [...KEYS.slice(1), { ...KEYS[0], kid: undefined }] }, 'CSL121', 'warn', 'jwks.keys[3]'],
  [
    'a key without use and alg',
    { keys: [...KEYS.slice(1), { ...KEYS[0], use: undefined, alg: undefined }] },
    'CSL122',
    'info',
    'jwks.keys[3]',
  ],
  [
    'a key without use beside one to encrypt to',
    { keys: [...KEYS.slice(1), { ...KEYS[0], use: undefined }, published('ES384', 0, { alg: 'ECDH-ES', use: 'enc' })] },
    'CSL122',
    'warn',
    'jwks.keys[3]',
  ],
  [
    'more than 100 keys',
    { keys: Array.from({ length: 101 }, (_, at) => ({ ...KEYS[at % 4], kid: String(at) })) },
    'CSL123',
    'warn',
    'jwks.keys',
  ],
  ['a key alone for its algorithm', { keys: KEYS.slice(1) }, 'CSL125', 'info', 'jwks.keys[0]'],
  [
    'keys without a word on how long they are good',
    { headers: { 'content-type': 'application/json' } },
    'CSL126',
    'warn',
    'jwks',
  ],
  ['keys with Cache-Control of no max-age', headers({ 'cache-control': 'public' }), 'CSL126', 'warn', 'jwks'],
  ['keys that may not be kept', headers({ 'cache-control': 'no-store' }), 'CSL126', 'warn', 'jwks'],
  ['keys that are old at once', headers({ 'cache-control': 'max-age=0, must-revalidate' }), 'CSL126', 'warn', 'jwks'],
  ['keys for more than a day', headers({ 'cache-control': 'max-age=86401' }), 'CSL127', 'warn', 'jwks'],
  ['keys as text', headers({ 'content-type': 'text/plain; charset=utf-8' }), 'CSL128', 'info', 'jwks'],
  // The rules that every set is held to.
  [
    'a private key',
    { keys: [...KEYS.slice(1), { ...published('ES256'), ...jwkFor('ES256') }] },
    'CSL025',
    'error',
    'jwks.keys[3].d',
  ],
  [
    'a secret',
    { keys: [...KEYS, { ...jwkFor('HS256'), kid: 's', alg: 'HS256', use: 'sig' }] },
    'CSL025',
    'error',
    'jwks.keys[4].k',
  ],
  [
    'one kid twice',
    { keys: [...KEYS.slice(1), { ...KEYS[0], kid: 'ES256-1' }] },
    'CSL025',
    'error',
    'jwks.keys[3].kid',
  ],
  [
    'a kid like a path',
    { keys: [...KEYS.slice(1), { ...KEYS[0], kid: '../../etc/passwd' }] },
    'CSL005',
    'warn',
    'jwks.keys[3].kid',
  ],
  [
    'a key off its curve',
    { keys: [...KEYS, published('ES256', 0, { y: KEYS[1]?.y, kid: 'x' })] },
    'CSL028',
    'error',
    'jwks.keys[4]',
  ],
  [
    'a name twice in the set',
    { places: { [JWKS]: answer(`{"keys":[],${JSON.stringify({ keys: KEYS }).slice(1)}`, KEYS_HEADERS) } },
    'CSL018',
    'error',
    'jwks.keys',
  ],
]
