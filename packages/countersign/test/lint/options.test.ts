import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, JoseError } from 'countersign'
import { type LintOptions, lint, lintSecret } from 'countersign/lint'
import { HAS_SYNC } from '../support/doors.ts'
import { CLAIMS, mac, NOW } from '../support/forge.ts'
import { EC, jwkFor, nodePair } from '../support/keys.ts'
import { claiming, jws, now } from './cases/case.ts'

const TOKEN = jws({}, {})
const MISUSED: readonly (readonly [why: string, options: unknown, told: RegExp])[] = [
  ['no object', 5, /takes an options object, not a number/],
  ['null', null, /takes an options object, not null/],
  ['an option that there is not', { profil: 'bcp' }, /has no option "profil"/],
  ['a profile that there is not', { profile: 'oidc' }, /^profile is none of bcp, oidc-id-token, rfc9068, dpop$/],
  ['rules in a list', { rules: [] }, /^rules is an array, and takes an object$/],
  ['no rules', { rules: null }, /^rules is null, and takes an object$/],
  ['a rule that there is not', { rules: { CSL999: 'off' } }, /^rules names "CSL999", which is no rule$/],
  ['a rule by its name', { rules: { unsigned: 'off' } }, /^rules names "unsigned", which is no rule$/],
  ['a rule of the prototype', { rules: { constructor: 'off' } }, /^rules names "constructor", which is no rule$/],
  [
    'a weight that there is not',
    { rules: { CSL001: 'warning' } },
    /^rules gives CSL001 a weight that is none of error, warn, info, off$/,
  ],
  ['no weight', { rules: { CSL001: undefined } }, /^rules gives CSL001 a weight/],
  ['a key in place of a set', { published: EC }, /^published is no JWK Set$/],
  ['an empty set', { published: {} }, /^published is no JWK Set$/],
  ['a set without a list', { published: { keys: {} } }, /^published is no JWK Set$/],
  ['the text of a set', { published: '{"keys":[]}' }, /^published is no JWK Set$/],
  ['a passphrase that is none', { passphrase: 5 }, /^passphrase is text or octets, not a number$/],
  ['a clock that is none', { now: NOW }, /^now is a function that gives epoch seconds, not a number$/],
  ['a clock without a time', { now: () => Number.NaN }, /^now\(\) gave NaN and not epoch seconds$/],
]

for (const [why, options, told] of MISUSED) {
  test(`lint refuses as a mistake of the program: ${why}`, async () => {
    const misused = options as LintOptions
    await assert.rejects(lint(TOKEN, misused), (error) => error instanceof TypeError && told.test(error.message))
    await assert.rejects(
      lintSecret({ text: 'x' }, misused),
      (error) => error instanceof TypeError && told.test(error.message),
    )
  })
}

test('a secret that cannot be read is refused as input', async () => {
  for (const secret of ['text', { hex: 'xyz' }, { base64: '*' }])
    for (const look of [() => lint(TOKEN, { secret: secret as never }), () => lintSecret(secret as never)])
      await assert.rejects(look(), (error) => error instanceof JoseError && error.code === 'CS_KEY_INVALID')
})

test('what a rule weighs is the caller’s to say: nothing, more, less, and where its kind has it off', async () => {
  const weigh = async (what: string, rules: NonNullable<LintOptions['rules']>, profile?: 'dpop'): Promise<object> => {
    const { findings } = await lint(what, { now, rules, ...(profile && { profile }) })
    return Object.fromEntries(findings.map(({ rule, severity }) => [rule, severity]))
  }
  assert.deepEqual(await weigh(TOKEN, {}), { CSL009: 'warn', CSL013: 'warn', CSL014: 'warn', CSL015: 'info' })
  assert.deepEqual(await weigh(TOKEN, { CSL009: 'off', CSL013: 'error', CSL014: 'info', CSL015: 'warn' }), {
    CSL013: 'error',
    CSL014: 'info',
    CSL015: 'warn',
  })
  // Said of a rule, it counts for all that the rule finds, whatever each weighs by itself.
  assert.deepEqual(
    await weigh(claiming({ aud: 5, iat: NOW + 0.5 }), { CSL013: 'info', CSL011: 'error', CSL015: 'off' }),
    {
      CSL011: 'error',
      CSL013: 'info',
    },
  )
  const proof = jws({ typ: 'dpop+jwt', jwk: EC }, { jti: 'a', htm: 'GET', htu: 'https://x', iat: NOW })
  assert.deepEqual(await weigh(proof, { CSL009: 'info' }, 'dpop'), { CSL009: 'info' })
})

test('the gravest is told first, and then by the numbers of the rules', async () => {
  const { findings, summary } = await lint(jws({ alg: 'none', jku: 'https://x.example', jwk: EC }, { password: 'x' }), {
    now,
  })
  assert.deepEqual(
    findings.map(({ rule, severity }) => [rule, severity]),
    [
      ['CSL001', 'error'],
      ['CSL003', 'error'],
      ['CSL022', 'error'],
      ['CSL004', 'warn'],
      ['CSL009', 'warn'],
      ['CSL013', 'warn'],
      ['CSL014', 'warn'],
      ['CSL015', 'info'],
    ],
  )
  assert.deepEqual(summary, { error: 3, warn: 4, info: 1 })
})

test('of many findings some are told, and how many more there are; many light ones hide no grave one', async () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`u${index}`, { email: 'a@b' }]))
  const { findings, summary } = await lint(claiming({ ...many, password: 'x' }), { now, rules: { CSL023: 'off' } })
  const own = findings.filter(({ rule }) => rule === 'CSL022')
  assert.equal(own.length, 21)
  assert.deepEqual([own[0]?.severity, own[0]?.path], ['error', 'payload.password'])
  assert.equal(own[20]?.message, '"email" tells about a person. There are 480 more like it.')
  assert.equal(summary.error, 1)
})

test('a secret that was given is looked at, and is in no finding', async () => {
  const secret = 'do-not-tell-any'
  const report = await lint(mac({ alg: 'HS256' }, CLAIMS, secret), { now, secret: { text: secret } })
  assert.equal(report.findings[0]?.message, 'the secret has 15 bytes; HS256 takes 32 or more.')
  assert.ok(!JSON.stringify(report).includes(secret))
})

test('a key is looked at as a JWK, a text and octets, and by what it says of itself', async () => {
  const jwk = { ...EC, kid: '../x' }
  for (const what of [
    jwk,
    JSON.stringify(jwk),
    new TextEncoder().encode(`\ufeff${JSON.stringify(jwk)}\n`),
    importKey(jwk),
  ]) {
    const { kind, findings } = await lint(what, { now })
    assert.deepEqual([kind, findings.map(({ rule }) => rule)], ['key', ['CSL005']])
  }
  assert.equal((await lint({ keys: [jwkFor('ES256')] }, { now })).kind, 'set')
})

test('a KeyObject is a key', { skip: HAS_SYNC ? false : 'this runtime has another kind of key object' }, async () => {
  for (const key of Object.values(nodePair(jwkFor('ES256'))))
    assert.deepEqual(await lint(key, { now }), { kind: 'key', findings: [], summary: { error: 0, warn: 0, info: 0 } })
})

test('a private key that is encrypted is looked at with its passphrase, and not without', {
  skip: HAS_SYNC ? false : 'this runtime decrypts no keys',
}, async () => {
  const { privateKey } = nodePair(jwkFor('ES256'))
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' })
  for (const options of [{}, { passphrase: 'wrong' }])
    await assert.rejects(lint(pem, { now, ...options }), { name: 'JoseError', code: 'CS_KEY_INVALID' })
  assert.deepEqual((await lint(pem, { now, passphrase: 'open' })).findings, [])
})
