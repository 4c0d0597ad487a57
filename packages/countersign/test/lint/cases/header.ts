import { CLAIMS } from '../../support/forge.ts'
import { EC, jwkFor } from '../../support/keys.ts'
import { type Case, claiming, guarded, jwe, jws, PAYLOAD, SIGNED } from './case.ts'

const ES = guarded({ alg: 'ES256' })

const unsigned = (alg: string, shown: string): Case => ({
  rule: 'CSL001',
  why: `alg is ${JSON.stringify(alg)}`,
  what: jws({ alg }),
  found: [['header.alg', 'error', `alg is ${shown}: nobody signed the token.`]],
})

const UNSIGNED: readonly Case[] = [
  ...['none', 'None', 'nOnE', 'NONE', 'none ', ' none'].map((alg) => unsigned(alg, JSON.stringify(alg))),
  unsigned('none\t', '"none\\t"'),
  {
    rule: 'CSL001',
    why: 'none without a signature',
    what: jws({ alg: 'none' }, CLAIMS, ''),
    found: [['header.alg', 'error', 'alg is "none": nobody signed the token.']],
  },
  {
    rule: 'CSL001',
    why: 'an empty signature',
    what: jws({}, CLAIMS, ''),
    found: [['signature', 'error', 'the signature is empty: nobody signed the token.']],
  },
  {
    rule: 'CSL001',
    why: 'alg is missing',
    what: jws('{"typ":"JWT"}'),
    found: [['header.alg', 'error', 'the header has no alg, which says how the token is signed.']],
  },
  ...[
    [null, 'null'],
    [['none'], 'an array'],
    [256, 'a number'],
  ].map(
    ([alg, kind]): Case => ({
      rule: 'CSL001',
      why: `alg is ${kind}`,
      what: jws({ alg }),
      found: [['header.alg', 'error', `alg is ${kind}, and no name of an algorithm.`]],
    }),
  ),
  {
    rule: 'CSL001',
    why: 'one of several signatures is none, another is empty',
    what: {
      payload: PAYLOAD,
      signatures: [
        { protected: ES, signature: SIGNED },
        { protected: guarded({ alg: 'none' }), signature: '' },
        { protected: ES, signature: '' },
      ],
    },
    found: [
      ['signatures[1].header.alg', 'error', 'alg is "none": nobody signed the token.'],
      ['signatures[2].signature', 'error', 'the signature is empty: nobody signed the token.'],
    ],
  },
  { rule: 'CSL001', why: 'a signature', what: jws({}) },
  { rule: 'CSL001', why: 'a detached payload', what: `${ES}..${SIGNED}` },
  { rule: 'CSL001', why: 'a token that was cut off, whose signature nobody knows', what: `${ES}.${PAYLOAD}` },
  { rule: 'CSL001', why: 'a name that only begins so', what: jws({ alg: 'nonesuch' }) },
  { rule: 'CSL001', why: 'a JWE, which nobody signs', what: jwe({}) },
]

const JKU = 'a verifier that goes by it trusts the token itself.'
const URLS: readonly Case[] = [
  {
    rule: 'CSL003',
    why: 'jku and x5u, of which neither a password nor a query is told',
    what: jws({ jku: 'https://ada:hunter2@evil.example/jwks?token=t0ken', x5u: 'http://169.254.169.254/latest' }),
    found: [
      ['header.jku', 'error', `jku leads to "https://evil.example": ${JKU}`],
      ['header.x5u', 'error', `x5u leads to "http://169.254.169.254": ${JKU}`],
    ],
  },
  {
    rule: 'CSL003',
    why: 'jku that is no URL of a host, or no text',
    what: { payload: PAYLOAD, signatures: ['file:///etc/passwd', 'data:,x', 7].map((jku) => part({ jku })) },
    found: [
      ['signatures[0].header.jku', 'error', `jku is no URL of a host: ${JKU}`],
      ['signatures[1].header.jku', 'error', `jku is no URL of a host: ${JKU}`],
      ['signatures[2].header.jku', 'error', `jku is a number: ${JKU}`],
    ],
  },
  {
    rule: 'CSL003',
    why: 'jku of a JWE',
    what: jwe({ jku: 'https://id.example/jwks' }),
    found: [['header.jku', 'error', `jku leads to "https://id.example": ${JKU}`]],
  },
  {
    rule: 'CSL003',
    why: 'URLs that lead to no key',
    what: jws({ kid: 'a', url: 'https://id.example' }, { ...CLAIMS, jku: 'x' }),
  },
  {
    rule: 'CSL004',
    why: 'jwk and x5c',
    what: jws({ jwk: EC, x5c: ['MIIB'] }),
    found: [
      ['header.jwk', 'warn', 'the header holds a key, and anybody could have put it there.'],
      ['header.x5c', 'warn', 'the header holds certificates, and anybody could have put them there.'],
    ],
  },
  {
    rule: 'CSL004',
    why: 'a private jwk',
    what: jws({ jwk: jwkFor('ES256') }),
    found: [['header.jwk', 'error', 'the header shows a private key (d) to everybody.']],
  },
  { rule: 'CSL004', why: 'the jwk of a DPoP proof, which is there to be', what: jws({ typ: 'dpop+jwt', jwk: EC }) },
  { rule: 'CSL004', why: 'a thumbprint of a certificate', what: jws({ x5t: 'x', 'x5t#S256': 'y' }) },
  { rule: 'CSL004', why: 'the ephemeral key of a JWE', what: jwe({ alg: 'ECDH-ES', epk: EC }, '') },
]

function part(header: object): object {
  return { protected: guarded({ alg: 'ES256', ...header }), signature: SIGNED }
}

const typ = (value: unknown): string => jws({ typ: value })
const WRONG_TYPE = 'and a token of this kind has'
const TYPES: readonly Case[] = [
  { rule: 'CSL015', why: 'no typ', what: jws({}), found: [['header.typ', 'info', 'the header has no typ.']] },
  ...['JWT', 'jwt', 'application/JWT', 'JOSE', 'JOSE+JSON'].map(
    (value): Case => ({
      rule: 'CSL015',
      why: `typ is ${value}`,
      what: typ(value),
      found: [['header.typ', 'info', `typ is "${value}", as any token may have it.`]],
    }),
  ),
  {
    rule: 'CSL015',
    why: 'typ is no text',
    what: typ(5),
    found: [['header.typ', 'error', 'typ is a number, and the name of a type is text.']],
  },
  {
    rule: 'CSL015',
    why: 'no typ, by the best practice',
    what: jws({}),
    options: { profile: 'bcp' },
    found: [['header.typ', 'warn', 'the header has no typ.']],
  },
  ...(
    [
      ['rfc9068', undefined, `the header has no typ, ${WRONG_TYPE} "at+jwt".`],
      ['rfc9068', 'JWT', `typ is "JWT", ${WRONG_TYPE} "at+jwt".`],
      ['oidc-id-token', 'at+jwt', `typ is "at+jwt", ${WRONG_TYPE} "JWT".`],
      ['dpop', 'application/at+jwt', `typ is "application/at+jwt", ${WRONG_TYPE} "dpop+jwt".`],
    ] as const
  ).map(
    ([profile, value, message]): Case => ({
      rule: 'CSL015',
      why: `typ is ${value} for ${profile}`,
      what: typ(value),
      options: { profile },
      found: [['header.typ', 'error', message]],
    }),
  ),
  {
    rule: 'CSL015',
    why: 'the second of two signatures',
    what: { payload: PAYLOAD, signatures: [part({ typ: 'at+jwt' }), part({})] },
    found: [['signatures[1].header.typ', 'error', 'the header has no typ.']],
  },
  ...['at+jwt', 'AT+JWT', 'application/at+jwt', 'reset+jwt', 'secevent+jwt'].map(
    (value): Case => ({ rule: 'CSL015', why: `typ is ${value}`, what: typ(value) }),
  ),
  ...[undefined, 'JWT', 'jwt', 'application/jwt'].map(
    (value): Case => ({
      rule: 'CSL015',
      why: `typ is ${value} for an ID token`,
      what: typ(value),
      options: { profile: 'oidc-id-token' },
    }),
  ),
  { rule: 'CSL015', why: 'a payload that is no claims set', what: jws({}, 'just text') },
  { rule: 'CSL015', why: 'a JWE', what: jwe({}) },
]

const crit = (value: unknown, more: object = {}): string => jws({ crit: value, ...more })
const CRITICAL: readonly Case[] = [
  ...[[], 'b64', null, [1], ['b64', 1], {}].map(
    (value): Case => ({
      rule: 'CSL016',
      why: `crit is ${JSON.stringify(value)}`,
      what: crit(value, { b64: true }),
      found: [['header.crit', 'error', 'crit is no list of names with something in it.']],
    }),
  ),
  {
    rule: 'CSL016',
    why: 'names that are no extensions, not there, twice, and hardly known',
    what: crit(['alg', 'epk', 'gone', 'b64', 'b64', 'http://openbanking.org.uk/iat'], {
      b64: true,
      'http://openbanking.org.uk/iat': 1,
    }),
    found: [
      ['header.crit[0]', 'error', 'crit names "alg", which is no extension.'],
      ['header.crit[1]', 'error', 'crit names "epk", which is no extension.'],
      ['header.crit[2]', 'error', 'crit names "gone", which the header does not have.'],
      ['header.crit[4]', 'error', 'crit names "b64" twice.'],
      [
        'header.crit[5]',
        'warn',
        'crit names "http://openbanking.org.uk/iat", an extension that hardly any reader knows.',
      ],
    ],
  },
  {
    rule: 'CSL016',
    why: 'crit that nothing protects',
    what: { payload: PAYLOAD, protected: ES, header: { crit: ['b64'], b64: true }, signature: SIGNED },
    found: [['header.crit', 'error', 'crit stands in an unprotected header, where anybody can change it.']],
  },
  {
    rule: 'CSL016',
    why: 'b64 of a JWE, which no reader has to know',
    what: jwe({ crit: ['b64'], b64: true }),
    found: [['header.crit[0]', 'warn', 'crit names "b64", an extension that hardly any reader knows.']],
  },
  { rule: 'CSL016', why: 'b64', what: crit(['b64'], { b64: true }) },
  { rule: 'CSL016', why: 'no crit', what: claiming({ crit: [] }) },
  {
    rule: 'CSL017',
    why: 'b64 is false, and crit does not name it',
    what: `${guarded({ alg: 'ES256', b64: false })}..${SIGNED}`,
    found: [['header.b64', 'error', 'b64 is false, and crit does not name it.']],
  },
  {
    rule: 'CSL017',
    why: 'b64 is no truth value',
    what: { payload: PAYLOAD, signatures: ['false', 0, null].map((b64) => part({ b64, crit: ['b64'] })) },
    found: [
      ['signatures[0].header.b64', 'error', 'b64 is a string, and neither true nor false.'],
      ['signatures[1].header.b64', 'error', 'b64 is a number, and neither true nor false.'],
      ['signatures[2].header.b64', 'error', 'b64 is null, and neither true nor false.'],
    ],
  },
  {
    rule: 'CSL017',
    why: 'b64 that nothing protects',
    what: {
      payload: 'x',
      signatures: [{ protected: guarded({ alg: 'ES256', crit: ['b64'] }), header: { b64: false }, signature: SIGNED }],
    },
    found: [['signatures[0].header.b64', 'error', 'b64 stands in an unprotected header, where anybody can change it.']],
  },
  {
    rule: 'CSL017',
    why: 'claims that are not encoded',
    what: {
      protected: guarded({ alg: 'ES256', b64: false, crit: ['b64'] }),
      payload: '{"sub":"ada"}',
      signature: SIGNED,
    },
    found: [['header.b64', 'error', 'b64 is false, and a token with claims has it encoded. (RFC 7797 §7)']],
  },
  {
    rule: 'CSL017',
    why: 'b64 is false, and crit names it',
    what: `${guarded({ alg: 'ES256', b64: false, crit: ['b64'] })}..${SIGNED}`,
  },
  { rule: 'CSL017', why: 'b64 is true', what: jws({ b64: true }) },
]

export const HEADER_CASES: readonly Case[] = [...UNSIGNED, ...URLS, ...TYPES, ...CRITICAL]
