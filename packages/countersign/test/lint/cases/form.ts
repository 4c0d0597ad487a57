import { b64, CLAIMS } from '../../support/forge.ts'
import { EC } from '../../support/keys.ts'
import { type Case, claiming, jws, signatureOf } from './case.ts'

const twice = (name: string): string => `the name "${name}" is there twice.`
const NUMBERS = '{"a":[9007199254740992,{"b":-9007199254740993}],"c":1e400}'

export const FORM_CASES: readonly Case[] = [
  {
    rule: 'CSL018',
    why: 'in the header and in the claims, at any depth, each once, and by escapes',
    what: jws('{"alg":"none","\\u0061lg":"ES256"}', '{"sub":"a","sub":"b","sub":"c","x":[{"y":1,"z":2,"y":3}]}'),
    found: [
      ['header.alg', 'error', twice('alg')],
      ['payload.sub', 'error', twice('sub')],
      ['payload.x[0].y', 'error', twice('y')],
    ],
  },
  {
    rule: 'CSL018',
    why: 'in a serialization, and in the protected and the unprotected header',
    what: `{"payload":"e30","payload":"${b64('{}')}","protected":"${b64('{"alg":"ES256","kid":"a"}')}","header":{"kid":"b","x":1,"x":2},"signature":"${signatureOf(64)}"}`,
    found: [
      ['header.kid', 'error', twice('kid')],
      ['header.x', 'error', twice('x')],
      ['payload', 'error', twice('payload')],
    ],
  },
  {
    rule: 'CSL018',
    why: 'in a key',
    what: '{"kty":"EC","kty":"RSA"}',
    found: [['kty', 'error', twice('kty')]],
  },
  {
    rule: 'CSL018',
    why: 'in a set, and in a key of it, which is told once',
    what: '{"keys":[],"a":1,"a":2,"keys":[{"kty":"EC","x":{"b":1,"b":2}}]}',
    found: [
      ['a', 'error', twice('a')],
      ['keys', 'error', twice('keys')],
      ['keys[0].x.b', 'error', twice('b')],
    ],
  },
  { rule: 'CSL018', why: 'one name in two objects', what: claiming({ a: { sub: 1 }, b: [{ sub: 1 }, { sub: 1 }] }) },
  { rule: 'CSL018', why: 'names that differ by their case', what: claiming({ a: 1, A: 2 }) },
  { rule: 'CSL018', why: 'a key', what: { ...EC } },
  {
    rule: 'CSL019',
    why: 'integers, and what is no number to JavaScript',
    what: jws({}, NUMBERS),
    found: [
      ['payload.a[0]', 'warn', 'the number is beyond 2^53 (16 characters).'],
      ['payload.a[1].b', 'warn', 'the number is beyond 2^53 (17 characters).'],
      ['payload.c', 'warn', 'the number is beyond 2^53 (5 characters).'],
    ],
  },
  {
    rule: 'CSL019',
    why: 'in the header',
    what: jws('{"alg":"ES256","n":18446744073709551616}'),
    found: [['header.n', 'warn', 'the number is beyond 2^53 (20 characters).']],
  },
  {
    rule: 'CSL019',
    why: 'the last integer, and fractions',
    what: jws({}, '{"a":9007199254740991,"b":-9007199254740991,"c":0.1}'),
  },
  { rule: 'CSL019', why: 'text', what: claiming({ a: '9007199254740993' }) },
  {
    rule: 'CSL023',
    why: 'more than 4 KB',
    what: jws({}, { ...CLAIMS, groups: 'x'.repeat(3000) }),
    found: [['', 'warn', 'the token has 4254 bytes; 4096 fit into a cookie.']],
  },
  {
    rule: 'CSL023',
    why: 'more than 4 KB in JSON',
    what: { payload: 'A'.repeat(4000), protected: b64('{"alg":"ES256"}'), signature: signatureOf(64) },
    found: [['', 'warn', 'the token has 4150 bytes; 4096 fit into a cookie.']],
  },
  { rule: 'CSL023', why: 'as much as fits', what: jws({}, { groups: 'x'.repeat(2900) }) },
]
