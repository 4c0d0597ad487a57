import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { worldOf } from './support/golden-world.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

const EC = { ...publicMembers(jwkFor('ES256')), kid: '2026-a' }
const RSA = { ...publicMembers(jwkFor('RS256')), kid: 'enc-1', use: 'enc', alg: 'RSA-OAEP-256' }
const BARE = publicMembers(jwkFor('Ed25519'))
const SET = { keys: [EC, RSA, BARE, { kty: 'odd', kid: 'new' }] }
const PRIVATE = { keys: [{ ...jwkFor('ES256'), kid: 'a' }, publicMembers(jwkFor('RS256'))] }
const SECRETS = { keys: [{ kty: 'oct', k: 'c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9yIEhTMjU2', kid: 's' }] }
const FILES = {
  set: JSON.stringify(SET),
  private: JSON.stringify(PRIVATE),
  secrets: JSON.stringify(SECRETS),
  none: '{"keys":[]}',
}

const jwks = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['jwks', ...args], worldOf({ files: FILES, ...world }))
const kidsOf = async (...args: string[]): Promise<unknown> => {
  const { keys } = (await jwks(['@set', '--json', ...args])).json() as { keys: { kid?: string }[] }
  return keys.map(({ kid }) => kid)
}

test('a command line that cannot be done is refused', async () => {
  for (const [args, says] of [
    [[], /jwks needs a set/],
    [['@set', '--issuer', 'https://id.example.com'], /exclude each other/],
    [['set.json'], /a file is named with @/],
    [['http://id.example.com/jwks'], /keys that come so may be anybody's/],
    [['@set', '--alg', 'ES265'], /did you mean ES256\?/],
    [['@set', '--use', 'both'], /--use is one of sig, enc/],
    [['https://id.example.com/jwks', '--offline'], /--offline forbids/],
    [[JSON.stringify(PRIVATE)], /in plain sight/],
  ] as const) {
    const { code, out, err } = await jwks(args)
    assert.deepEqual([code, out], [2, ''], args.join(' '))
    assert.match(err, says)
  }
})

test('what cannot be fetched says nothing of a token', async () => {
  for (const args of [
    ['https://down.example.com/jwks'],
    ['--issuer', 'https://down.example.com'],
    ['--issuer', 'https://wrong.example.com'],
  ]) {
    const { code, err } = await jwks(args)
    assert.equal(code, 7)
    assert.doesNotMatch(err, /token/i)
  }
})

test('a set that is fetched holds public keys alone', async (t) => {
  for (const [set, says] of [
    [PRIVATE, /holds a private key\.\n.*has to be replaced/],
    [SECRETS, /holds a secret\./],
  ] as const) {
    const origin = await listen(t, (_, response) => response.end(JSON.stringify(set)))
    const ran = await jwks([origin], { fetch: (url, init) => globalThis.fetch(url, init) })
    assert.equal(ran.code, 7)
    assert.match(ran.err, says)
  }
})

test('--pick takes exactly one key', async () => {
  for (const [args, exit, says] of [
    [['@set', '--pick'], 6, /3 keys of @set are left, and --pick takes one: "2026-a", "enc-1", "[\w-]{43}"/],
    [['@set', '--pick', '--kid', 'x'], 6, /error\[CS_NO_KEY\]: no key with kid "x" among 3 at @set: 2026-a /],
    [['@set', '--pick', '--kid', 'new'], 6, /the key "new" of @set cannot be used: kty "odd"/],
    [['@set', '--kid', 'enc-1', '--use', 'sig'], 6, /no key with kid "enc-1" and use "sig" among/],
    [['@none', '--pick'], 6, /error\[CS_NO_KEY\]/],
    [['@secrets', '--pick'], 6, /error\[CS_KEY_TYPE\].*no secret is printed/],
  ] as const) {
    const { code, out, err } = await jwks(args)
    assert.deepEqual([code, out], [exit, ''], args.join(' '))
    assert.match(err, says)
  }
  assert.match((await jwks(['@set', '--pick'])).err, /^error\[CS_AMBIGUOUS_KEY\]/)
  const picked = await jwks(['@set', '--kid', '2026-a', '--pick'])
  assert.deepEqual([JSON.parse(picked.out), picked.err], [EC, ''])
  assert.deepEqual((await jwks(['@set', '--alg', 'RSA-OAEP-256', '--pick', '--json'])).json()['public'], RSA)
})

test('nothing private is ever printed', async () => {
  const { d } = jwkFor('ES256')
  for (const args of [
    ['@private'],
    ['@private', '--json'],
    ['@private', '--kid', 'a', '--pick'],
    ['@private', '--verbose'],
  ]) {
    const { out, err, code } = await jwks(args)
    assert.equal(code, 0)
    assert.ok(!`${out}${err}`.includes(String(d)))
    assert.doesNotMatch(out, /"d"/)
  }
  assert.match((await jwks(['@private'])).out, /^a {4}EC P-256 private /m)
  assert.match((await jwks(['@private'])).err, /holds private keys: it is not one to publish/)
  assert.match((await jwks(['@private', '--kid', 'a', '--pick'])).err, /is private; this is its public half/)
  for (const args of [['@secrets'], ['@secrets', '--json']]) {
    const { out } = await jwks(args)
    assert.ok(!out.includes('c2VjcmV0'))
    // A thumbprint would let others try secrets out.
    assert.doesNotMatch(out, /[\w-]{43}/)
  }
})

test('for people: a table, and what was left out', async () => {
  const { code, out, err } = await jwks(['@set'])
  assert.deepEqual([code, err], [0, ''])
  const [head = '', first = '', second = '', third = '', left] = out.split('\n')
  assert.deepEqual(head.split(/ {2,}/), ['kid', 'key', 'alg', 'use', 'thumbprint'])
  assert.match(first, /^2026-a {2}EC P-256 {5}– {13}– {4}[\w-]{43}$/)
  assert.match(second, /^enc-1 {3}RSA 2048 {5}RSA-OAEP-256 {2}enc {2}[\w-]{43}$/)
  assert.match(third, /^– {7}OKP Ed25519 {2}– {13}– {4}[\w-]{43}$/)
  assert.equal(left, 'left out: key 4, kid new: kty "odd" is not supported.')
  for (const line of [first, second, third])
    assert.equal(line.indexOf(line.split(/ {2,}/).at(-1) ?? ''), head.indexOf('thumbprint'))
  assert.equal((await jwks(['@none'])).out, 'the set has no key that can be used\n')
})

test('for programs: what each key is, and what was left out', async () => {
  const document = (await jwks(['@set', '--json'])).json() as {
    source: string
    keys: Record<string, unknown>[]
    skipped: unknown
  }
  assert.equal(document.source, '@set')
  const { thumbprint, ...rest } = document.keys[0] ?? {}
  assert.match(String(thumbprint), /^[\w-]{43}$/)
  assert.deepEqual(rest, { kid: '2026-a', kind: 'public', kty: 'EC', crv: 'P-256', bits: 256, public: EC })
  assert.deepEqual(document.skipped, [
    { index: 3, kid: 'new', code: 'CS_UNSUPPORTED', message: 'kty "odd" is not supported.' },
  ])
})

test('filters go by the name, the use and the algorithm', async () => {
  assert.deepEqual(await kidsOf('--use', 'sig'), ['2026-a', undefined])
  assert.deepEqual(await kidsOf('--use', 'enc'), ['2026-a', 'enc-1'])
  assert.deepEqual(await kidsOf('--alg', 'ES256'), ['2026-a'])
  assert.deepEqual(await kidsOf('--alg', 'EdDSA'), [undefined])
  const { keys } = (await jwks(['@set', '--alg', 'EdDSA', '--json'])).json() as { keys: { thumbprint: string }[] }
  assert.deepEqual(await kidsOf(`--kid=${keys[0]?.thumbprint}`), [undefined])
})

test('a set comes by URL, by discovery, from the standard input and inline', async () => {
  const first = /^2026-a {2}EC P-256 /m
  assert.match((await jwks(['https://id.example.com/jwks'])).out, first)
  const found = await jwks(['--issuer', 'https://id.example.com', '--json'])
  assert.equal(found.json()['source'], 'https://id.example.com/jwks')
  assert.match((await jwks([], { input: FILES.set })).out, first)
  assert.match((await jwks([FILES.set])).out, first)
  assert.match((await jwks([JSON.stringify(EC)])).out, first)
})

test('what comes from outside commands no terminal', async () => {
  const odd = JSON.stringify({ keys: [{ ...EC, kid: 'a\u001b[2J\u202e' }] })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.doesNotMatch((await jwks([odd])).out, /[\u001b\u202e]/)
})
