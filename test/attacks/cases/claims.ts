// 25 to 34 but 33: claims, demands on them, and options that are none.
import { createVerifier } from 'countersign'
import { expiringStore, oneTime } from 'countersign/revocation'
import type { Case, Demands, Harm, OwnAsk } from '../case.ts'
import * as m from '../material.ts'
import { keysOf } from '../runners/ours.ts'

const { GOOD, CLAIMS, NOW, verify } = m
const of = (attack: number, what: string, token: string, more: Partial<Case> = {}): Case => ({
  attack,
  what,
  ask: verify(token),
  control: GOOD.HS256,
  ...more,
})

// Every demand but that for time is an option.
const claims = (attack: number, what: string, changed: object, more: Partial<Case> = {}): Case =>
  of(attack, what, m.withClaims(changed), { byOptions: true, ...more })
const text = (attack: number, what: string, member: string, without: string): Case => {
  const { [without as 'exp']: _, ...rest } = CLAIMS
  return of(attack, what, m.withText(`${JSON.stringify(rest).slice(0, -1)},${member}}`))
}

const TIMES: readonly Case[] = [
  ...(
    [
      ['exp in the past', { exp: NOW - 3600 }],
      ['exp of this very second', { exp: NOW }],
      ['exp that is a text', { exp: String(NOW + 600) }],
      ['exp that is null', { exp: null }],
      ['exp that is a list', { exp: [NOW + 600] }],
      ['exp that is true', { exp: true }],
      ['exp that is an object', { exp: {} }],
      ['exp of -1e300', { exp: -1e300 }],
      ['exp of 0', { exp: 0 }],
      ['nbf of 1e300', { nbf: 1e300 }],
      ['nbf in an hour', { nbf: NOW + 3600 }],
      ['nbf that is a text', { nbf: 'now' }],
      ['nbf that is null', { nbf: null }],
      ['iat that is a text', { iat: String(NOW) }],
      ['iat that is a list', { iat: [NOW] }],
    ] as const
  ).map(([what, changed]) => of(26, what, m.withClaims(changed))),
  text(26, 'exp of 1e400, which no number is', '"exp":1e400', 'exp'),
  text(26, 'nbf of -1e400', '"nbf":-1e400', 'nbf'),
  claims(
    26,
    'no exp',
    { exp: undefined },
    { lacks: { jsonwebtoken: 'has no option for required claims', 'jwks-rsa': 'has no option for required claims' } },
  ),
]

const AUD: readonly Case[] = (
  [
    ['missing', undefined],
    ['an empty list', []],
    ['a list in a list', [['api']]],
    ['an object', { 0: 'api' }],
    ['the right one with more behind it', 'api.evil'],
    ['the beginning of the right one', 'ap'],
    ['the right one in another case', 'API'],
    ['the right one before a space', 'api '],
    ['true', true],
    ['null', null],
    ['a list of the right one and a number', ['api', 7]],
  ] as const
).map(([what, aud]) => claims(27, `aud ${what}`, { aud }))

const ISS: readonly Case[] = (
  [
    ['missing', undefined],
    ['a list of the right one', [CLAIMS.iss]],
    ['a list of the right one and another', ['https://evil.example', CLAIMS.iss]],
    ['the right one with more behind it', `${CLAIMS.iss}.evil`],
    ['the beginning of the right one', CLAIMS.iss.slice(0, 12)],
    ['the right one in another case', CLAIMS.iss.toUpperCase()],
    ['the right one with a slash', `${CLAIMS.iss}/`],
    ['an object', { toString: CLAIMS.iss }],
    ['null', null],
  ] as const
).map(([what, iss]) => claims(28, `iss ${what}`, { iss }))

const demanding = (
  attack: number,
  what: string,
  token: string,
  demands: Demands,
  control: Case['control'],
  more: Partial<Case> = {},
): Case => ({
  attack,
  what,
  ask: verify(token, m.secretKey, ['HS256'], demands),
  control,
  byOptions: true,
  ...more,
})
const subject = { subject: CLAIMS.sub }
const ofSubject = verify(GOOD.HS256.token, m.secretKey, ['HS256'], subject)
const required = { requiredClaims: ['role'] }
const ofRequired = verify(m.withClaims({ role: 'a' }), m.secretKey, ['HS256'], required)
const SUB: readonly Case[] = [
  claims(29, 'sub that is a number', { sub: 1234567890 }),
  claims(29, 'sub that is an object', { sub: { admin: true } }),
  claims(29, 'jti that is a number', { jti: 7 }),
  claims(29, 'jti that is a list', { jti: ['a', 'b'] }),
  demanding(29, 'sub of another, where one is demanded', m.withClaims({ sub: '1234567891' }), subject, ofSubject),
  demanding(29, 'no sub, where one is demanded', m.withClaims({ sub: undefined }), subject, ofSubject),
  demanding(
    29,
    'sub a list of the right one, where one is demanded',
    m.withClaims({ sub: [CLAIMS.sub] }),
    subject,
    ofSubject,
  ),
  demanding(29, 'no role, where it is demanded', String(GOOD.HS256.token), required, ofRequired),
]

const expired = m.withClaims({ exp: NOW - 3600 })
const foreignAud = m.withClaims({ aud: 'other' })
const foreignIss = m.withClaims({ iss: 'https://evil.example' })
const old = m.withClaims({ iat: NOW - 86_400 })
/** A mistake of the program that must not switch its demand off. */
const mistake = (what: string, token: string, demands: Demands): Case =>
  demanding(30, what, token, demands, GOOD.HS256, { misuse: true })
const MISTAKES: readonly Case[] = [
  mistake('clockTolerance NaN, and an expired token', expired, { clockTolerance: Number.NaN }),
  mistake('clockTolerance Infinity, and an expired token', expired, { clockTolerance: Number.POSITIVE_INFINITY }),
  mistake('clockTolerance "5 min", and an expired token', expired, { clockTolerance: '5 min' }),
  mistake('clockTolerance "60", and an expired token', m.withClaims({ exp: NOW - 30 }), { clockTolerance: '60' }),
  mistake('an audience of no text, and another aud', foreignAud, { audience: '' }),
  mistake('an empty list for an audience, and another aud', foreignAud, { audience: [] }),
  mistake('null for an audience, and another aud', foreignAud, { audience: null }),
  mistake('an issuer of no text, and another iss', foreignIss, { issuer: '' }),
  mistake('an empty list for an issuer, and another iss', foreignIss, { issuer: [] }),
  mistake('null for an issuer, and another iss', foreignIss, { issuer: null }),
  mistake('maxAge NaN, and a token of yesterday', old, { maxAge: Number.NaN }),
  mistake('maxAge of 0, and a token of yesterday', old, { maxAge: 0 }),
  mistake('maxAge "an hour", and a token of yesterday', old, { maxAge: 'an hour' }),
  {
    ...demanding(
      30,
      'maxAge, and a token without iat',
      m.withClaims({ iat: undefined }),
      { maxAge: 60 },
      verify(GOOD.HS256.token, m.secretKey, ['HS256'], { maxAge: 60 }),
    ),
  },
  {
    ...mistake('a clock that says NaN, and an expired token', expired, {}),
    ask: verify(
      expired,
      m.secretKey,
      ['HS256'],
      {},
      {
        options: {
          countersign: { now: () => Number.NaN },
          jose: { currentDate: new Date(Number.NaN) },
          jsonwebtoken: { clockTimestamp: Number.NaN },
          'fast-jwt': { clockTimestamp: Number.NaN },
        },
      },
    ),
  },
]

/** Against patterns: ours and jose take none, which is what is wanted. */
const pattern = (what: string, token: string, audience: RegExp, more: Partial<Case> = {}): Case => ({
  ...demanding(31, what, token, { audience }, GOOD.HS256, { misuse: true }),
  ...more,
})
const PATTERNS: readonly Case[] = [
  pattern('aud of 24 letters and a !, against a slow pattern', m.withClaims({ aud: `${'a'.repeat(24)}!` }), /^(a+)+$/),
  pattern(
    'aud that only contains the right one, against a pattern without anchors',
    m.withClaims({ aud: 'https://evil.example/?api' }),
    /api/,
    {
      duty: { jsonwebtoken: 'a pattern is what its author wrote', 'fast-jwt': 'a pattern is what its author wrote' },
    },
  ),
]

const typed = (what: string, typ: string | undefined, wanted: string): Case =>
  demanding(
    32,
    what,
    m.withClaims({}, { alg: 'HS256', typ }),
    { typ: wanted },
    verify(m.withClaims({}, { alg: 'HS256', typ: wanted }), m.secretKey, ['HS256'], { typ: wanted }),
  )
const TYPES: readonly Case[] = [
  typed('an ID token for an access token', 'JWT', 'at+jwt'),
  typed('a logout token for an access token', 'logout+jwt', 'at+jwt'),
  typed('a token without typ for an access token', undefined, 'at+jwt'),
  typed('a typ that begins as the right one does', 'at+jwt2', 'at+jwt'),
  typed('a typ of another media type', 'text/at+jwt', 'at+jwt'),
]

/** The same act for a library and what it remembers. */
const cached = (what: string, second: () => string, later = 0): Case => {
  const first = m.withClaims({ exp: NOW + 60 })
  const acts = (attacked: boolean): OwnAsk['acts'] => ({
    async countersign() {
      let time = NOW
      const verifier = createVerifier({
        keys: keysOf(m.secretKey),
        issuer: CLAIMS.iss,
        audience: CLAIMS.aud,
        cache: true,
        now: () => time,
      })
      await verifier.verify(first)
      await verifier.verify(first)
      time += attacked ? later : 0
      await verifier.verify(attacked ? second() : first)
      return true
    },
    async 'fast-jwt'(door) {
      const { createVerifier: create } = door as typeof import('fast-jwt')
      const { now } = Date
      // It asks the clock of the process where it is told no time.
      Date.now = () => NOW * 1000
      try {
        const check = create({ key: Buffer.from(m.SECRET), cache: true })
        check(first)
        check(first)
        if (attacked) Date.now = () => (NOW + later) * 1000
        check(attacked ? second() : first)
        return true
      } finally {
        Date.now = now
      }
    },
  })
  const lacks = 'remembers no results'
  return {
    attack: 25,
    what,
    ask: { do: 'own', acts: acts(true), lacks },
    control: { do: 'own', acts: acts(false), lacks },
  }
}
const remembered = m.withClaims({ exp: NOW + 60 })
const CACHES: readonly Case[] = [
  cached('a token that is remembered, after it has expired', () => remembered, 3600),
  cached('a token that is remembered, with another signature', () => `${remembered.slice(0, -6)}AAAAAA`),
  cached('a token that is remembered, with other claims', () => {
    const [head, , signature] = remembered.split('.')
    return `${head}.${m.b64(JSON.stringify({ ...CLAIMS, sub: 'admin' }))}.${signature}`
  }),
]

const replay = (times: number): OwnAsk => ({
  do: 'own',
  lacks: 'keeps no record of tokens; its caller has to',
  acts: {
    async countersign(): Promise<Harm> {
      const now = (): number => NOW
      const revoked = oneTime({ store: expiringStore({ now }), now })
      const verifier = createVerifier({
        keys: keysOf(m.secretKey),
        issuer: CLAIMS.iss,
        audience: CLAIMS.aud,
        now,
        revoked,
      })
      const token = m.withClaims({ jti: 'once' })
      for (let n = 0; n < times; n++) await verifier.verify(token)
      return true
    },
  },
})
const REPLAY: readonly Case[] = [
  { attack: 34, what: 'a token for one use, a second time', ask: replay(2), control: replay(1) },
]

export const CLAIM_CASES: readonly Case[] = [
  ...TIMES,
  ...AUD,
  ...ISS,
  ...SUB,
  ...MISTAKES,
  ...PATTERNS,
  ...TYPES,
  ...CACHES,
  ...REPLAY,
]
