import assert from 'node:assert/strict'
import { test } from 'node:test'
import { b64, mac } from '../support/forge.ts'
import { listen } from '../support/servers.ts'
import { leakedIn, PASSPHRASE } from './support/canaries.ts'
import { worldOf } from './support/golden-world.ts'
import {
  type Document,
  FILES,
  found,
  json,
  lint,
  ODD,
  OPEN,
  rulesOf,
  SET,
  SHARED,
  SOUND,
  UNSIGNED,
} from './support/lint-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

test('a token comes from the standard input, from text around it, and with --strict by itself alone', async () => {
  assert.deepEqual((await rulesOf([], { input: UNSIGNED }))[0], 'CSL001')
  const { err, code } = await lint(['-'], { input: `Bearer ${SOUND}` })
  assert.equal(code, 0)
  assert.equal(err, 'note[CS_NOTE_BEARER]: removed "Bearer " before the token.\n')
  assert.equal((await lint(['-', '--strict'], { input: `Bearer ${SOUND}` })).code, 3)
  assert.equal((await lint(['-'], { input: Buffer.from(`\ufeff${SOUND}`, 'utf16le') })).code, 0)
})

test('of a token that is cut off it says so, since there is less to look at', async () => {
  const [header = '', payload = ''] = SOUND.split('.')
  assert.match((await lint([`${header}.${payload}`])).out, / a token \(JWS\) that is cut off\n/)
  const jwe = `${b64(json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }))}.AAAA.AAAA`
  assert.match((await lint([jwe])).out, / an encrypted token \(JWE\) that is cut off\n/)
  assert.doesNotMatch((await lint(['@sound'])).out, /cut off/)
})

test('of what is no key, and holds one, it says how to take that out', async () => {
  const files = { request: '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n' }
  const { out } = await lint(['@request'], { files })
  assert.match(out, /CSL028 {2}this PEM holds a certificate request.*\n.*fix: Take its key: openssl req/)
  assert.match((await lint([json({ kty: 'NEW' })])).out, /fix: make sure that everybody/)
})

test('a set that stands beside a token is the one that its issuer publishes (CSL002)', async () => {
  assert.ok(!(await rulesOf(['@shared'])).includes('CSL002'))
  for (const args of [
    ['@shared', '@set.json'],
    ['@set.json', '@shared'],
    ['@shared', SET],
  ])
    assert.ok((await rulesOf(args)).includes('CSL002'), args.join(' '))
  assert.ok(!(await rulesOf(['@shared', '@open.jwk'])).includes('CSL002'))
})

test('--secret is what the token was signed with, or is looked at by itself', async () => {
  const weak = mac({ alg: 'HS256' }, { exp: NOW + 60 }, 'x-unlikely-7')
  const world = { files: { ...FILES, weak2: 'x-unlikely-7', signed: weak } }
  assert.ok(!(await rulesOf(['@signed'], world)).includes('CSL007'))
  assert.ok((await rulesOf(['@signed', '--secret', '@weak2'], world)).includes('CSL007'))
  assert.deepEqual(await rulesOf(['--secret', '@weak']), ['CSL007'])
  assert.deepEqual(await rulesOf(['--secret', '@secret']), [])
  assert.deepEqual(await rulesOf(['--secret', '@secret.hex', '--secret-encoding', 'hex']), [])
  // It is not passed over in silence beside what it cannot have signed.
  assert.deepEqual(await rulesOf(['@sound', '--secret', '@weak']), ['CSL007'])
  assert.equal((await lint(['--secret', '@sound', '--secret-encoding', 'hex'])).code, 3)
  const { out } = await lint(['--secret', '@weak'])
  assert.match(out, /^@weak {2}a secret\n {2}error {2}CSL007 {2}the secret is on the list/)
  const asKey = await lint(['--secret', '@open.jwk'])
  assert.equal(asKey.code, 6)
  assert.match(asKey.err, /pass it as countersign lint @open\.jwk/)
})

test('an encrypted private key opens with --passphrase, or with what somebody types', async () => {
  assert.equal((await lint(['@encrypted.pem', '--passphrase', '@passphrase'])).code, 0)
  const asked = await lint(['@encrypted.pem'], { terminal: true, answers: [PASSPHRASE] })
  assert.deepEqual([asked.code, asked.questions], [0, ['passphrase of @encrypted.pem: ']])
  const { err } = await lint(['@open.jwk', '--passphrase', '@passphrase'])
  assert.match(err, /note\[CS_NOTE_KEY\]: nothing that was given is encrypted/)
  const made = await command(
    ['key', 'new', 'ES256', '--out', 'sealed', '--encrypt', '--passphrase', '@passphrase'],
    worldOf({ files: FILES }),
  )
  const sealed = String(made.written.get('sealed')?.data)
  const ran = await lint(['@sealed', '--passphrase', '@passphrase'], { files: { ...FILES, sealed } })
  assert.deepEqual([ran.code, ran.err], [0, ''])
  assert.match(ran.out, /^@sealed {2}a key \(JWK\)/)
})

test('no output has a secret, a private member, a passphrase or a whole token in it', async () => {
  const files = { ...FILES, odd: ODD, 'oct.jwk': json({ kty: 'oct', k: b64(Buffer.from('short')), alg: 'HS256' }) }
  const everything = [
    ...['@sound', '@unsigned', '@shared', '@odd', '@set.json', '@open.jwk', '@private.pem', '@mixed.json'],
    ...['@oct.jwk', '@encrypted.pem', '--passphrase', '@passphrase', '--secret', '@secret'],
  ]
  for (const way of [[], ['--json'], ['--verbose'], ['--quiet'], ['--format', 'sarif']]) {
    const { out, err, code } = await lint([...everything, ...way], { files })
    assert.equal(code, 8, err)
    assert.equal(leakedIn(out + err), undefined)
    for (const whole of [SOUND, UNSIGNED, SHARED, ODD])
      for (const part of whole.split('.').filter((each) => each.length > 12)) assert.ok(!(out + err).includes(part))
  }
})

test('--issuer looks at a live issuer, and holds tokens against what it publishes', async (t) => {
  const origin: string = await listen(t, ({ url }, response) => {
    const metadata = { issuer: origin, jwks_uri: `${origin}/jwks`, authorization_endpoint: `${origin}/authorize` }
    response.setHeader('content-type', 'application/json')
    response.end(url === '/jwks' ? SET : json(metadata))
  })
  const world: World = { fetch: (url, request) => globalThis.fetch(url, request) }
  const alone = await found(['--issuer', origin], world)
  assert.ok(alone.findings.length > 0)
  const beside = await found(['@shared', '--issuer', origin], world)
  assert.ok(beside.findings.some(({ rule, in: where }) => rule === 'CSL002' && where === '@shared'))
  assert.ok(beside.findings.some(({ in: where }) => where === origin))
  const { out } = await lint(['--issuer', origin], world)
  assert.match(out, new RegExp(`^${origin} {2}an issuer with one key\n`))
  assert.ok(!(await rulesOf(['@shared', '--issuer', origin, '--rule', 'CSL002=off'], world)).includes('CSL002'))
})

test('an issuer that cannot be reached is exit 7, and nothing was judged', async () => {
  for (const args of [
    ['--issuer', 'https://down.example.com'],
    ['@unsigned', '--issuer', 'https://down.example.com'],
    ['--lines', '@unsigned', '--issuer', 'https://down.example.com'],
  ]) {
    const { code, out, err } = await lint(args)
    assert.deepEqual([code, out], [7, ''], err)
    assert.match(err, /^error\[CS_/)
    assert.doesNotMatch(err, /token was NOT checked/)
    // What is advised can be done here.
    assert.doesNotMatch(err, /--jwks/)
  }
})

test('jwks --lint says below the table what is wrong with the set', async (t) => {
  const jwks = (...args: string[]): Promise<Ran> => command(['jwks', ...args], worldOf({ files: FILES }))
  assert.equal((await jwks('@set.json', '--lint', '--pick')).code, 2)
  const bad = await jwks('@mixed.json', '--lint')
  assert.equal(bad.code, 8)
  assert.match(bad.out, /^kid .*\n\n@mixed\.json {2}the whole set\n {2}error {2}CSL025 {2}keys\[0\]\.d: /s)
  assert.equal(leakedIn(bad.out), undefined)
  const document = (await jwks('@mixed.json', '--lint', '--json')).json() as unknown as Document & { keys: unknown[] }
  assert.deepEqual([document.ok, document.keys.length, document.findings[0]?.rule], [false, 2, 'CSL025'])
  assert.equal((await jwks('@mixed.json')).code, 0)
  const good = await jwks('@set.json', '--lint')
  assert.equal(good.code, 0)
  assert.match(good.out, /\n\n@set\.json {2}the whole set\n {2}no findings\n$/)
  const origin = await listen(t, (_, response) => response.end(json({ keys: [OPEN, { ...OPEN, kid: '../x' }] })))
  const fetch: typeof globalThis.fetch = (url, request) => globalThis.fetch(url, request)
  const fetched = await command(['jwks', origin, '--lint'], worldOf({ fetch }))
  assert.match(fetched.out, /CSL005 {2}keys\[1\]\.kid: /)
})
