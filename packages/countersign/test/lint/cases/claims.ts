import { b64, CLAIMS, NOW } from '../../support/forge.ts'
import { EC, jwkFor } from '../../support/keys.ts'
import { type Case, claiming, type Found, jwe, jws, signatureOf, without } from './case.ts'

const IN_SECONDS = 'times are numbers of seconds. (RFC 7519 §2)'
const missing = (rule: string, name: string, message: string): readonly Case[] => [
  { rule, why: `no ${name}`, what: without(name), found: [['payload', 'warn', message]] },
  {
    rule,
    why: `no ${name}, by the best practice`,
    what: without(name),
    options: { profile: 'bcp' },
    found: [['payload', 'error', message]],
  },
  { rule, why: `${name} is there`, what: claiming({}) },
  { rule, why: `a proof has no ${name}`, what: jws({ typ: 'dpop+jwt' }, { jti: 'a' }) },
  {
    rule,
    why: `a proof has no ${name}, by the best practice`,
    what: jws({ typ: 'dpop+jwt' }, { jti: 'a' }),
    options: { profile: 'bcp' },
  },
  {
    rule,
    why: `an access token that calls itself a proof has no ${name}`,
    what: jws({ typ: 'dpop+jwt' }, { jti: 'a' }),
    options: { profile: 'rfc9068' },
    found: [['payload', 'error', message]],
  },
  { rule, why: `a JWE, whose claims nobody sees, has no ${name}`, what: jwe({}) },
  { rule, why: `a payload that is no claims set has no ${name}`, what: jws({}, '[1]') },
  { rule, why: `a detached payload has no ${name}`, what: `${b64('{"alg":"ES256"}')}..${signatureOf(64)}` },
]

const IDENTITY: readonly Case[] = [
  ...missing('CSL009', 'exp', 'the token has no exp, so that it never expires.'),
  { rule: 'CSL009', why: 'exp is null, which is another fault', what: claiming({ exp: null }) },
  { rule: 'CSL009', why: 'what happened stays true', what: jws({ typ: 'secevent+jwt' }, { jti: 'a' }) },
  ...missing('CSL013', 'aud', 'the token has no aud.'),
  ...[[], '', [''], ['', '']].map(
    (aud): Case => ({
      rule: 'CSL013',
      why: `aud is ${JSON.stringify(aud)}`,
      what: claiming({ aud }),
      found: [['payload.aud', 'warn', 'aud names nobody.']],
    }),
  ),
  ...(
    [
      [5, 'aud is a number, and takes text.'],
      [null, 'aud is null, and takes text.'],
      [{ 0: 'api' }, 'aud is an object, and takes text.'],
      [['api', ['api']], 'aud has an array, and takes text.'],
    ] as const
  ).map(
    ([aud, message]): Case => ({
      rule: 'CSL013',
      why: `aud is ${JSON.stringify(aud)}`,
      what: claiming({ aud }),
      found: [['payload.aud', 'error', message]],
    }),
  ),
  { rule: 'CSL013', why: 'two audiences', what: claiming({ aud: ['api', ''] }) },
  ...missing('CSL014', 'iss', 'the token has no iss.'),
  {
    rule: 'CSL014',
    why: 'iss is empty',
    what: claiming({ iss: '' }),
    found: [['payload.iss', 'warn', 'iss is empty.']],
  },
  {
    rule: 'CSL014',
    why: 'iss is no text',
    what: claiming({ iss: ['https://issuer.example'] }),
    found: [['payload.iss', 'error', 'iss is an array, and takes text.']],
  },
  { rule: 'CSL014', why: 'iss that is no URL', what: claiming({ iss: 'me' }) },
]

const lives = (message: string): readonly Found[] => [['payload.exp', 'warn', message]]
const odd = (name: string, value: unknown, message: string, severity: Found[1] = 'error'): Case => ({
  rule: 'CSL011',
  why: `${name} is ${JSON.stringify(value)}`,
  what: claiming({ [name]: value }),
  found: [[`payload.${name}`, severity, message]],
})
const written = (text: string, message: string): Case => ({
  rule: 'CSL011',
  why: `exp is written as ${text}`,
  what: jws({}, `{"exp":${text}}`),
  found: [['payload.exp', 'info', message]],
})

const TIMES: readonly Case[] = [
  {
    rule: 'CSL010',
    why: 'more than a day',
    what: claiming({ exp: NOW + 86_401 }),
    found: lives('the token lives for 1d; a token should live for no more than 1d.'),
  },
  {
    rule: 'CSL010',
    why: 'more than an hour where it has a scope',
    what: claiming({ scope: 'read', exp: NOW + 7200 }),
    found: lives('the token lives for 2h; one that grants access should live for no more than 1h.'),
  },
  {
    rule: 'CSL010',
    why: 'more than an hour for an access token without iat',
    what: jws({ typ: 'application/at+jwt' }, { nbf: NOW, exp: NOW + 7200 }),
    found: lives('the token lives for 2h; one that grants access should live for no more than 1h.'),
  },
  {
    rule: 'CSL010',
    why: 'nobody says since when',
    what: jws({}, { exp: NOW + 30 * 86_400 }),
    found: lives('the token lives for another 30d; a token should live for no more than 1d.'),
  },
  { rule: 'CSL010', why: 'a day', what: claiming({ exp: NOW + 86_400 }) },
  { rule: 'CSL010', why: 'an hour with a scope', what: claiming({ scp: ['read'], exp: NOW + 3600 }) },
  { rule: 'CSL010', why: 'a life that is over', what: jws({}, { exp: NOW - 1 }) },
  { rule: 'CSL010', why: 'milliseconds, which are another fault', what: claiming({ exp: NOW * 1000 }) },
  odd('exp', NOW * 1000, `exp looks like milliseconds (2026-09-21T14:13:20Z); ${IN_SECONDS}`),
  odd('iat', NOW * 1e6, `iat looks like microseconds (2026-09-21T14:13:20Z); ${IN_SECONDS}`),
  odd('nbf', 1e300, `nbf is further away than any date: ${IN_SECONDS}`),
  odd('exp', `${NOW}`, `exp is a string and not a number: ${IN_SECONDS}`),
  odd('exp', null, `exp is null and not a number: ${IN_SECONDS}`),
  odd('exp', [NOW], `exp is an array and not a number: ${IN_SECONDS}`),
  odd('auth_time', 600, `auth_time looks like a span and not a moment (1970-01-01T00:10:00Z); ${IN_SECONDS}`),
  odd('iat', -1, 'iat lies before 1970 (1969-12-31T23:59:59Z).'),
  odd('updated_at', '2026-09-21', `updated_at is a string and not a number: ${IN_SECONDS}`, 'warn'),
  written(`${NOW}.5`, `exp is written as ${NOW}.5, and as no whole number.`),
  written('1.79e9', 'exp is written as 1.79e9, and as no whole number.'),
  ...['iat', 'nbf'].map(
    (name): Case => ({
      rule: 'CSL011',
      why: `exp is ${name}`,
      what: jws({}, { [name]: NOW, exp: NOW }),
      found: [['payload.exp', 'warn', `exp is not after ${name}: the token was never valid.`]],
    }),
  ),
  { rule: 'CSL011', why: 'whole seconds', what: claiming({ nbf: NOW, auth_time: NOW, updated_at: NOW }) },
  { rule: 'CSL011', why: 'text in a claim that is no time', what: claiming({ expires: '2026', nested: { exp: '1' } }) },
  ...['iat', 'nbf'].map(
    (name): Case => ({
      rule: 'CSL012',
      why: `${name} is to come`,
      what: claiming({ [name]: NOW + 61 }),
      found: [[`payload.${name}`, 'warn', `${name} is 2026-09-21T14:14:21Z, which is in 1m 01s.`]],
    }),
  ),
  { rule: 'CSL012', why: 'clocks that differ by a minute', what: claiming({ iat: NOW + 60, nbf: NOW + 60 }) },
]

const lacks = (name: string): Found => [`payload.${name}`, 'error', `the claim "${name}" is missing.`]
const PROOF = { jti: 'a', htm: 'GET', htu: 'https://api.example', iat: NOW }
const EVENT = { iss: 'https://issuer.example', iat: NOW, jti: 'a', events: { 'urn:example:event': {} } }

const KINDS: readonly Case[] = [
  {
    rule: 'CSL027',
    why: 'an access token has nothing; that exp, aud and iss are missing other rules tell',
    what: jws({}, {}),
    options: { profile: 'rfc9068' },
    found: ['sub', 'client_id', 'iat', 'jti'].map(lacks),
  },
  {
    rule: 'CSL027',
    why: 'the same by its own account',
    what: jws({ typ: 'at+jwt' }, {}),
    found: ['sub', 'client_id', 'iat', 'jti'].map(lacks),
  },
  {
    rule: 'CSL027',
    why: 'claims of an access token have other types',
    what: jws({ typ: 'at+jwt' }, { ...CLAIMS, client_id: 5, jti: 'a', scope: ['read'], cnf: { jkt: 1 } }),
    found: [
      ['payload.client_id', 'error', 'client_id is a number and not a string.'],
      ['payload.scope', 'error', 'scope is an array and not a string.'],
      ['payload.cnf.jkt', 'error', 'cnf.jkt is a number and not a string.'],
    ],
  },
  {
    rule: 'CSL027',
    why: 'an ID token has nothing',
    what: jws({}, {}),
    options: { profile: 'oidc-id-token' },
    found: ['sub', 'iat'].map(lacks),
  },
  {
    rule: 'CSL027',
    why: 'a proof has nothing',
    what: jws({ typ: 'dpop+jwt' }, {}),
    found: [
      ...['jti', 'htm', 'htu', 'iat'].map(lacks),
      ['header.jwk', 'error', 'the header has no jwk: a proof brings its public key. (RFC 9449 §4.2)'],
    ],
  },
  {
    rule: 'CSL027',
    why: 'a proof, by the best practice, shows a private key',
    what: jws({ typ: 'dpop+jwt', jwk: jwkFor('ES256') }, PROOF),
    options: { profile: 'bcp' },
    found: [['header.jwk', 'error', 'the header shows a private key. (RFC 9449 §4.2)']],
  },
  {
    rule: 'CSL027',
    why: 'a proof that is made with a secret',
    what: jws({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: 'AA' } }, PROOF),
    found: [
      ['header.alg', 'error', 'alg is HS256: a proof is signed with a private key. (RFC 9449 §4.2)'],
      ['header.jwk', 'error', 'the header shows a private key. (RFC 9449 §4.2)'],
    ],
  },
  {
    rule: 'CSL027',
    why: 'a logout token with a nonce, and nobody whom it is about',
    what: jws({ typ: 'logout+jwt' }, { ...EVENT, aud: 'app', exp: NOW + 60, nonce: 'x' }),
    found: [
      ['payload.events', 'error', 'events does not name http://schemas.openid.net/event/backchannel-logout.'],
      lacks('sub'),
      [
        'payload.nonce',
        'error',
        'nonce is there: an ID token has one, a logout token never (Back-Channel Logout §2.4).',
      ],
    ],
  },
  {
    rule: 'CSL027',
    why: 'an event has nothing',
    what: jws({ typ: 'secevent+jwt' }, {}),
    found: ['iat', 'jti', 'events'].map(lacks),
  },
  {
    rule: 'CSL027',
    why: 'claims of any token have other types, of which no value is told',
    what: claiming({ sub: 12345, jti: ['one'] }),
    found: [
      ['payload.sub', 'error', 'sub is a number, and takes text. (RFC 7519 §4.1)'],
      ['payload.jti', 'error', 'jti is an array, and takes text. (RFC 7519 §4.1)'],
    ],
  },
  { rule: 'CSL027', why: 'a token of no kind', what: jws({}, {}) },
  { rule: 'CSL027', why: 'a token of no kind, by the best practice', what: jws({}, {}), options: { profile: 'bcp' } },
  { rule: 'CSL027', why: 'a proof that is one', what: jws({ typ: 'dpop+jwt', jwk: EC }, PROOF) },
  { rule: 'CSL027', why: 'an event that is one', what: jws({ typ: 'secevent+jwt' }, EVENT) },
]

export const CLAIM_CASES: readonly Case[] = [...IDENTITY, ...TIMES, ...KINDS]
