import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Jwk, thumbprint } from 'countersign'
import type { Locator } from 'playwright-core'
import { keyFor, pemOf, publicMembers, sign } from './support/keys.ts'
import { inChromium, NOW, type Opened } from './support/page.ts'
import { caseOf } from './support/tokens.ts'

const { open } = inChromium()

/** A key of each type, by an algorithm that takes it, and how it is chosen where there are several. */
const TYPES: readonly (readonly [type: string, alg: string, crv?: string])[] = [
  ['RSA', 'RS256'],
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['Ed25519', 'Ed25519'],
  ['X25519', 'ECDH-ES', 'X25519'],
  ['P-256 for ECDH', 'ECDH-ES+A256KW', 'P-256'],
]

/** The sheet, at one of its two tasks. */
async function sheetOf(opened: Opened, task: 'New key' | 'Convert a key'): Promise<Locator> {
  const sheet = opened.page.getByRole('dialog', { name: 'Keys' })
  if ((await sheet.count()) === 0) await opened.button('Keys').click()
  await sheet.getByRole('button', { name: task }).click()
  return sheet
}

const input = (sheet: Locator): Locator => sheet.getByRole('textbox', { name: /^Any key/ })

/** Puts a text into the field that converts, and waits until it is seen. */
async function convert(sheet: Locator, text: string): Promise<Locator> {
  await input(sheet).fill('')
  await sheet.getByRole('region').first().waitFor({ state: 'detached' })
  await input(sheet).fill(text)
  const shown = sheet.getByRole('region').first()
  await shown.waitFor()
  return shown
}

/** Both halves of a key, in a form. */
async function textsOf(shown: Locator, form: 'JWK' | 'PEM'): Promise<{ readonly open: string; readonly own: string }> {
  await shown.getByRole('button', { name: form, exact: true }).click()
  const veil = shown.getByRole('button', { name: 'Show the private key' })
  if ((await veil.count()) > 0) await veil.click()
  const [open = '', own = ''] = await shown.locator('pre').allInnerTexts()
  return { open: open.trim(), own: own.trim() }
}

test('step 11: a key of each type is made, and goes from PEM to JWK to PEM as it was', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [type, alg, crv] of TYPES) {
    let sheet = await sheetOf(opened, 'New key')
    await sheet.getByLabel('Algorithm').selectOption(alg)
    if (crv !== undefined) await sheet.getByLabel('Curve').selectOption(crv)
    await sheet.getByRole('button', { name: 'Make a key' }).click()
    const made = sheet.getByRole('region').filter({ hasText: alg }).first()
    await made.waitFor()
    assert.doesNotMatch(await made.innerText(), /"d":|PRIVATE KEY-----/, 'what is private shows when it is asked for')
    const pem = await textsOf(made, 'PEM')
    const jwk = await textsOf(made, 'JWK')
    sheet = await sheetOf(opened, 'Convert a key')
    const fromPem = await textsOf(await convert(sheet, pem.own), 'JWK')
    const { alg: _, kid: __, use: ___, key_ops: ____, ...members } = JSON.parse(jwk.own) as Record<string, unknown>
    for (const [name, value] of Object.entries(members))
      assert.equal(JSON.parse(fromPem.own)[name], value, `${type} ${name}`)
    const again = await textsOf(await convert(sheet, fromPem.own), 'PEM')
    assert.deepEqual(again, pem, type)
    assert.equal(importKey(pem.own, { alg }).kind, 'private')
    assert.equal(
      await thumbprint(importKey(pem.open, { alg })),
      await thumbprint(importKey(JSON.parse(jwk.open) as Jwk)),
    )
    await opened.page.keyboard.press('Escape')
  }
})

test('step 11: the key of RFC 7638 has the thumbprint that stands there', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { key, jwk, thumbprint_b64u: expected } = caseOf('rfc7638.json 3.1')
  assert.equal(expected, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  const shown = await convert(await sheetOf(opened, 'Convert a key'), JSON.stringify(jwk ?? key))
  assert.ok((await shown.innerText()).includes(expected))
})

test('step 11: a secret is made, hidden until it is asked for, and has no thumbprint', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const sheet = await sheetOf(opened, 'New key')
  await sheet.getByLabel('Algorithm').selectOption('HS256')
  await sheet.getByRole('button', { name: 'Make a key' }).click()
  const made = sheet.getByRole('region').first()
  assert.doesNotMatch(await made.innerText(), /"k"|thumbprint/)
  await made.getByRole('button', { name: 'Show the secret' }).click()
  const jwk = JSON.parse(await made.locator('pre').innerText()) as Jwk
  assert.equal(Buffer.from(jwk.k ?? '', 'base64url').length, 32)
})

test('what this browser cannot make is not offered, and named', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const sheet = await sheetOf(opened, 'New key')
  const offered = await sheet.getByLabel('Algorithm').getByRole('option').allInnerTexts()
  for (const alg of ['ES256K', 'Ed448', 'A192KW', 'A192GCM', 'RSA1_5', 'none']) assert.ok(!offered.includes(alg), alg)
  await opened.says(/This browser has no .*ES256K.*A192GCM/, sheet)
})

test('a text that is no key says why, in the words of the command', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const sheet = await sheetOf(opened, 'Convert a key')
  await input(sheet).fill('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')
  await opened.says(/error\[CS_\w+\]/, sheet)
  await input(sheet).fill('{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}')
  await opened.says(/error\[CS_\w+\]/, sheet)
})

test('a made key signs, and its public half verifies', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const sheet = await sheetOf(opened, 'New key')
  await sheet.getByLabel('Algorithm').selectOption('Ed25519')
  await sheet.getByRole('button', { name: 'Make a key' }).click()
  await sheet.getByRole('button', { name: 'Use to build' }).click()
  await opened.says(/Signed anew/)
  assert.match(await opened.key.inputValue(), /"d":/)
  const token = await opened.page.getByRole('textbox', { name: 'Token that was made' }).inputValue()
  assert.match(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(), /"alg":"Ed25519"/)
  await opened.button('Decode').click()
  await opened.token.fill(token)
  await opened.says(/Signature valid: Ed25519/)
  const own = await convert(await sheetOf(opened, 'Convert a key'), pemOf(publicMembers(keyFor('ES256'))))
  await own.getByRole('button', { name: 'Use to verify' }).click()
  await opened.token.fill(await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256'))
  await opened.says(/Signature valid: ES256/)
})
