import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import { PIECES, showPiece } from '../../src/demo/code.ts'
import { coloured } from '../../src/demo/colours.ts'
import { keyList } from '../../src/demo/keys-view.ts'
import { rotationPage } from '../../src/demo/rotation-page.ts'
import { toSettings } from '../../src/settings.ts'
import { startOn } from '../support/authority.ts'
import { UserAgent } from '../support/user-agent.ts'
import { type DemoForTests, startForTest } from './support.ts'

/** Where the package is on this machine. */
const HOME = fileURLToPath(new URL('../..', import.meta.url))

let demo: DemoForTests
const ends: (() => unknown)[] = []

before(async () => {
  demo = await startForTest({ after: (end) => ends.push(end as () => unknown) })
})

after(async () => {
  for (const end of ends) await end()
})

for (const name of [
  ...['nothing', 'settings', '../settings', '..%2fsettings', '%2e%2e%2fsettings', '..%5csettings', '%2e%2e/%2e%2e/cli'],
  ...['arrive.ts', 'arrive/', 'ARRIVE', 'src/demo/client.ts', 'demo%2Fclient', '/etc/passwd', '%2Fetc%2Fpasswd'],
  ...['file:%2f%2f%2fetc%2fpasswd', 'constructor', '__proto__', 'arrive%00', '', '%'],
]) {
  test(`of code that is not on the list nothing is shown: ${JSON.stringify(name)}`, async () => {
    const answer = await fetch(`${demo.issuer}/demo/code/${name}`)
    assert.equal(answer.status, 404)
    assert.match(String(answer.headers.get('content-security-policy')), /default-src 'none'/)
    assert.doesNotMatch(await answer.text(), /import|<pre/)
  })
}

test('each piece of code is shown where it stands in its file, which is named by its path in the package', async () => {
  for (const [name, { starts }] of PIECES) {
    const shown = await showPiece(name)
    assert.ok(shown)
    const lines = shown.text.split('\n').slice(shown.from - 1, shown.to)
    assert.equal(lines.filter((line) => line.includes(starts)).length, 1, `${name}: ${lines}`)
    assert.ok(lines.length > 2 && lines.length < 100, `${name} has ${lines.length} lines`)
    assert.match(lines.at(-1) ?? '', /^\s*[)}\]]+,?$/, name)
    const page = await (await fetch(`${demo.issuer}/demo/code/${name}`)).text()
    assert.ok(page.includes(`<code>src/${PIECES.get(name)?.module}.ts</code>`), name)
    assert.equal(page.split(' id="here"').length, 2)
    assert.ok(!page.includes('<script') && !page.includes(HOME), name)
  }
})

test('each of the eight steps has something to do, and leads to the code that does it', async () => {
  const page = await (await fetch(demo.issuer)).text()
  const steps = page.split('<section class="step').slice(1)
  assert.equal(steps.length, 8)
  const linked = steps.map((step) => [...step.matchAll(/href="\/demo\/code\/([\w-]+)#here"/g)].map(([, name]) => name))
  for (const [index, names] of linked.entries()) {
    assert.ok(names.length > 0)
    assert.match(steps[index] ?? '', /<div class="do">\s*<(a class="button|form)/)
  }
  assert.deepEqual([...new Set(linked.flat())].sort(), [...PIECES.keys()].sort())
})

test('whatever the colours of code are, its text stays as it is', async () => {
  const hard = [
    '`a \x24{b ? `c \x24{{ d: 1 }.d}` : "`"} e`',
    "const a = /['`]/.test(b) // `",
    '/* ` */ x = `',
    "'\\''",
    '}}`',
  ]
  const texts = await Promise.all([...PIECES.keys()].map(async (name) => (await showPiece(name))?.text ?? ''))
  for (const text of [...hard, ...texts]) {
    const lines = coloured(text).map((line) => line.map((part) => part.text).join(''))
    assert.equal(lines.join('\n'), text)
  }
  const [line = []] = coloured("const name = 'x' // why")
  assert.deepEqual(
    line.map(({ kind }) => kind),
    ['word', 'plain', 'string', 'plain', 'comment'],
  )
})

test('keys rotate at the button of the page alone, and not for another site', async () => {
  const kids = async (): Promise<unknown> =>
    (await demo.started.operations.listKeys()).map((key) => [key.kid, key.activateAt])
  const before = await kids()
  for (const headers of [
    {},
    { origin: demo.notes },
    { origin: 'null' },
    { origin: demo.issuer, 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await fetch(`${demo.issuer}/demo/rotate`, { method: 'POST', headers, redirect: 'manual' })
    assert.equal(answer.status, 403)
  }
  assert.equal((await fetch(`${demo.issuer}/demo/rotate`)).status, 404)
  assert.deepEqual(await kids(), before)
})

test('many presses are one rotation', async () => {
  const agent = new UserAgent()
  const page = await agent.get(demo.issuer)
  const form = page.forms.find(({ action }) => action === '/demo/rotate')
  assert.ok(form)
  const pages = await Promise.all(Array.from({ length: 5 }, () => agent.submit(page, {}, { form })))
  for (const { url } of pages) assert.ok(url.startsWith(`${demo.issuer}/demo/rotation`), url)
  const again = await agent.submit(page, {}, { form })
  assert.match(again.html, /pressing again changed nothing/)
  assert.match(again.html, /<meta http-equiv="refresh" content="2;url=\/demo\/rotation">/)
  assert.doesNotMatch((await agent.get(`${demo.issuer}/demo/rotation?still`)).html, /http-equiv/)
  const asked = await demo.started.store.db
    .selectFrom('audit')
    .select('event')
    .where('event', '=', 'key.rotation')
    .execute()
  assert.equal(asked.length, 2, 'one for each algorithm')
})

test('who presses on and on never has more keys public than verifiers take, and never waits for long', async () => {
  let now = 1_800_000_000
  const { schedule } = toSettings({ DEMO: '1' })
  const ring = await createKeyRing({ ...schedule, algs: ['ES256', 'EdDSA'], store: memoryStore(), now: () => now })
  for (let seconds = 0; seconds < 800; seconds++) {
    now++
    await ring.refresh()
    for (const { activateAt } of await ring.rotateNow()) assert.ok(activateAt - now <= 16)
    assert.ok(ring.list().length <= 92, 'of 100 that a remote key set takes')
  }
})

test('without the demo there is no walk, and no button', async (t) => {
  const started = await startOn('sqlite')
  t.after(() => started.stop())
  assert.match(await (await fetch(started.issuer)).text(), /Token authority/)
  for (const path of ['/demo/style.css', '/demo/rotation', '/demo/code/arrive'])
    assert.equal((await fetch(started.issuer + path)).status, 404)
  const headers = { origin: started.issuer }
  assert.equal((await fetch(`${started.issuer}/demo/rotate`, { method: 'POST', headers })).status, 404)
})

test('the page counts down, hides no token that is refused, and tells who set long times when to come back', () => {
  const seen = { from: 'old-key', to: 'new-key', askedAt: 100, turnAt: 104, state: 'done' } as const
  const good = { kid: 'new-key' }
  const looks = [{ fresh: good, before: { kid: '', refused: 'CS_NO_KEY' } }]
  const page = rotationPage({ seen: { ...seen, looks }, now: 110 })
  assert.match(page, /<b class="bad">1<\/b> refused/)
  assert.match(page, /is <strong>refused<\/strong>: <code>CS_NO_KEY<\/code>/)
  const early = rotationPage({ seen: { ...seen, state: 'under way', looks: [] }, now: 101 })
  assert.match(early, /<b>3<\/b> seconds until it takes over/)
  assert.match(early, /<progress aria-labelledby="left" max="4" value="1">/)
  const later = rotationPage({ seen: { ...seen, turnAt: 100 + 86_400, state: 'later', looks: [] }, now: 100 })
  assert.match(later, /The new key signs in 24 h/)
  assert.doesNotMatch(later, /http-equiv|<form/)
})

test('of many keys the last are listed, and the others are counted', () => {
  const key = { alg: 'ES256', publishedAt: 0 }
  const retired = Array.from({ length: 9 }, (_, index) => ({
    ...{ ...key, kid: `retired-${index}`, state: 'retired' as const },
    ...{ activateAt: index, retireAt: index + 1, purgeAt: 700 },
  }))
  const list = String(keyList([...retired, { ...key, kid: 'now', state: 'active', activateAt: 10 }], 20))
  assert.equal(list.split('<li>').length - 1, 5)
  assert.match(list, /And 5 older keys that still verify what they signed\./)
})
