import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecrypter, createVerifier, importKey } from 'countersign'
import { jwkFor, pemOf, publicMembers } from '../support/keys.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const [AUTHOR, READER] = [jwkFor('ES256'), jwkFor('ES256', 1)]
const FILES = {
  'author.pem': pemOf(AUTHOR),
  'author-public.pem': pemOf(publicMembers(AUTHOR)),
  'reader.jwk': JSON.stringify(READER),
  'reader-public.jwk': JSON.stringify(publicMembers(READER)),
  'rsa.pem': pemOf(jwkFor('RS256')),
}
const run = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(args, { ...world, files: { ...FILES, ...world.files } })

const TO = ['--to', '@reader-public.jwk']
const NESTED = ['encrypt', '{"id":12345678901234567890}', ...TO, '--sign-with', '@author.pem', '--exp', '5m']

test('claims and a signer are refused around what is signed already', async () => {
  const { out: token } = await run(['sign', '--key', '@author.pem', '--exp', '5m'])
  for (const more of [
    ['-c', 'a=b'],
    ['--exp', '5m'],
    ['--sign-with', '@author.pem'],
  ]) {
    const { code, out, err } = await run(['encrypt', token.trim(), ...TO, ...more])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /signed already/)
  }
})

test('a key that signs with several algorithms leaves the choice to sign', async () => {
  const { code, err } = await run(['encrypt', ...TO, '--sign-with', '@rsa.pem'])
  assert.equal(code, 2)
  assert.match(
    err,
    /@rsa\.pem signs with RS256, .*\n {3}fix: sign by itself, .*countersign sign … --alg RS256 \| countersign encrypt -/,
  )
})

test('one input is not the claims, the recipient and the signer at once', async () => {
  const { code, err } = await run(['encrypt', '-', '--to', '-', '--sign-with', '@author.pem'], { input: '{}' })
  assert.equal(code, 2)
  assert.match(err, /CLAIMS and --to both read the standard input/)
})

test('what is encrypted and signed is decrypted and verified, one command behind the other', async () => {
  const { out: token, err } = await run(NESTED)
  assert.equal(err, '')
  const opened = await run(['decrypt', '-', '--key', '@reader.jwk'], { input: token })
  assert.equal(opened.code, 0)
  assert.match(opened.err, /^note\[CS_NOTE_NESTED\]: what was encrypted is a signed token, which is yet to be verified/)
  const verified = await run(['verify', '-', '--key', '@author-public.pem', '--require', 'exp', '--json'], {
    input: opened.out,
  })
  assert.equal(verified.json()['verdict'], 'accepted')
  assert.ok(verified.out.includes(`"payload":{"id":12345678901234567890,"iat":${NOW},"exp":${NOW + 300}}`))
  const wrong = await run(['verify', '-', '--key', '@reader-public.jwk'], { input: opened.out })
  assert.equal(wrong.code, 4)
})

test('the library reads what the command nests', async () => {
  const { out: token } = await run(NESTED)
  const then = createVerifier({
    keys: importKey(publicMembers(AUTHOR)),
    issuer: 'any',
    audience: 'any',
    now: () => NOW,
  })
  const { header, signed } = await createDecrypter({ keys: importKey(READER), then }).decrypt(token.trim())
  assert.equal(header.cty, 'JWT')
  assert.equal(signed?.header.typ, 'JWT')
})

test('a signed token in place of claims is encrypted as it is', async () => {
  const { out: signed } = await run(['sign', '--key', '@rsa.pem', '--alg', 'PS256', '--sub', 'ada', '--exp', '5m'])
  const { out: token, json } = await run(['encrypt', '-', ...TO, '--json'], { input: signed })
  assert.equal((json()['payload'] as { sub: string }).sub, 'ada')
  assert.ok(token.includes('"cty":"JWT"'))
  const opened = await run(['decrypt', String(json()['token']), '--key', '@reader.jwk', '--json'])
  assert.equal(opened.json()['payload'], signed.trim())
  assert.equal(opened.json()['nested'], true)
})
