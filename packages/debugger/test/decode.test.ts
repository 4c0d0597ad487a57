import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from 'countersign/lint'
import { command } from '../../countersign/test/cli/support/memory-host.ts'
import { encoded, inChromium, NOW, type Opened, PLAIN, tokenOf } from './support/page.ts'
import { A1 } from './support/tokens.ts'
import { oneLine, saidBy } from './support/words.ts'

const { open } = inChromium()

/** Signed with a secret that everybody knows: that of a page where tokens are tried out. */
const JSON_WEB_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
const HOSTILE = `<img src=x onerror=alert(1)><script>document.title='mine'</script>\u202e"'`

const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ['a word', 'nonsense'],
  ['two parts that are none', 'a.b'],
  ['base64 in place of base64url', PLAIN.replace('.e', '.+')],
  ['a letter that no token has', PLAIN.replace('.e', '.é')],
  ['a header that is no JSON', `${encoded('{"alg"')}.e30.`],
  ['a JSON document without a token', '{"access_token":12}'],
  ['a key', '{"kty":"oct","k":"AAAA"}'],
  ['hostile text', HOSTILE],
]

const main = (opened: Opened): Promise<string> => opened.page.getByRole('main').innerText().then(oneLine)

test('the page refuses in the words of the command', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [why, text] of REFUSED) {
    await opened.give(text)
    await opened.says(/no token|Partly readable/)
    const lines = await saidBy(['decode', '-'], text)
    assert.ok(lines.length >= 2, why)
    const said = await main(opened)
    for (const line of lines) assert.ok(said.includes(line), `${why}: ${line} in ${said}`)
    assert.equal(await opened.page.getByRole('region', { name: /^Claims/ }).count(), 0, why)
  }
})

/** In the page: how long it takes from a paste until both parts are there, in milliseconds. */
const TIMED = `new Promise((done) => {
  const field = document.activeElement
  field.value = ''
  field.dispatchEvent(new Event('input', { bubbles: true }))
  setTimeout(() => {
    const from = performance.now()
    const isThere = () => /"?HS256"?/.test(text('h2, table, pre')) && text('table, pre').includes('joe')
    const text = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent).join(' ')
    const look = () => { if (isThere()) { observer.disconnect(); done(performance.now() - from) } }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    field.value = '${A1.token}'
    field.dispatchEvent(new Event('input', { bubbles: true }))
    look()
  }, 50)
})`

test('step 2: the token of RFC 7515 A.1 is there within 100 ms, not verified and not green', async (t) => {
  const opened = await open(t, { ticking: true })
  if (!opened) return
  await opened.token.focus()
  const times: number[] = []
  for (let tries = 0; tries < 5; tries++) times.push((await opened.page.evaluate(TIMED)) as number)
  t.diagnostic(`shown after ${times.map((ms) => ms.toFixed(1)).join(', ')} ms; the bar is 100`)
  // The best of several: what else the machine does is not the page's.
  assert.ok(Math.min(...times) <= 100, `${times}`)
  await opened.refuses(/Not verified/, 'nobody gave a key')
  const colours = (await opened.page.evaluate(
    `[...document.querySelectorAll('[role=status] *')].map((element) => getComputedStyle(element).color)`,
  )) as readonly string[]
  for (const colour of colours) assert.ok(!isGreen(colour), colour)
  assert.match(await opened.panel('Claims').innerText(), /http:\/\/example\.com\/is_root/)
})

function isGreen(colour: string): boolean {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return green > 1.5 * Math.max(red, blue) && green > 60
}

test('a token is shown as the command shows it, with every digit', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const payload = `{"sub":"ada","account":9007199254740993,"rate":1.10,"exp":${NOW + 852},"sub":"eve"}`
  for (const text of [
    tokenOf(payload),
    `curl -H "Authorization: Bearer ${tokenOf(payload)}" https://api.example.com`,
  ]) {
    await opened.give(text)
    for (const [title, part] of [
      ['Header', 'header'],
      ['Claims', 'payload'],
    ] as const) {
      // A terminal, since a pipe gets a part octet by octet.
      const world = { input: text, terminal: 'output' } as const
      const { out } = await command(['decode', '-', '--part', part, '--color=never'], world)
      const panel = opened.panel(title)
      await panel.getByRole('button', { name: 'JSON' }).click()
      assert.equal(await panel.locator('pre').innerText(), out.trim())
      await panel.getByRole('button', { name: 'Table' }).click()
    }
    const claims = oneLine(await opened.panel('Claims').innerText())
    for (const shown of ['9007199254740993', '1.10', '2026-11-21T22:49:12Z', '(in 14m 12s)', '"eve"'])
      assert.ok(claims.includes(shown), shown)
    const said = await main(opened)
    const lines = await saidBy(['decode', '-'], text)
    assert.ok(lines.some((line) => line.includes('CS_NOTE_JSON')))
    for (const line of lines) assert.ok(said.includes(line), line)
    await opened.says(/Not verified/)
  }
})

test('step 6: what stands around a token is taken away, and the page says so', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const cut = PLAIN.slice(0, PLAIN.lastIndexOf('.'))
  for (const [text, code] of [
    [`Bearer ${PLAIN}`, 'CS_NOTE_BEARER'],
    [`Authorization: Bearer ${PLAIN}`, 'CS_NOTE_BEARER'],
    [`"${PLAIN}"`, 'CS_NOTE_FOUND'],
    [`'${PLAIN}',`, 'CS_NOTE_FOUND'],
    [PLAIN.replace(/(.{30})/g, '$1\n'), 'CS_NOTE_FOUND'],
    [`curl https://api.example.com -H 'Authorization: Bearer ${PLAIN}' -d x=1`, 'CS_NOTE_FOUND'],
    [`{"token_type":"Bearer","access_token":"${PLAIN}"}`, 'CS_NOTE_FOUND'],
    [`https://app.example.com/#id_token=${PLAIN}&state=1`, 'CS_NOTE_FOUND'],
    [cut, 'CS_NOTE_CUT'],
  ] as const) {
    await opened.give('')
    await opened.give(text)
    assert.match(await opened.panel('Claims').innerText(), /"ada"/, text)
    const notes = await saidBy(['decode', '-'], text)
    assert.ok(notes[0]?.startsWith(`note[${code}]`), `${notes}`)
    const shown = oneLine(await opened.panel('Token').innerText())
    for (const note of notes) assert.ok(shown.includes(note), `${note} in ${shown}`)
    await opened.refuses(/Not verified|cut off|Unsigned/i, text)
  }
})

test('it shows what can be read of tokens that are encrypted, unsigned, detached or cut off', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const header = encoded('{"alg":"dir","enc":"A256GCM"}')
  const cases: readonly (readonly [text: string, ...shown: RegExp[]])[] = [
    [`${header}..AAAA.AAAA.AAAA`, /Encrypted: only its header can be read/, /A256GCM/],
    [`${encoded('{"alg":"none"}')}.${encoded('{}')}.`, /Unsigned: nobody signed this/],
    [PLAIN.replace(/\..*\./, '..'), /detached: it travels by itself/],
    [PLAIN.slice(0, PLAIN.lastIndexOf('.')), /note\[CS_NOTE_CUT\]/, /"ada"/],
    [tokenOf('some text\nin lines'), /some text in lines/],
  ]
  for (const [text, ...shown] of cases) {
    await opened.give(text)
    const said = await main(opened)
    for (const pattern of shown) assert.match(said, pattern)
  }
})

test('it finds what the library finds, the gravest first, and says what to do', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const sound = `{"iss":"https://id.example.com","aud":"api","sub":"ada","iat":${NOW},"exp":${NOW + 600}}`
  for (const text of [
    JSON_WEB_TOKEN,
    `${encoded('{"alg":"none"}')}.${encoded('{}')}.`,
    tokenOf(
      `{"exp":${NOW}000,"password":${JSON.stringify(HOSTILE)}}`,
      `{"alg":"ES256","jku":${JSON.stringify(HOSTILE)}}`,
    ),
    tokenOf(sound, '{"alg":"ES256","typ":"example+jwt"}'),
  ]) {
    const { findings } = await lint(text, { now: () => NOW })
    await opened.give(text)
    const panel = opened.panel('Findings')
    await opened.says(new RegExp(escaped(oneLine(findings[0]?.message ?? 'none: nothing looks wrong'))), panel)
    const shown = (await panel.getByRole('listitem').allInnerTexts()).map(oneLine)
    assert.equal(shown.length, findings.length)
    for (const [index, { rule, message, fix, spec }] of findings.entries())
      for (const part of [rule, oneLine(message), oneLine(fix), spec])
        assert.ok(shown[index]?.includes(part), `${part} in ${shown[index]}`)
  }
})

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

test('step 10: times are told from now, in UTC as Intl and in local time, and those in milliseconds are flagged', async (t) => {
  const opened = await open(t, { timezoneId: 'Asia/Kolkata' })
  if (!opened) return
  await opened.give(tokenOf(`{"exp":${NOW + 61},"iat":${NOW - 60}}`))
  const times = opened.panel('Timeline')
  const inUtc = oneLine(await times.innerText())
  for (const shown of ['2026-11-21T22:36:01Z', '(in 1m 01s)', '2026-11-21T22:34:00Z', '(1m ago)'])
    assert.ok(inUtc.includes(shown), `${shown} in ${inUtc}`)
  await chooseZone(opened, 'local')
  const local = oneLine(await times.innerText())
  for (const seconds of [NOW + 61, NOW - 60]) {
    const parts = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Asia/Kolkata',
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(seconds * 1000)
    assert.ok(local.replaceAll('T', ' ').includes(`${parts}+05:30`), `${parts} in ${local}`)
  }
  await opened.give(tokenOf(`{"exp":${NOW}000}`))
  const notes = await saidBy(['decode', '-'], tokenOf(`{"exp":${NOW}000}`))
  assert.match(notes.join(), /exp looks like milliseconds/)
  const said = await main(opened)
  for (const note of notes) assert.ok(said.includes(note), note)
})

async function chooseZone(opened: Opened, zone: 'local' | 'UTC'): Promise<void> {
  await opened.button(zone === 'UTC' ? 'UTC' : /^local/i).click()
}
