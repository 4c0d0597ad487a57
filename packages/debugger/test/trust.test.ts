import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { importKey } from 'countersign'
import { encryptJwe } from 'countersign/jwe'
import { nodePair } from '../../countersign/test/support/keys.ts'
import { keyFor, pemOf, publicMembers, sign } from './support/keys.ts'
import { encoded, inChromium, NOW, tokenOf } from './support/page.ts'

const { open } = inChromium()

const SECRET = 'a secret that is long enough for its hash'
const HS256 = encoded('{"alg":"HS256"}')
const CLAIMS = encoded(`{"sub":"ada","exp":${NOW + 60}}`)
const mac = (input: string, secret = SECRET): string => createHmac('sha256', secret).update(input).digest('base64url')

test('what held with one key is not said while another one is still being read', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  await opened.give(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256'), pemOf(publicMembers(keyFor('ES256'))))
  await opened.says(/Signature valid/)
  await page.evaluate('SubtleCrypto.prototype.deriveKey = () => new Promise(() => {})')
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' } as const
  await opened.key.fill(String(nodePair(keyFor('ES256', 1)).privateKey.export(cipher)))
  await opened.refuses(/Not verified/, 'without its passphrase')
  await opened.key.fill(pemOf(publicMembers(keyFor('ES256'))))
  await opened.says(/Signature valid/)
  await opened.key.fill(String(nodePair(keyFor('ES256', 1)).privateKey.export(cipher)))
  await page.getByLabel('Passphrase').fill('open')
  await opened.refuses(/Not verified/, 'being opened')
  await opened.button('Share').click()
  await opened.says(/no key that can be read/, page.getByRole('dialog', { name: 'Share' }))
})

test('the key of an earlier link is told of when a later one brings the token alone', async (t) => {
  const own = keyFor('ES256', 1)
  const opened = await open(t, { hash: `#key=${encodeURIComponent(JSON.stringify(publicMembers(own)))}` })
  if (!opened) return
  const { page } = opened
  const alert = page.getByRole('alert')
  await opened.says(/chose the key/, alert)
  await page.evaluate(`location.hash = 'token=${await sign({ sub: 'mallory', exp: NOW + 60 }, 'ES256', { by: own })}'`)
  await opened.says(/Signature valid/)
  await opened.says(/whoever made it chose both/, alert)
  // And a key that somebody put there is their own.
  await opened.key.fill(pemOf(publicMembers(keyFor('ES256'))))
  await page.evaluate(`location.hash = 'token=${await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256')}'`)
  await opened.says(/The token came with the link/, alert)
})

test('a public key that cannot be read is not taken for a secret, which anyone could sign with', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const jwk = JSON.stringify(publicMembers(keyFor('ES256')))
  const input = `${HS256}.${CLAIMS}`
  for (const key of [
    JSON.stringify(jwk),
    `{"key":${jwk}}`,
    jwk.replace(/\}$/, ',}'),
    jwk.replaceAll('"', "'"),
    `ssh-rsa ${'AAAAB3NzaC1yc2EAAAADAQABAAAB'.repeat(4)} ada@host`,
    Buffer.from(pemOf(publicMembers(keyFor('RS256')))).toString('base64'),
  ]) {
    await opened.give('', '')
    await opened.says(/Paste a token/)
    await opened.give(`${input}.${mac(input, key)}`, key)
    await opened.refuses(/key cannot be used|wrong kind of key/, key.slice(0, 40))
  }
  // A PEM in base64 is a PEM.
  const pem = Buffer.from(pemOf(publicMembers(keyFor('ES256')))).toString('base64')
  await opened.give(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256'), pem)
  await opened.says(/Signature valid: ES256/)
})

test('of several signatures the one that holds is named, and so is a header that nobody signed', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const good = { protected: HS256, signature: mac(`${HS256}.${CLAIMS}`) }
  const bad = { protected: encoded('{"alg":"HS256","kid":"boss"}'), signature: mac('another') }
  const general = (...signatures: readonly object[]): string => JSON.stringify({ payload: CLAIMS, signatures })
  await opened.give(general(bad, good), SECRET)
  const said = await opened.says(/Signature valid: HS256.*\(number 2 of 2 alone\)/)
  assert.doesNotMatch(said, /unprotected/)
  await opened.token.fill(general(good, good))
  await opened.says(/Signature valid: HS256.*\(one of 2\)/)
  await opened.token.fill(JSON.stringify({ payload: CLAIMS, ...good, header: { typ: 'admin' } }))
  await opened.says(/Signature valid[\s\S]*Part of its header is unprotected: anyone can write that/)
})

test('a token writes nothing into the verdict, and a key no more than a short name', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const header = { alg: 'Signature valid: ES256, A192', enc: 'A192 \u202e valid' }
  await opened.token.fill([encoded(JSON.stringify(header)), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.'))
  await opened.refuses(/Encrypted/, 'alg and enc')
  const kid = 'k'.repeat(50_000)
  const jwk = { ...publicMembers(keyFor('ES256')), kid }
  await opened.give(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256'), JSON.stringify(jwk))
  const said = await opened.says(/Signature valid/)
  assert.ok(said.length < 400, String(said.length))
})

test('a leeway that is none does not stay in its field', async (t) => {
  const opened = await open(t)
  if (!opened) return
  await opened.token.fill(tokenOf('{"sub":"ada"}'))
  const leeway = opened.page.getByLabel(/^leeway/)
  await leeway.fill('99999')
  await opened.key.focus()
  assert.equal(await leeway.inputValue(), '30')
})

test('the name of a key says nothing in the place of the page', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const jwk = { ...publicMembers(keyFor('ES256')), kid: '1, with the right key. Claims accepted: iss' }
  await opened.give(await sign({ sub: 'ada', exp: NOW - 60 }, 'ES256'), JSON.stringify(jwk))
  await opened.says(/kid "1, with the right key\. Claims accepted: iss", with the P-256 public key/)
})

test('what stands beside the members of a token goes into no link and no code', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  const parts = { payload: CLAIMS, protected: HS256, signature: mac(`${HS256}.${CLAIMS}`) }
  await opened.give(JSON.stringify({ ...parts, client_secret: SECRET }), SECRET)
  await opened.says(/Signature valid/)
  await opened.button('Share').click()
  const sheet = page.getByRole('dialog', { name: 'Share' })
  await sheet.getByRole('checkbox', { name: 'the token' }).check()
  const link = decodeURIComponent(await sheet.getByRole('textbox', { name: 'Link' }).inputValue())
  assert.ok(link.includes(parts.signature) && !link.includes('secret'), link)
  await sheet.getByRole('button', { name: 'Close' }).click()
  await opened.button('Copy as').click()
  const copy = page.getByRole('dialog', { name: 'Copy as' })
  await copy.getByRole('checkbox').check()
  const code = await copy.locator('pre').innerText()
  assert.ok(code.includes(parts.signature) && !code.includes('client_secret'), code)
})

test('inside of an encryption, what stands around a token is told to be unsigned', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const inner = await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256')
  const key = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url') } as const
  const seal = (text: string): Promise<unknown> => encryptJwe(text, { key: importKey(key), alg: 'dir', enc: 'A256GCM' })
  const inside = opened.page.locator('.inside')
  for (const [text, isAlone] of [
    [inner, true],
    [`eve gets it all: ${inner}`, false],
  ] as const) {
    await opened.give(String(await seal(text)), JSON.stringify(key))
    await opened.says(/Decrypted/)
    await inside.getByRole('textbox', { name: 'Key', exact: true }).fill(pemOf(publicMembers(keyFor('ES256'))))
    await opened.says(/Signature valid/, inside.getByRole('status'))
    assert.equal(await inside.getByText('Nobody signed what stands around').count(), isAlone ? 0 : 1)
  }
})
