import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encoded, inChromium, NOW, tokenOf } from './support/page.ts'

const { open } = inChromium()

const HTML = `<img src=x onerror=alert(1)><script>document.title='mine'</script><svg/onload=alert(2)>"'`
const RTL = 'user\u202egnp.exe\u2066\u200b\ufeff'
const quotedHtml = JSON.stringify(HTML)

const HOSTILE: Readonly<Record<string, string>> = {
  'HTML in names and values': tokenOf(
    `{${quotedHtml}:${quotedHtml},"iss":${quotedHtml}}`,
    `{"alg":${quotedHtml},"kid":${quotedHtml}}`,
  ),
  'HTML in place of claims': tokenOf(HTML),
  'HTML as the whole text': HTML,
  'names of prototypes': tokenOf(
    '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":1,"hasOwnProperty":2,"exp":{"valueOf":1}}',
    '{"alg":"__proto__","typ":"constructor","crit":"toString"}',
  ),
  'names that are there twice': tokenOf(
    `{"sub":"ada","sub":"eve","exp":${NOW},"exp":1}`,
    '{"alg":"ES256","alg":"none"}',
  ),
  'text that turns around': tokenOf(
    `{"name":${JSON.stringify(RTL)},${JSON.stringify(RTL)}:1}`,
    `{"alg":"ES256","kid":${JSON.stringify(RTL)}}`,
  ),
  'numbers of any size': tokenOf('{"exp":1e999,"iat":-1e999,"nbf":99999999999999999999999999,"n":-0}'),
  'values that nobody expects': tokenOf('{"exp":"soon","iat":null,"nbf":[1],"aud":[[]],"iss":{},"sub":false}'),
  'lines and controls': tokenOf('{"a":"\\u0000\\u001b[31m\\r\\nX: y\\u2028"}'),
  'an address in each place': tokenOf(
    '{"iss":"javascript:alert(1)","picture":"https://evil.example/x.png","website":"data:text/html,<script>alert(1)</script>"}',
    '{"alg":"ES256","jku":"https://evil.example/jwks","x5u":"http://evil.example/x"}',
  ),
  'deep nesting': tokenOf(`${'{"a":['.repeat(60)}1${']}'.repeat(60)}`),
  'deeper than is read': tokenOf(`${'['.repeat(50_000)}${']'.repeat(50_000)}`),
  'a JSON serialization with everything': JSON.stringify({
    payload: encoded('{}'),
    signatures: [{ header: { alg: HTML, __proto__: 1 }, signature: '' }],
  }),
}

test('step 13: a hostile token is text, in every place where it shows', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const { page } = opened
  await page.evaluate(
    `globalThis.violated = []; document.addEventListener('securitypolicyviolation', (event) => violated.push(event.effectiveDirective))`,
  )
  const html = page.locator('main')
  const elements = async (): Promise<readonly string[]> =>
    (await page.evaluate(
      `[...document.body.querySelectorAll('img, script, iframe, object, embed, a[href], [onerror], [onload], form[action], link, style, meta')].map((element) => element.outerHTML.slice(0, 80))`,
    )) as readonly string[]
  const before = await elements()
  for (const [why, text] of Object.entries(HOSTILE)) {
    await opened.give('')
    await opened.says(/Paste a token/)
    await opened.give(text, text.includes('evil') ? '{"kty":"oct","k":"AAAA"}' : '')
    await opened.refuses(/^\W*(?!Paste a token)\w/, why)
    for (const name of ['JSON', 'Table'])
      for (const button of await html.getByRole('button', { name, exact: true }).all())
        if (await button.isVisible()) await button.click()
    assert.deepEqual(await elements(), before, why)
    const shown = await html.innerText()
    assert.doesNotMatch(shown, /\p{Bidi_Control}|(?![\n\t])\p{Cc}/u, why)
  }
  await opened.give(HOSTILE['HTML in names and values'] ?? '')
  assert.match(await html.innerText(), /<img src=x onerror=alert\(1\)>/)
  await opened.give(HOSTILE['names of prototypes'] ?? '')
  assert.match(await html.innerText(), /__proto__[\s\S]*admin/)
  assert.equal(await page.evaluate('({}).admin'), undefined)
  for (const sheet of ['Share', 'Copy as']) {
    await opened.give(HOSTILE['HTML in names and values'] ?? '')
    await opened.button(sheet).click()
    await page.getByRole('dialog').first().waitFor()
    assert.deepEqual(await elements(), before, sheet)
    await page.keyboard.press('Escape')
  }
  await opened.button('Build').click()
  assert.deepEqual(await elements(), before)
  assert.equal(await page.title(), 'countersign debugger')
  assert.deepEqual(await page.evaluate('violated'), [])
})

/** In the page: the longest time in which it answered nothing while a text was put into its first field, in milliseconds. */
const longestPause = (text: string): string => `new Promise((done) => {
  const field = document.querySelector('textarea')
  let [last, longest] = [performance.now(), 0]
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const ticking = setInterval(tick, 10)
  field.value = ${JSON.stringify(text)}
  field.dispatchEvent(new Event('input', { bubbles: true }))
  // What the page puts off for a moment is done by then.
  setTimeout(() => { clearInterval(ticking); tick(); done(longest) }, ${text === '' ? 100 : 1000})
})`

test('step 13: a token of 1 MB does not keep the page from answering', async (t) => {
  const opened = await open(t, { ticking: true })
  if (!opened) return
  const many = Array.from({ length: 30_000 }, (_, index) => `"claim ${index}":"${'x'.repeat(8)}"`).join()
  const texts: readonly (readonly [why: string, text: string])[] = [
    ['many claims', tokenOf(`{${many}}`)],
    ['many numbers', tokenOf(`{"a":[${'1,'.repeat(380_000)}1]}`)],
    ['almost a token', `eyJ${'eyJ.'.repeat(250_000)}`],
  ]
  for (const [why, text] of texts) {
    assert.ok(text.length > 750_000, `${why}: ${text.length}`)
    const longest = (await opened.page.evaluate(longestPause(text))) as number
    t.diagnostic(`${why}: ${text.length} characters, ${longest.toFixed()} ms without an answer; the bar is 1000`)
    // What the machine does beside is not the page's: far more than the bar is a hang.
    assert.ok(longest < 4000, `${why}: ${longest} ms`)
    await opened.page.evaluate(longestPause(''))
  }
})
