import { importKey } from 'countersign'
import { EC, ED, jwkFor, publicMembers, RSA } from '../../support/keys.ts'
import type { Case } from './case.ts'
import { oct, rsa } from './material.ts'

const named = (kid: string, ...keys: readonly object[]): object => ({ keys: keys.map((key) => ({ ...key, kid })) })
const twin = (what: object): Case => ({
  rule: 'CSL025',
  why: 'one name for two keys',
  what,
  found: [['keys[1].kid', 'error', 'kid "a" is that of keys[0], too.']],
})
const OTHER = publicMembers(jwkFor('ES256', 1))
const SETS: readonly Case[] = [
  {
    rule: 'CSL025',
    why: 'private keys and a secret among public keys',
    what: { keys: [{ ...jwkFor('ES256'), kid: 'a' }, { ...jwkFor('RS256') }, oct(32, { kid: 's' }), EC] },
    found: [
      ['keys[0].d', 'error', 'the key "a" has its private part with it.'],
      ['keys[1].d', 'error', 'the key has its private part with it.'],
      ['keys[2].k', 'error', 'the key "s" is a secret: it does not belong among public keys.'],
    ],
  },
  {
    rule: 'CSL025',
    why: 'a set of secrets',
    what: { keys: [oct(32)] },
    found: [['keys[0].k', 'error', 'the key is a secret: such a set is not one to publish.']],
  },
  twin(named('a', EC, OTHER)),
  twin(named('a', { ...EC, use: 'sig' }, OTHER)),
  twin(named('a', { kty: 'NEW', x: 1 }, { kty: 'NEW', x: 2 })),
  {
    rule: 'CSL025',
    why: 'use and key_ops contradict each other, in part and as a whole',
    what: {
      keys: [
        { ...EC, use: 'sig', key_ops: ['verify', 'encrypt'] },
        { ...RSA, use: 'enc', key_ops: ['verify'] },
      ],
    },
    found: [
      ['keys[0].key_ops', 'error', 'use is "sig", and key_ops has encrypt.'],
      ['keys[1].key_ops', 'error', 'use is "enc", and key_ops has verify.'],
    ],
  },
  {
    rule: 'CSL025',
    why: 'an operation twice',
    what: { ...EC, key_ops: ['verify', 'verify'] },
    found: [['key_ops', 'error', 'key_ops names an operation twice.']],
  },
  {
    rule: 'CSL025',
    why: 'one key to sign and to encrypt',
    what: { ...RSA, key_ops: ['verify', 'wrapKey'] },
    found: [['key_ops', 'warn', 'key_ops allows one key both to sign and to encrypt.']],
  },
  { rule: 'CSL025', why: 'a private key by itself', what: jwkFor('ES256') },
  {
    rule: 'CSL025',
    why: 'one name for a key that signs and one that encrypts',
    what: named('a', { ...EC, use: 'sig' }, { ...OTHER, use: 'enc' }),
  },
  { rule: 'CSL025', why: 'one name for keys of two kinds (RFC 7517 §4.5)', what: named('a', EC, RSA, ED) },
  {
    rule: 'CSL025',
    why: 'one name for keys of two algorithms',
    what: named('a', { ...RSA, alg: 'RS256' }, { ...publicMembers(jwkFor('RS256', 1)), alg: 'PS256' }),
  },
  { rule: 'CSL025', why: 'keys without names', what: { keys: [EC, OTHER] } },
  { rule: 'CSL025', why: 'use and key_ops agree', what: { ...EC, use: 'sig', key_ops: ['verify', 'of-our-own'] } },
]

const REFUSED: readonly Case[] = [
  {
    rule: 'CSL028',
    why: 'a point off its curve',
    what: { ...EC, y: EC.x },
    found: [['', 'error', 'the point is not on the curve.']],
  },
  {
    rule: 'CSL028',
    why: 'a member of a set without what it takes, and what is no key',
    what: { keys: [{ kty: 'EC', crv: 'P-256' }, 'x', null] },
    found: [
      ['keys[1]', 'error', 'this item of keys is no object, and so no key.'],
      ['keys[2]', 'error', 'this item of keys is no object, and so no key.'],
      ['keys[0]', 'error', 'the JWK lacks x.'],
    ],
  },
  {
    rule: 'CSL028',
    why: 'a kind of key that is not known',
    what: { kty: 'NEW' },
    found: [['', 'info', 'kty "NEW" is not supported.']],
  },
  {
    rule: 'CSL028',
    why: 'a kind that is no text',
    what: { kty: 5 },
    found: [['', 'error', 'kty of the JWK is a number and not a string.']],
  },
  {
    rule: 'CSL028',
    why: 'a curve that is not known',
    what: { ...EC, crv: 'BP-256' },
    found: [['', 'info', 'curve "BP-256" is not supported.']],
  },
  {
    rule: 'CSL028',
    why: 'a secret for AES of another size',
    what: oct(15, { alg: 'A128KW' }),
    found: [['', 'error', 'A128KW takes 128 bits, this key has 120.']],
  },
  {
    rule: 'CSL028',
    why: 'an RSA key that is too long to wait for',
    what: rsa(16_384),
    found: [['', 'error', 'this RSA key has 16384 bits; 2048 to 8192 are allowed.']],
  },
  { rule: 'CSL028', why: 'an RSA key that is too short, which is told as such', what: rsa(1024) },
  { rule: 'CSL028', why: 'a secret that is too short, which is told as such', what: oct(16, { alg: 'HS256' }) },
  {
    rule: 'CSL028',
    why: 'use and key_ops that contradict, which are told as such',
    what: { ...EC, use: 'enc', key_ops: ['verify'] },
  },
  { rule: 'CSL028', why: 'a key object', what: importKey(jwkFor('ES256')) },
  { rule: 'CSL028', why: 'a set', what: { keys: [EC, RSA, ED] } },
]

export const SET_CASES: readonly Case[] = [...SETS, ...REFUSED]
