import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { lint } from 'countersign/lint'
import type { Locator } from 'playwright-core'
import { certificateFor, formsOf, keyFor, pemOf, publicMembers, sign } from './support/keys.ts'
import { encoded, inChromium, NOW, type Opened, tokenOf } from './support/page.ts'
import { A1 } from './support/tokens.ts'
import { oneLine } from './support/words.ts'

const { open } = inChromium()
const VALID = /Signature valid/

/** Changed so that each part can still be read: JWT is JWU, joe is jof, and a signature begins with another letter. */
const [HEADER = '', PAYLOAD = '', SIGNATURE = ''] = A1.token.split('.')
const changed = (part: string, from: string, to: string): string =>
  encoded(Buffer.from(part, 'base64url').toString().replace(from, to))
const CHANGED: readonly (readonly [part: string, token: string, named: string])[] = [
  ['header', `${changed(HEADER, 'JWT', 'JWU')}.${PAYLOAD}.${SIGNATURE}`, 'header'],
  ['claims', `${HEADER}.${changed(PAYLOAD, 'joe', 'jof')}.${SIGNATURE}`, 'payload'],
  ['signature', `${HEADER}.${PAYLOAD}.e${SIGNATURE.slice(1)}`, 'signature'],
]

test('step 3: with its key the token of RFC 7515 A.1 is valid, and with a change in any part it is not', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [part, token, named] of CHANGED) {
    await opened.give(A1.token, JSON.stringify(A1.key))
    await opened.says(VALID)
    // Its exp passed in 2011: the signature holds, and the claims do not.
    await opened.says(/Claims refused: exp/)
    await opened.token.fill(token)
    await opened.refuses(/Signature wrong/, part)
    const blamed = opened.page.getByText(/not what verified before/).first()
    assert.match(oneLine(await blamed.innerText()), new RegExp(`^The ${named} is not`), part)
  }
})

/** The same octets, as they may be written. Each is a secret as text, too, so that taking it for that is no error. */
const OCTETS = Buffer.from('f0'.repeat(8) + 'ff3ec7a1'.repeat(6), 'hex')
const SECRETS: readonly (readonly [spelling: string, text: string, octets: Buffer, wrong: string])[] = [
  ['text', '0f'.repeat(32), Buffer.from('0f'.repeat(32)), 'hex'],
  ['base64', OCTETS.toString('base64'), OCTETS, 'text'],
  ['base64url', OCTETS.toString('base64url'), OCTETS, 'text'],
  ['hex', OCTETS.toString('hex'), OCTETS, 'text'],
]

test('step 4: a secret in any spelling; the wrong choice offers the right one, and Apply takes it', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  const spelling = (name: string) => page.getByRole('radio', { name, exact: true })
  for (const [right, text, octets, wrong] of SECRETS) {
    const input = `${encoded('{"alg":"HS256","typ":"JWT"}')}.${encoded(`{"exp":${NOW + 60}}`)}`
    const token = `${input}.${createHmac('sha256', octets).update(input).digest('base64url')}`
    await opened.give(token, text)
    await spelling(right).check()
    await opened.says(VALID)
    await spelling(wrong).check()
    await opened.refuses(/Signature wrong/, `${right} as ${wrong}`)
    await page
      .getByText(/match(es)? if /)
      .first()
      .waitFor()
    await opened.button(/^Apply/).click()
    await opened.says(VALID)
    assert.equal(await spelling(right).isChecked(), true, right)
  }
})

const KID = '2026-a'

for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'Ed25519', 'ML-DSA-44']) {
  test(`step 5: ${alg} verifies with its key in every form, and with no other`, async (t) => {
    const opened = await open(t)
    if (!opened) return
    if (alg.startsWith('ML-')) {
      const has = `typeof SubtleCrypto.supports === 'function' && SubtleCrypto.supports('verify', '${alg}')`
      if (!(await opened.page.evaluate(has))) return t.skip(`this browser has no ${alg}`)
    }
    const stranger = JSON.stringify(publicMembers(keyFor(alg, 1)))
    await opened.give(await sign({ sub: 'ada', exp: NOW + 60 }, alg, { kid: KID }), stranger)
    await opened.refuses(/Signature wrong/, 'a stranger')
    for (const [form, key] of Object.entries(formsOf(alg, KID))) {
      await opened.key.fill('')
      await opened.says(/Not verified/)
      await opened.key.fill(key)
      const said = await opened.says(VALID)
      assert.ok(said.includes(alg), form)
      if (form === 'JWK Set') assert.ok(said.includes(KID), said)
      await opened.says(/Claims accepted: exp/)
    }
  })
}

test('signature and claims are two verdicts', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const claims = { iss: 'https://id.example.com', aud: ['api', 'other'], exp: NOW + 60 }
  await opened.give(await sign(claims, 'ES256'), pemOf(publicMembers(keyFor('ES256'))))
  await opened.says(/Claims accepted: exp/)
  for (const [name, wrong, right] of [
    ['iss', 'https://id.example.com/', 'https://id.example.com'],
    ['aud', 'ap', 'api'],
    ['typ', 'at+jwt', 'JWT'],
  ] as const) {
    const field = opened.page.getByRole('textbox', { name, exact: true })
    await field.fill(wrong)
    await opened.says(new RegExp(`Signature valid[\\s\\S]*Claims refused: ${name}`))
    await field.fill(right)
    await opened.says(new RegExp(`Signature valid[\\s\\S]*Claims accepted: [\\w, ]*${name}`))
  }
})

/** Tokens that make a reader believe them, with the key that somebody may hold against them. */
async function forgeries(): Promise<readonly (readonly [why: string, token: string, key: string, named: string])[]> {
  const claims = { sub: 'mallory', admin: true, exp: NOW + 60 }
  const rsa = pemOf(publicMembers(keyFor('RS256')))
  const confused = `${encoded('{"alg":"HS256","typ":"JWT"}')}.${encoded(JSON.stringify(claims))}`
  const mac = (secret: string): string => createHmac('sha256', secret).update(confused).digest('base64url')
  const own = keyFor('ES256', 1)
  const elsewhere = { jku: 'https://evil.example/jwks.json', x5u: 'https://evil.example/c.pem' }
  const ec = JSON.stringify(publicMembers(keyFor('ES256')))
  const none = (alg: string): string => `${encoded(JSON.stringify({ alg }))}.${encoded(JSON.stringify(claims))}.`
  return [
    ['alg none', none('none'), ec, 'alg'],
    ['alg nOnE', none('nOnE'), ec, 'alg'],
    ['alg none with a secret', none('none'), 'a secret that is long enough for its hash', 'alg'],
    ['HS256 with an RSA PEM', `${confused}.${mac(rsa)}`, rsa, 'alg'],
    ['HS256 with an RSA PEM, trimmed', `${confused}.${mac(rsa.trim())}`, rsa, 'alg'],
    ['a key of its own', await sign(claims, 'ES256', { by: own, jwk: publicMembers(own) }), ec, 'jwk'],
    ['jku', await sign(claims, 'ES256', { by: own, jku: elsewhere.jku }), ec, 'jku'],
    ['x5u', await sign(claims, 'ES256', { by: own, x5u: elsewhere.x5u }), ec, 'x5u'],
    ['psychic signature', `${tokenOf(JSON.stringify(claims))}`, ec, ''],
  ]
}

test('step 7: forgeries are never valid, are found, and lead to no request', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [why, token, key, named] of await forgeries()) {
    const { findings } = await lint(token, { now: () => NOW })
    for (const given of ['', key]) {
      await opened.give(token, given)
      await opened.refuses(/Signature wrong|Unsigned|Not verified/, why)
      const found = findings.filter(({ path }) => named !== '' && path.includes(named))
      for (const { rule } of found) await opened.says(new RegExp(rule), opened.panel('Findings'))
      if (['jku', 'x5u', 'jwk'].includes(named) || why === 'alg none') assert.ok(found.length > 0, why)
    }
  }
})

test('a key inside the token proves nothing, and the page says so in red', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const own = keyFor('ES256', 1)
  const token = await sign({ sub: 'mallory', exp: NOW + 60 }, 'ES256', { by: own, jwk: publicMembers(own) })
  for (const key of ['', JSON.stringify(publicMembers(keyFor('ES256')))]) {
    await opened.give(token, key)
    if (key === '') await opened.button(/key inside/).click()
    await opened.refuses(/key that it brings along, which proves nothing/, 'its own key')
    const colour = `(() => {
      const line = [...document.querySelectorAll('[role=status] *')].find((one) => one.textContent.includes('proves nothing'))
      return getComputedStyle(line).color.match(/[\\d.]+/g).map(Number)
    })()`
    const [red = 0, green = 0, blue = 0] = (await opened.page.evaluate(colour)) as readonly number[]
    assert.ok(red > 1.4 * green && red > 1.4 * blue, `${red} ${green} ${blue}`)
  }
})

/** Where things are drawn, without what they say. */
const markupOf = async (panel: Locator): Promise<string> => (await panel.innerHTML()).replaceAll(/>[^<]*</g, '><')

/** Opens a page whose clock goes on when it is told to: the page draws when time passes. */
async function paused(t: TestContext): Promise<Opened | undefined> {
  const opened = await open(t, { ticking: true })
  if (!opened) return undefined
  await opened.page.clock.install({ time: (NOW - 1) * 1000 })
  await opened.page.reload()
  await opened.page.clock.pauseAt(NOW * 1000)
  return opened
}

test('step 10: at exp the verdict flips, and the times go on', async (t) => {
  const opened = await paused(t)
  if (!opened) return
  const { page } = opened
  const pass = (seconds: number): Promise<void> => page.clock.runFor(seconds * 1000)
  const token = await sign({ sub: 'ada', iat: NOW - 60, exp: NOW + 2 }, 'ES256')
  await opened.give(token, certificateFor(publicMembers(keyFor('ES256'))))
  const leeway = page.getByLabel(/^leeway/)
  await leeway.fill('0')
  await pass(1)
  await opened.says(/Signature valid[\s\S]*Claims accepted: exp/)
  const timeline = opened.panel('Timeline')
  await opened.says(/\(in [12]s\)/, timeline)
  const drawn = await markupOf(timeline)
  await pass(3)
  await opened.says(/Signature valid[\s\S]*Claims refused: exp/)
  await opened.says(/\([12]s ago\)/, timeline)
  assert.notEqual(await markupOf(timeline), drawn)
  await leeway.fill('30')
  await pass(1)
  await opened.says(/Claims accepted: exp/)
  await pass(30)
  await opened.says(/Claims refused: exp/)
})

test('the verdict is spoken once per change, and not each second', async (t) => {
  const opened = await paused(t)
  if (!opened) return
  const { page } = opened
  const token = await sign({ sub: 'ada', exp: NOW + 3600 }, 'ES256')
  await opened.give(token, JSON.stringify(publicMembers(keyFor('ES256'))))
  await page.clock.runFor(3000)
  await opened.says(/Claims accepted: exp/)
  await opened.says(/fix|none/, opened.panel('Findings'))
  await page.clock.runFor(1000)
  await page.evaluate(`(() => {
    globalThis.spoken = []
    const observer = new MutationObserver((all) => { spoken += all.length })
    for (const region of document.querySelectorAll('[role=status], [aria-live]'))
      observer.observe(region, { subtree: true, childList: true, characterData: true })
  })()`)
  await page.clock.runFor(10_000)
  assert.deepEqual(await page.evaluate('spoken'), [])
})
