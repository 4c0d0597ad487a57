import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { type Finding, lint, lintSecret } from 'countersign/lint'
import fc from 'fast-check'
import { backend } from '#crypto'
import { CommandError } from '../../src/diagnosis/told.ts'
import { lintSubject } from '../../src/lint/lint.ts'
import { PROFILES } from '../../src/lint/rule.ts'
import { RULES } from '../../src/lint/rules.ts'
import { toSubject } from '../../src/lint/subject.ts'
import { b64, CLAIMS, NOW } from '../support/forge.ts'
import { EC, jwkFor, PRIVATE_MEMBERS, RSA } from '../support/keys.ts'
import { now, signatureOf } from './cases/case.ts'

const IDS = RULES.map(({ id }) => id)

/** Where the path of a finding leads in what was looked at; what is missing has a place, too. */
function leads(path: string, roots: Readonly<Record<string, unknown>>): boolean {
  let at: unknown = roots
  let rest = path
  while (rest !== '') {
    const [step = '', name, quoted, index] = /^(?:\.?([\w#$-]+)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\])/.exec(rest) ?? []
    if (step === '') return false
    const key = name ?? (quoted === undefined ? String(index) : (JSON.parse(quoted) as string))
    rest = rest.slice(step.length)
    if (typeof at !== 'object' || at === null) return false
    if (!Object.hasOwn(at, key)) return rest === '' || key.endsWith('…')
    at = (at as Readonly<Record<string, unknown>>)[key]
  }
  return true
}

function holdWellFormed(findings: readonly Finding[]): void {
  for (const { rule, severity, path, message, spec, fix } of findings) {
    assert.ok(IDS.includes(rule) && ['error', 'warn', 'info'].includes(severity))
    assert.doesNotMatch(path + message + fix, /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
    assert.match(message, /^\S.*[.)]$/su)
    assert.match(fix, /\.$/u)
    assert.match(spec, /§/u)
  }
}

/** Names that rules look for, so that what is drawn is not all beside the point. */
const HEADER_NAMES = ['alg', 'kid', 'typ', 'crit', 'b64', 'zip', 'jku', 'x5u', 'jwk', 'x5c', 'p2c', 'enc', 'cty', 'iss']
const CLAIM_NAMES = [
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'scope',
  'cnf',
  'events',
  'email',
  'password',
  'address',
]
const KEY_NAMES = [
  'kty',
  'kid',
  'use',
  'key_ops',
  'alg',
  'crv',
  'x',
  'y',
  'n',
  'e',
  'd',
  'k',
  'x5c',
  'oth',
  'pub',
  'priv',
]
const VALUES = [
  'ES256',
  'HS256',
  'none',
  'EdDSA',
  'RSA1_5',
  'PBES2-HS256+A128KW',
  'RSA',
  'EC',
  'oct',
  'AKP',
  'sig',
  'enc',
]
const TYPES = ['at+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'token-introspection+jwt', 'JWT']

const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false })
const value = fc.oneof(
  json,
  fc.constantFrom(...VALUES, ...TYPES),
  fc.constant(NOW),
  fc.string({ unit: 'binary' }),
  fc.bigInt().map(Number),
)
const objectOf = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(fc.dictionary(fc.constantFrom(...names), value), fc.dictionary(fc.string(), json, { maxKeys: 3 }))
    .map(([known, other]) => Object.fromEntries([...Object.entries(other), ...Object.entries(known)]))
const options = fc.record({ profile: fc.option(fc.constantFrom(...PROFILES), { nil: undefined }) })
const signature = fc.constantFrom('', 'AAAA', signatureOf(32), signatureOf(64), signatureOf(128))

test('whatever the JSON of a token, what is found in it is well formed, and stands where it says', async () => {
  await fc.assert(
    fc.asyncProperty(
      objectOf(HEADER_NAMES),
      fc.oneof(objectOf(CLAIM_NAMES), json),
      signature,
      options,
      async (header, payload, text, { profile }) => {
        const token = `${b64(JSON.stringify({ alg: 'HS256', ...header }))}.${b64(JSON.stringify(payload))}.${text}`
        const { findings } = await lint(token, { now, ...(profile && { profile }) })
        holdWellFormed(findings)
        const roots = { header: { alg: 'HS256', ...header }, payload, signature: text }
        for (const { path } of findings) assert.ok(leads(path, roots), path)
      },
    ),
    { numRuns: 200 },
  )
})

test('whatever stands in a serialization, a key or a set, linting it ends in findings, or in a JoseError', async () => {
  const part = fc.record(
    {
      protected: objectOf(HEADER_NAMES).map((header) => b64(JSON.stringify(header))),
      header: objectOf(HEADER_NAMES),
      signature,
    },
    { requiredKeys: ['signature'] },
  )
  const key = objectOf(KEY_NAMES).map((members) => ({ ...members }))
  const anything = fc.oneof(
    fc.record({ payload: fc.constant(b64(JSON.stringify(CLAIMS))), signatures: fc.array(part, { maxLength: 3 }) }),
    part,
    key,
    key.map((members) => ({ ...EC, ...members })),
    key.map((members) => ({ ...RSA, ...members })),
    fc.array(fc.oneof(key, json)).map((keys) => ({ keys })),
    json.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one)),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (what) => {
      for (const shown of [what as object, JSON.stringify(what)]) {
        const { findings } = await lint(shown, { now }).catch((error: unknown) => {
          assert.ok(error instanceof JoseError, String(error))
          return { findings: [] }
        })
        holdWellFormed(findings)
      }
    }),
    { numRuns: 200 },
  )
})

test('whatever the text, it is a subject that can be looked at, or an error of ours', async () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '"kty"',
    ':',
    '"',
    'eyJhbGciOiJub25lIn0',
    '.',
    '-----BEGIN PUBLIC KEY-----',
    '\n',
    'Bearer ',
    '0',
    '[',
    ',',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((all) => all.join('')),
    fc.uint8Array(),
  )
  await fc.assert(
    fc.asyncProperty(text, async (shown) => {
      let subject: ReturnType<typeof toSubject>
      try {
        subject = toSubject(shown, backend)
      } catch (error) {
        assert.ok(error instanceof JoseError || error instanceof CommandError, String(error))
        return
      }
      holdWellFormed(await lintSubject(subject, { rules: RULES, now: NOW }, backend))
    }),
    { numRuns: 500 },
  )
})

// Nothing that is secret is told

const CANARY = 'c4n4ry'
const canaries = fc.constantFrom(
  CANARY,
  `x${CANARY}`,
  `https://ada:${CANARY}@id.example/?t=${CANARY}#${CANARY}`,
  `-----BEGIN PRIVATE KEY-----${CANARY}`,
  `eyJ${CANARY}.eyJ${CANARY}.${CANARY}`,
  `\u001b]0;${CANARY}`,
  `${CANARY}\n`,
)
/** JSON that is full of them, by names that rules look for. */
const full = (names: readonly string[]): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      canaries,
      fc.dictionary(fc.constantFrom(...names), tie('value')),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
    top: fc.dictionary(fc.constantFrom(...names), tie('value'), { minKeys: 1 }),
  })).top

/** What a header is told of by its value: names that decide how a token is read, and no secrets. */
const TOLD = ['alg', 'kid', 'typ', 'crit']

test('no finding shows the value of a claim, of a header or of a member of a key', async () => {
  const claims = full([...CLAIM_NAMES, 'pin', 'ssn', 'api_key', 'x'])
  const header = full([...HEADER_NAMES.filter((name) => !TOLD.includes(name)), 'k', 'd'])
  const key = full(KEY_NAMES.filter((name) => !['kid', 'kty', 'alg', 'use', 'crv'].includes(name)))
  await fc.assert(
    fc.asyncProperty(header, claims, key, fc.constantFrom(...TYPES), async (head, set, members, typ) => {
      const token = `${b64(JSON.stringify({ ...(head as object), alg: 'ES256', typ }))}.${b64(JSON.stringify(set))}.AAAA`
      for (const what of [
        token,
        { ...(members as object), kty: 'oct' },
        { keys: [{ ...jwkFor('RS256'), ...(members as object) }] },
      ])
        assert.ok(!JSON.stringify(await lint(what, { now })).includes(CANARY))
    }),
    { numRuns: 100 },
  )
})

test('no finding shows a part of a private key or of a secret, however weak it is', async () => {
  const [ec, rsa] = [jwkFor('ES256'), jwkFor('RS256')]
  for (const jwk of [
    ec,
    rsa,
    { ...ec, y: ec.x },
    { ...rsa, p: rsa.q },
    { ...ec, kid: 5 },
    { ...rsa, key_ops: ['sign', 'sign'] },
  ])
    for (const what of [jwk, { keys: [jwk, jwk] }]) {
      const told = JSON.stringify(await lint(what as object, { now }))
      for (const [name, member] of Object.entries(jwk))
        if (PRIVATE_MEMBERS.includes(name)) assert.ok(!told.includes(String(member).slice(0, 8)), name)
    }
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 6, maxLength: 60 }).filter((text) => /^[A-Za-z0-9]{6}/.test(text)),
      async (text) => {
        const told = JSON.stringify([
          await lintSecret({ text }),
          await lint({ kty: 'oct', k: b64(text), alg: 'HS256' }, { now }),
        ])
        assert.ok(!told.replace(/"fix":"[^"]*"/g, '').includes(text))
      },
    ),
    { numRuns: 100 },
  )
})
