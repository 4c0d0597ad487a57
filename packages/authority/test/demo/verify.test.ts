import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { generateKey } from 'countersign'
import { accessToken, idToken } from 'countersign/profile'
import { type DemoForTests, startForTest } from './support.ts'

let demo: DemoForTests
const ends: (() => unknown)[] = []

before(async () => {
  demo = await startForTest({ after: (end) => ends.push(end as () => unknown) })
})

after(async () => {
  for (const end of ends) await end()
})

const check = (body: Record<string, string>, origin = demo.api): Promise<Response> =>
  fetch(`${demo.api}/verify`, { method: 'POST', headers: { origin }, body: new URLSearchParams(body) })

/** What the page says of a token, which it never shows. */
async function verdictOn(token: string): Promise<{ title: string; code: string; html: string }> {
  const answer = await check({ token })
  const html = await answer.text()
  for (const part of [token, ...token.split('.')].filter((text) => text.length > 8))
    assert.ok(!html.includes(part), part)
  assert.doesNotMatch(html, /<script/)
  assert.match(String(answer.headers.get('content-security-policy')), /default-src 'none'; style-src 'self'/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const [, title = ''] = /<h1>(.*?)<\/h1>/.exec(html) ?? []
  const [, code = ''] = /<code class="pill bad">(.*?)<\/code>/.exec(html) ?? []
  return { title, code, html }
}

const claims = { sub: 'usr_1', client_id: 'demo-notes' }

test('the API accepts a token of the authority, and says what it checked', async () => {
  const { title, html } = await verdictOn(await demo.tokenOf({ name: '<b data-mine>x</b>' }))
  assert.equal(title, 'Accepted')
  assert.match(html, /Good for another \d+ (min|s)/)
  assert.doesNotMatch(html, /<b data-mine>/)
  const pasted = (await demo.tokenOf({})).replaceAll('.', '.\r\n ')
  assert.match(await (await check({ token: pasted })).text(), /<h1>Accepted/)
})

test('the API refuses what is forged, foreign, expired or something else, and says why', async () => {
  const { issuer, api: audience } = demo
  const [authority] = demo.started.instances
  assert.ok(authority)
  const { ring } = authority
  const good = await demo.tokenOf({})
  const [header = '', body = ''] = good.split('.')
  const mine = await generateKey('ES256', { kid: 'mine' })
  const kid = String(ring.list().find(({ alg, state }) => alg === 'ES256' && state === 'active')?.kid)
  const theirs = await generateKey('ES256', { kid })
  const [jwk] = (await ring.publicJwks()).keys.filter((one) => one.kid === kid)
  const start = `${btoa(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).replaceAll('=', '')}.${body}`
  const hmac = `${start}.${createHmac('sha256', JSON.stringify(jwk)).update(start).digest('base64url')}`
  const hourAgo = (): number => Math.floor(Date.now() / 1000) - 3600
  const options = { issuer, audience, alg: 'ES256', expiresIn: 600 }
  const refused: Readonly<Record<string, readonly [code: string, token: string]>> = {
    'another signature': ['CS_SIGNATURE', `${header}.${body}.${'A'.repeat(86)}`],
    'the key of a stranger': ['CS_NO_KEY', await accessToken.createSigner({ ...options, key: mine }).sign(claims)],
    'a stolen kid': ['CS_SIGNATURE', await accessToken.createSigner({ ...options, key: theirs }).sign(claims)],
    'another issuer': [
      'CS_ISS',
      await accessToken.createSigner({ ...options, key: ring, issuer: 'https://op.example' }).sign(claims),
    ],
    'another API': [
      'CS_AUD',
      await accessToken.createSigner({ ...options, key: ring, audience: 'https://api.example' }).sign(claims),
    ],
    'an hour old': ['CS_EXPIRED', await accessToken.createSigner({ ...options, key: ring, now: hourAgo }).sign(claims)],
    'an ID token': ['CS_TYP', await idToken.createSigner({ ...options, key: ring }).sign({ sub: 'usr_1' })],
    'no signature': ['CS_UNSIGNED', `eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.${body}.`],
    'the public key as a secret': ['CS_NO_KEY', hmac],
    'no token': ['CS_MALFORMED', 'this-is-no-token-at-all'],
    'far too long': ['CS_TOO_LARGE', `${header}.${'a'.repeat(20_000)}.${'A'.repeat(86)}`],
  }
  for (const [why, [code, token]] of Object.entries(refused)) {
    const verdict = await verdictOn(token)
    assert.deepEqual([verdict.title, verdict.code], ['Refused', code], why)
    assert.match(verdict.html, /<p>[A-Z][^<]*\.<\/p>/, why)
  }
})

test('the API takes tokens by its own form alone', async () => {
  const token = await demo.tokenOf({})
  for (const origin of [demo.notes, 'null', 'https://example.com'])
    assert.equal((await check({ token }, origin)).status, 403)
  assert.match(await (await check({})).text(), /Paste a token first\./)
  assert.equal((await check({ token: 'a'.repeat(100_000) })).status, 413)
  const inAddress = await (await fetch(`${demo.api}/verify?token=${token}`)).text()
  assert.match(inAddress, /Is this token good\?/)
  assert.ok(!inAddress.includes(token))
})
