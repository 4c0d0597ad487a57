import { CLAIMS, mac } from '../../support/forge.ts'
import { jwkFor } from '../../support/keys.ts'
import { type Case, guarded, jwe, jws, signatureOf } from './case.ts'

const password = (p2c: unknown, alg = 'PBES2-HS256+A128KW'): string => jwe({ alg, p2s: 'AAAAAAAAAAA', p2c })
/** How content is encrypted, and by what names algorithms go. */
export const ALGORITHM_CASES: readonly Case[] = [
  {
    rule: 'CSL006',
    why: 'RSA1_5',
    what: jwe({ alg: 'RSA1_5' }),
    found: [
      [
        'header.alg',
        'error',
        'alg is RSA1_5: its padding lets whoever can send tokens decrypt others (Bleichenbacher); RSA-OAEP-256 is what to use instead.',
      ],
    ],
  },
  {
    rule: 'CSL006',
    why: 'RSA1_5 for one of several recipients, and as what a key is for',
    what: { kty: 'RSA', n: signatureOf(256), e: 'AQAB', alg: 'RSA1_5' },
    found: [
      [
        'alg',
        'error',
        'the key is for RSA1_5: its padding lets whoever can send tokens decrypt others (Bleichenbacher); RSA-OAEP-256 is what to use instead.',
      ],
    ],
  },
  { rule: 'CSL006', why: 'RSA-OAEP', what: jwe({ alg: 'RSA-OAEP' }) },
  { rule: 'CSL006', why: 'RS256, whose padding signs', what: jws({ alg: 'RS256' }, CLAIMS, signatureOf(256)) },
  {
    rule: 'CSL020',
    why: 'zip',
    what: jwe({ zip: 'DEF' }),
    found: [['header.zip', 'warn', 'the header has zip: the content was compressed.']],
  },
  {
    rule: 'CSL020',
    why: 'zip that nothing protects',
    what: {
      protected: guarded({ alg: 'dir', enc: 'A256GCM' }),
      unprotected: { zip: 'DEF' },
      iv: 'AA',
      ciphertext: 'AA',
      tag: 'AA',
    },
    found: [
      ['unprotected.zip', 'error', 'zip stands in an unprotected header, where anybody can change it.'],
      ['header.zip', 'warn', 'the header has zip: the content was compressed.'],
    ],
  },
  { rule: 'CSL020', why: 'no zip', what: jwe({}) },
  { rule: 'CSL020', why: 'zip in a JWS, where nothing is encrypted', what: jws({ zip: 'DEF' }) },
  ...(
    [
      [undefined, 'error', 'the header does not say how many iterations there are (p2c).'],
      [999, 'error', 'p2c is 999; the least is 1000.'],
      [-1, 'error', 'p2c is -1; the least is 1000.'],
      [1500.5, 'error', 'p2c is a number, and no whole number of iterations.'],
      ['600000', 'error', 'p2c is a string, and no whole number of iterations.'],
      [600_001, 'error', 'p2c is 600001; countersign takes no more than 600000.'],
      [2 ** 31, 'error', 'p2c is 2147483648; countersign takes no more than 600000.'],
      [1000, 'info', 'p2c is 1000; with PBES2-HS256+A128KW 600000 are advised.'],
    ] as const
  ).map(
    ([p2c, severity, message]): Case => ({
      rule: 'CSL021',
      why: `p2c is ${JSON.stringify(p2c)}`,
      what: password(p2c),
      found: [['header.p2c', severity, message]],
    }),
  ),
  { rule: 'CSL021', why: 'as many iterations as are advised', what: password(600_000) },
  { rule: 'CSL021', why: 'the same for a longer hash', what: password(210_000, 'PBES2-HS512+A256KW') },
  { rule: 'CSL021', why: 'p2c where no password is', what: jwe({ p2c: 1 }) },
  {
    rule: 'CSL026',
    why: 'EdDSA',
    what: jws({ alg: 'EdDSA' }),
    found: [['header.alg', 'info', 'alg is EdDSA; the name that says which is Ed25519, or Ed448.']],
  },
  {
    rule: 'CSL026',
    why: 'a key for EdDSA',
    what: { ...jwkFor('Ed25519'), d: undefined, alg: 'EdDSA' },
    found: [['alg', 'info', 'the key is for EdDSA; the name that says which is that of its crv.']],
  },
  { rule: 'CSL026', why: 'Ed25519', what: jws({ alg: 'Ed25519' }) },
  { rule: 'CSL026', why: 'an HMAC', what: mac({ alg: 'HS256' }, CLAIMS, 'x') },
]
