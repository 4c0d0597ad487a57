import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Jwk } from 'countersign'
import { command } from '../../countersign/test/cli/support/memory-host.ts'
import { callsIn, typedLines } from '../../countersign/test/cli/support/shell-words.ts'
import { formsOf, keyFor, pemOf, publicMembers, sign } from './support/keys.ts'
import { inChromium, NOW, type Opened } from './support/page.ts'

const { open, file } = inChromium()

/** Texts of a key of which none may be seen elsewhere. */
const secretsOf = (jwk: Jwk): readonly string[] =>
  (['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'] as const).flatMap((name) => {
    const value = jwk[name]
    return typeof value === 'string' ? [value, Buffer.from(value, 'base64url').toString('base64')] : []
  })

/** @param hint - what the sheet says of the key once it knows what may go into a link */
async function linkOf(opened: Opened, hint: RegExp): Promise<string> {
  await opened.button('Share').click()
  const sheet = opened.page.getByRole('dialog', { name: 'Share' })
  await opened.says(hint, sheet)
  for (const box of await sheet.getByRole('checkbox').all()) if (await box.isEnabled()) await box.check()
  const link = await sheet.getByRole('textbox', { name: 'Link' }).inputValue()
  await sheet.getByRole('button', { name: 'Close' }).click()
  return link
}

test('step 12: a link has what it has behind #, and of a key its public members alone', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const hmac = JSON.stringify(keyFor('HS256'))
  const secret = 'a secret that is long enough for its hash'
  for (const [alg, key, jwk] of [
    ['ES256', JSON.stringify(keyFor('ES256')), keyFor('ES256')] as const,
    ['ES256', formsOf('ES256', 'x')['SEC 1'] ?? '', keyFor('ES256')] as const,
    ['RS256', pemOf(keyFor('RS256')), keyFor('RS256')] as const,
    ['Ed25519', pemOf(publicMembers(keyFor('Ed25519'))), keyFor('Ed25519')] as const,
    ['ES256', JSON.stringify({ keys: [keyFor('ES256'), keyFor('RS256')] }), keyFor('RS256')] as const,
    ['HS256', hmac, keyFor('HS256')] as const,
    ['HS256', secret, { kty: 'oct', k: secret } as Jwk] as const,
  ]) {
    const token = await sign({ sub: 'ada', exp: NOW - 60 }, alg)
    await opened.give(token, key)
    await opened.says(/Signature (valid|wrong)/)
    const link = await linkOf(opened, alg === 'HS256' ? /never goes into a link/ : /public (members|half)/)
    const [before, fragment = ''] = link.split('#')
    assert.equal(before, String(pathToFileURL(file)))
    const shared = new URLSearchParams(fragment.replaceAll('+', '%2B'))
    assert.equal(shared.get('token'), token)
    const whole = [link, decodeURIComponent(fragment)].join()
    for (const text of secretsOf(jwk)) assert.ok(!whole.includes(text), `${alg}: ${key.slice(0, 40)}`)
    assert.doesNotMatch(whole, /PRIVATE|"(d|k|p|q|priv)"/)
    assert.equal(shared.has('key'), alg !== 'HS256')
  }
})

test('step 12: a token that is still good goes into a link when somebody says so, and is warned of', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const token = await sign({ sub: 'ada', exp: NOW + 3600 }, 'ES256')
  await opened.give(token, JSON.stringify(publicMembers(keyFor('ES256'))))
  await opened.button('Share').click()
  const sheet = opened.page.getByRole('dialog', { name: 'Share' })
  await opened.says(/valid for another 1h/, sheet)
  const link = sheet.getByRole('textbox', { name: 'Link' })
  assert.ok(!(await link.inputValue()).includes(token))
  await sheet.getByRole('checkbox', { name: 'the token' }).check()
  assert.ok((await link.inputValue()).includes(token))
  await sheet.getByRole('checkbox', { name: 'the public key' }).uncheck()
  assert.doesNotMatch(await link.inputValue(), /key=/)
})

test('step 12: a link brings back what it has, and leaves the address', async (t) => {
  const token = await sign({ sub: 'ada', exp: NOW + 60 }, 'ES256')
  const key = JSON.stringify(publicMembers(keyFor('ES256')))
  const opened = await open(t, { hash: `#token=${token}&key=${encodeURIComponent(key)}` })
  if (!opened) return
  await opened.says(/Signature valid/)
  assert.equal(await opened.token.inputValue(), token)
  assert.equal(opened.page.url(), String(pathToFileURL(file)))
  // Whoever made the link chose the key, too.
  await opened.says(/whoever made it chose/, opened.page.getByRole('alert'))
  await opened.page.goto(`${pathToFileURL(file)}#id_token=${token}&state=1`)
  await opened.says(/./, opened.page.getByRole('alert'))
  for (const name of ['id_token', 'access_token', 'token']) {
    await opened.token.fill('')
    await opened.page.evaluate(`location.hash = '${name}=${token}'`)
    await opened.until(`document.querySelector('textarea').value === '${token}'`)
    assert.doesNotMatch(opened.page.url(), /eyJ/)
  }
})

test('step 12: a token behind ? is not taken, and the page says why', async (t) => {
  const token = await sign({ sub: 'ada' }, 'ES256')
  const opened = await open(t, { url: `${pathToFileURL(file)}?token=${token}` })
  if (!opened) return
  await opened.says(/not taken/, opened.page.getByRole('alert'))
  assert.equal(await opened.token.inputValue(), '')
  assert.doesNotMatch(opened.page.url(), /eyJ/)
})

test('step 12: a private key or a secret in a link is not taken', async (t) => {
  for (const key of [
    JSON.stringify(keyFor('ES256')),
    pemOf(keyFor('RS256')),
    JSON.stringify(keyFor('HS256')),
    'a secret',
  ]) {
    const opened = await open(t, { hash: `#key=${encodeURIComponent(key)}` })
    if (!opened) return
    await opened.says(/not taken/, opened.page.getByRole('alert'))
    assert.equal(await opened.key.inputValue(), '')
    assert.equal(opened.page.url(), String(pathToFileURL(file)))
  }
})

/** The code that the page offers for what it shows, by language. */
async function codesOf(opened: Opened): Promise<ReadonlyMap<string, string>> {
  await opened.button('Copy as').click()
  const sheet = opened.page.getByRole('dialog', { name: 'Copy as' })
  const codes = new Map<string, string>()
  for (const button of await sheet.getByRole('group', { name: 'Language' }).getByRole('button').all()) {
    await button.click()
    codes.set(await button.innerText(), await sheet.locator('pre').innerText())
  }
  await sheet.getByRole('button', { name: 'Close' }).click()
  assert.equal(codes.size, 5)
  return codes
}

const SECRET = 'a secret that is long enough for its hash'

test('copy as: five languages, and no secret and no private key in any of them', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [alg, key, hidden] of [
    ['HS256', SECRET, [SECRET]],
    ['ES256', JSON.stringify(keyFor('ES256')), secretsOf(keyFor('ES256'))],
    ['RS256', pemOf(keyFor('RS256')), [...secretsOf(keyFor('RS256')), 'PRIVATE KEY-----']],
  ] as const) {
    await opened.give(await sign({ sub: 'ada', iss: 'https://id.example.com', aud: 'api', exp: NOW + 60 }, alg), key)
    await opened.says(/Signature (valid|wrong)/)
    for (const [language, code] of await codesOf(opened)) {
      assert.ok(code.includes(alg), `${language}: ${code}`)
      for (const text of hidden) assert.ok(!code.includes(text), `${language}: ${code}`)
    }
  }
})

test('copy as: the command and the programs say what the page says', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const folder = mkdtempSync(join(tmpdir(), 'countersign-copied-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const jwk = keyFor('ES256')
  const pem = pemOf(publicMembers(jwk))
  symlinkSync(
    fileURLToPath(new URL('../../../node_modules', import.meta.url)),
    join(folder, 'node_modules'),
    'junction',
  )
  // Programs go by the clock of this machine.
  const soon = Math.floor(Date.now() / 1000) + 3600
  const token = await sign({ sub: 'ada', iss: 'https://id.example.com', aud: 'api', exp: soon }, 'ES256')
  await opened.give(token, pem)
  await opened.page.getByRole('textbox', { name: 'iss', exact: true }).fill('https://id.example.com')
  await opened.page.getByRole('textbox', { name: 'aud', exact: true }).fill('api')
  await opened.says(/Claims accepted/)
  const codes = await codesOf(opened)
  const files: Record<string, string> = { 'public.pem': pem, 'public.jwk': JSON.stringify(publicMembers(jwk)) }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const typed = (codes.get('Command') ?? '').replaceAll('"$TOKEN"', token)
  const [args = []] = typedLines(`$ ${typed.replaceAll('\\\n', ' ')}`).flatMap(callsIn)
  const { code, err } = await command(args, { files, now: NOW })
  assert.equal(code, 0, `${typed}\n${err}`)
  for (const program of ['countersign', 'jose']) {
    const text = codes.get(program) ?? ''
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
      cwd: folder,
      env: { ...process.env, TOKEN: token },
      encoding: 'utf8',
    })
    assert.equal(status, 0, `${text}\n${stderr}`)
    assert.match(stdout, /ada/, program)
  }
})
