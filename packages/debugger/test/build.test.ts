import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, importKey } from 'countersign'
import type { Locator } from 'playwright-core'
import { keyFor, pemOf, publicMembers, sign } from './support/keys.ts'
import { inChromium, NOW, type Opened } from './support/page.ts'

const { open } = inChromium()

const CLAIMS = `{"z":12345678901234567890,"iss":"https://id.example.com","rate":1.10,"sub":"ada","aud":"api","nested":{"b":1e400,"a":[1.0,2]},"iat":${NOW - 60},"exp":${NOW + 60}}`

const editor = (opened: Opened, name: 'Header' | 'Claims'): Locator =>
  opened.page.getByRole('textbox', { name, exact: true })
const made = (opened: Opened): Locator => opened.page.getByRole('textbox', { name: 'Token that was made' })

/** The token, once its claims are such. */
async function builtWith(opened: Opened, isSuch: (payload: string) => boolean): Promise<string> {
  let text = ''
  for (let tries = 0; tries < 100; tries++) {
    text = await made(opened).inputValue()
    if (text !== '' && isSuch(payloadOf(text))) return text
    await new Promise((done) => setTimeout(done, 50))
  }
  return assert.fail(`${text} ${await opened.page.getByRole('main').innerText()}`)
}

const payloadOf = (token: string): string => Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()

test('step 9: an edited claim is signed anew; all else stays as it was, to the last digit', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const own = keyFor('ES256')
  await opened.give(await sign(CLAIMS, 'ES256', { kid: '2026-a' }), JSON.stringify(own))
  await opened.says(/Signature valid/)
  await opened.button('Build').click()
  const verifier = createVerifier({
    keys: importKey(publicMembers(own)),
    issuer: 'https://id.example.com',
    audience: 'api',
    now: () => NOW,
  })
  const untouched = await builtWith(opened, (payload) => payload.includes('"sub"'))
  assert.equal(payloadOf(untouched), CLAIMS)
  const text = await editor(opened, 'Claims').inputValue()
  await editor(opened, 'Claims').fill(text.replace('"ada"', '"eve"'))
  const token = await builtWith(opened, (payload) => payload.includes('eve'))
  assert.equal(payloadOf(token), CLAIMS.replace('"ada"', '"eve"'))
  assert.equal((await verifier.verify(token)).claims.sub, 'eve')
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
  assert.deepEqual(JSON.parse(header), { alg: 'ES256', typ: 'JWT', kid: '2026-a' })
  assert.equal(Buffer.from(token.split('.')[2] ?? '', 'base64url').length, 64)
})

test('step 9: exp is moved by a button, and the page tells what differs from the token that was pasted', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const own = keyFor('Ed25519')
  await opened.give(await sign(CLAIMS, 'Ed25519'), pemOf(own))
  await opened.button('Build').click()
  for (const [name, seconds] of [
    [/^exp \+15m/, 900],
    [/^exp \+1h/, 3600],
  ] as const) {
    await opened.button(name).click()
    const token = await builtWith(opened, (payload) => payload.includes(`"exp":${NOW + seconds}`))
    assert.equal(payloadOf(token), CLAIMS.replace(`"exp":${NOW + 60}`, `"exp":${NOW + seconds}`))
  }
  const main = await opened.page.getByRole('main').innerText()
  assert.match(main, new RegExp(`exp[\\s\\S]*${NOW + 60}[\\s\\S]*${NOW + 3600}`), 'what it was, and what it is')
  assert.match(main, /chang|differ/i)
})

test('step 9: what cannot be built is said where it is wrong, and no token is shown', async (t) => {
  const opened = await open(t)
  if (!opened) return
  await opened.give(await sign(CLAIMS, 'ES256'), JSON.stringify(keyFor('ES256')))
  await opened.button('Build').click()
  await builtWith(opened, () => true)
  const header = await editor(opened, 'Header').inputValue()
  for (const [why, name, text] of [
    ['a header that is no JSON', 'Header', '{"alg":"ES256"'],
    ['a header with a name twice', 'Header', '{"alg":"ES256","alg":"HS256"}'],
    ['alg none', 'Header', '{"alg":"none"}'],
    ['an algorithm that the key has not', 'Header', '{"alg":"RS256"}'],
    ['claims that are no JSON', 'Claims', '{"sub":}'],
  ] as const) {
    const before = await editor(opened, name).inputValue()
    await editor(opened, name).fill(text)
    await opened.page
      .getByText(/error\[CS_\w+\]/)
      .first()
      .waitFor()
    assert.equal(await made(opened).inputValue(), '', why)
    await editor(opened, name).fill(before)
    await builtWith(opened, () => true)
  }
  assert.equal(await editor(opened, 'Header').inputValue(), header)
  await opened.key.fill(JSON.stringify(publicMembers(keyFor('ES256'))))
  await opened.page
    .getByText(/error\[CS_\w+\]/)
    .first()
    .waitFor()
  assert.equal(await made(opened).inputValue(), '', 'a public key signs nothing')
})

test('step 9: back in Decode the token that was built is there to be judged', async (t) => {
  const opened = await open(t)
  if (!opened) return
  await opened.give('', JSON.stringify(keyFor('ES256')))
  await opened.button('Build').click()
  await editor(opened, 'Claims').fill(`{"sub":"new","exp":${NOW + 60}}`)
  const token = await builtWith(opened, (payload) => payload.includes('new'))
  const key = importKey(publicMembers(keyFor('ES256')))
  const verifier = createVerifier({ keys: key, issuer: 'any', audience: 'any', now: () => NOW })
  assert.equal((await verifier.verify(token)).claims.sub, 'new')
})
