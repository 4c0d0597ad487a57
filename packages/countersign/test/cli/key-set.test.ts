import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Jwk, keySet, thumbprint } from 'countersign'
import { jwkFor, PRIVATE_MEMBERS, pemOf, publicMembers } from '../support/keys.ts'
import { command, type Ran } from './support/memory-host.ts'

type Files = Record<string, string | Uint8Array>
const EC = jwkFor('ES256')
const RSA = jwkFor('RS256')
const SECRET = jwkFor('HS256')
const KEYS = {
  'ec.jwk': JSON.stringify(EC),
  'ec.pub': JSON.stringify(publicMembers(EC)),
  'rsa.pem': pemOf(RSA),
  'secret.jwk': JSON.stringify({ ...SECRET, kid: 's' }),
}
const setOf = (...keys: object[]): string => JSON.stringify({ keys })

/** What JSON.parse and JSON.stringify would change: numbers, order, what nobody knows, and what is there twice. */
const OTHER = `{
  "issuer": "https://id.example.com",
  "keys": [
    {"zzz": 12345678901234567890123, "kty":"EC","crv":"P-256","x":"${EC.x}","y":"${EC.y}","kid":"old","1":1,"exp":1.50,
     "note":"caf\\u00e9"},
    {"kty":"PQC","kid":"new","seed":-0}
  ],
  "version": 1e2
}`

const set = (files: Files, ...args: string[]): Promise<Ran> => command(['key', 'set', ...args], { files })
const membersIn = (files: Files, path = 'jwks.json'): Jwk[] => (JSON.parse(String(files[path])) as { keys: Jwk[] }).keys

const REFUSED: readonly (readonly [
  why: string,
  content: string | undefined,
  args: readonly string[],
  exit: number,
  told: RegExp,
])[] = [
  ['a source to read from', undefined, ['-', 'list'], 2, /FILE is the name of a file/],
  ['a variable in place of a file', undefined, ['env:X', 'list'], 2, /FILE is the name of a file/],
  ['no key to add', setOf(), ['jwks.json', 'add'], 2, /add needs the key/],
  ['nothing to remove', setOf(), ['jwks.json', 'remove'], 2, /--kid ID/],
  ['a key to remove that is no name', setOf(), ['jwks.json', 'remove', '@ec.pub'], 2, /takes no SRC[\s\S]*--kid ID/],
  ['another file to write to', setOf(), ['jwks.json', 'add', '@ec.pub', '--out', 'x'], 2, /--out names another file/],
  ['a word for nothing', setOf(), ['jwks.json', 'delete'], 2, /one of add, remove, list/],
  ['a file that is not there, to list', undefined, ['jwks.json', 'list'], 3, /no such file/],
  ['a file that is not there, to remove from', undefined, ['jwks.json', 'remove', '--kid', 'a'], 3, /no such file/],
  ['an empty file', '', ['jwks.json', 'add', '@ec.pub'], 3, /no JWK Set, and stays as it is: it is empty/],
  ['what is not JSON', 'keys', ['jwks.json', 'add', '@ec.pub'], 3, /stays as it is: it is not JSON/],
  ['a JWK', KEYS['ec.jwk'], ['jwks.json', 'add', '@ec.pub'], 3, /it is a JWK, one key/],
  ['an array', '[]', ['jwks.json', 'add', '@ec.pub'], 3, /it is no object/],
  ['an object without keys', '{"a":1}', ['jwks.json', 'add', '@ec.pub'], 3, /no member keys that is an array/],
  ['keys that are no array', '{"keys":{}}', ['jwks.json', 'add', '@ec.pub'], 3, /no member keys that is an array/],
  ['keys that are there twice', '{"keys":[],"keys":[]}', ['jwks.json', 'add', '@ec.pub'], 3, /no member keys/],
  [
    'more keys than a set has',
    setOf(...Array(1001).fill({})),
    ['jwks.json', 'add', '@ec.pub'],
    3,
    /1001 keys, 1000 are/,
  ],
  ['keys that are no objects', '{"keys":[1]}', ['jwks.json', 'add', '@ec.pub'], 3, /one of its keys is no object/],
  [
    'a secret in a set of public keys',
    setOf(publicMembers(EC)),
    ['jwks.json', 'add', '@secret.jwk'],
    6,
    /never published/,
  ],
  ['a secret in a new file', undefined, ['jwks.json', 'add', '@secret.jwk'], 6, /never published[\s\S]*--format jwks/],
  ['a public key among secrets', setOf(SECRET), ['jwks.json', 'add', '@ec.pub'], 6, /is a set of secrets/],
  [
    'a kid that is there',
    setOf({ ...publicMembers(RSA), kid: 'a' }),
    ['jwks.json', 'add', '@ec.pub', '--kid', 'a'],
    6,
    /with kid "a" already/,
  ],
  ['a key that is there by its thumbprint', setOf(publicMembers(EC)), ['jwks.json', 'add', '@ec.jwk'], 6, /already/],
  [
    'a kid that is unknown',
    OTHER,
    ['jwks.json', 'remove', '--kid', 'nope'],
    6,
    /no key with kid "nope" among 2 in jwks\.json: old, new\./,
  ],
  [
    'to list a kid that is unknown',
    setOf(),
    ['jwks.json', 'list', '--kid', 'a'],
    6,
    /among 0 in jwks\.json: it is empty\./,
  ],
]

for (const [why, content, args, exit, told] of REFUSED) {
  test(`key set refuses ${why}, and changes nothing`, async () => {
    const files: Files = { ...KEYS, ...(content !== undefined && { 'jwks.json': content }) }
    const { code, err, written } = await set(files, ...args)
    assert.equal(code, exit, err)
    assert.match(err, told)
    assert.equal(written.size, 0)
    assert.equal(files['jwks.json'], content)
    assert.doesNotMatch(err, /public half was added/)
  })
}

test('add makes the file, and of a private key adds the public half under its thumbprint', async () => {
  const files: Files = { ...KEYS }
  const { code, out, err, written } = await set(files, 'jwks.json', 'add', '@ec.jwk')
  assert.equal(code, 0, err)
  assert.equal(out, '')
  const kid = await thumbprint(importKey(EC))
  assert.deepEqual(membersIn(files), [{ ...publicMembers(EC), kid }])
  assert.match(
    err,
    /^made jwks\.json: "\S+" was added, 1 key in it now\nnote\[CS_NOTE_KEY\]: @ec\.jwk is a private key; its public half was added\.\n$/,
  )
  assert.equal(written.get('jwks.json')?.isPrivate, false)
  const { json } = await set(files, '@jwks.json', 'add', '@rsa.pem', '--kid', '2026-b', '--json')
  const { action, file, kids, keys } = json() as { action: string; file: string; kids: string[]; keys: Jwk[] }
  assert.deepEqual([action, file, kids], ['add', 'jwks.json', ['2026-b']])
  assert.deepEqual(
    keys.map((key) => key.kid),
    [kid, '2026-b'],
  )
  assert.equal(keySet(JSON.parse(String(files['jwks.json'])) as { keys: Jwk[] }).keys.length, 2)
  for (const name of PRIVATE_MEMBERS) assert.ok(!String(files['jwks.json']).includes(`"${name}"`))
})

test('--kid thumbprint names a key by its thumbprint, whatever it is called', async () => {
  const files: Files = { k: JSON.stringify({ ...publicMembers(EC), kid: 'mine' }) }
  await set(files, 'jwks.json', 'add', '@k', '--kid', 'thumbprint')
  await set(files, 'jwks.json', 'add', '@k')
  assert.deepEqual(
    membersIn(files).map(({ kid }) => kid),
    [await thumbprint(importKey(EC)), 'mine'],
  )
})

test('the same key by a second name is told of', async () => {
  const files: Files = { ...KEYS, 'jwks.json': setOf({ ...publicMembers(EC), kid: 'a' }) }
  const { code, err } = await set(files, 'jwks.json', 'add', '@ec.pub', '--kid', 'b')
  assert.equal(code, 0)
  assert.match(err, /the same key is in jwks\.json by another name: "a"/)
})

test('all else in the file stays as it was written, to its last digit', async () => {
  const files: Files = { ...KEYS, 'jwks.json': OTHER }
  assert.equal((await set(files, 'jwks.json', 'add', '@rsa.pem', '--kid', 'b')).code, 0)
  const text = String(files['jwks.json'])
  assert.match(text, /"zzz": 12345678901234567890123,\n\s*"kty": "EC"/)
  assert.match(text, /"1": 1,\n\s*"exp": 1\.50,\n\s*"note": "café"/)
  assert.match(text, /"seed": -0/)
  assert.match(text, /^\{\n {2}"issuer": "https:\/\/id\.example\.com",[\s\S]*"version": 1e2\n\}\n$/)
  assert.equal((await set(files, 'jwks.json', 'remove', '--kid', 'b')).code, 0)
  const again: Files = { 'jwks.json': OTHER }
  await set(again, 'jwks.json', 'add', JSON.stringify(publicMembers(RSA)), '--kid', 'c')
  await set(again, 'jwks.json', 'remove', '--kid', 'c')
  assert.equal(files['jwks.json'], again['jwks.json'])
})

test('remove takes a key by its kid or its thumbprint, also one that no program here reads', async () => {
  const files: Files = { 'jwks.json': OTHER }
  const { err } = await set(files, 'jwks.json', 'remove', '--kid', 'new')
  assert.match(err, /changed jwks\.json: "new" was removed, 1 key in it now/)
  assert.deepEqual(
    membersIn(files).map(({ kid }) => kid),
    ['old'],
  )
  const print = await thumbprint(importKey(EC))
  const nameless: Files = { 'jwks.json': setOf(publicMembers(EC)) }
  assert.equal((await set(nameless, 'jwks.json', 'remove', `--kid=${print}`)).code, 0)
  assert.deepEqual(membersIn(nameless), [])
})

test('list tells what is there, as JSON too, and no more', async () => {
  const files: Files = { 'jwks.json': setOf({ ...EC, kid: 'a' }, { kty: 'PQC' }) }
  const { out } = await set(files, 'jwks.json', 'list')
  assert.match(out, /^kid {2}key {15,}alg/)
  assert.match(out, /\na {4}EC P-256 private {2}–/)
  assert.match(out, /\nrefused: key 2: kty "PQC" is not supported\./)
  const json = await set(files, 'jwks.json', 'list', '--json', '--kid', 'a')
  assert.equal((json.json()['keys'] as unknown[]).length, 1)
  assert.ok(!(out + json.out).includes(EC.d ?? ''))
})

test('a set that holds private keys, or secrets, stays one, and is written for its owner', async () => {
  const files: Files = {
    ...KEYS,
    'jwks.json': setOf({ ...EC, kid: 'a' }),
    'secrets.json': setOf({ ...SECRET, kid: 'x' }),
  }
  const { written } = await set(files, 'jwks.json', 'add', '@rsa.pem')
  assert.equal(written.get('jwks.json')?.isPrivate, true)
  assert.equal(membersIn(files)[0]?.d, EC.d)
  const secrets = await set(files, 'secrets.json', 'add', '@secret.jwk')
  assert.equal(secrets.code, 0, secrets.err)
  assert.equal(secrets.written.get('secrets.json')?.isPrivate, true)
  assert.deepEqual(
    membersIn(files, 'secrets.json').map(({ kid }) => kid),
    ['x', 's'],
  )
  const nameless = await command(['key', 'set', 'secrets.json', 'add', '@n'], {
    files: { ...files, n: JSON.stringify({ kty: 'oct', k: SECRET.k }) },
  })
  assert.equal(nameless.code, 2)
  assert.match(nameless.err, /a secret has a name in a set/)
})
