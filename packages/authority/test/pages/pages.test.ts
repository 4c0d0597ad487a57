import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceInputPage } from '../../src/pages/device.ts'
import { loginPage } from '../../src/pages/login.ts'
import { STYLE } from '../../src/pages/style.ts'
import { everyPage, FORMS, PAGES } from './views.ts'

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</title><script>alert(1)</script>',
  '&lt;b&gt;',
  '<!--',
  '$& $` $1',
]

const escaped = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (character) => `${{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[character]}`,
  )

for (const text of HOSTILE) {
  test(`nothing on any page is made of ${text}`, () => {
    const plain = everyPage('MARK')
    for (const [name, page] of Object.entries(everyPage(text)))
      assert.equal(
        page,
        plain[name]?.replaceAll('MARK', () => escaped(text)),
        name,
      )
  })
}

test('no page has a script, a style or a handler of its own, but for the one script that passkeys take', () => {
  for (const [name, whole] of Object.entries(PAGES)) {
    const page = whole.replace('<script src="/passkey.js" defer></script>\n</head>', '</head>')
    assert.doesNotMatch(page, /<script|<style|\sstyle=|\son[a-z]+=|javascript:|http-equiv/i, name)
    for (const [, url] of page.matchAll(/<link [^>]*href="([^"]*)"/g))
      assert.match(`${url}`, /^(\/style\.css$|data:image\/svg)/)
  }
  assert.doesNotMatch(STYLE, /@import|url\(|<\//)
})

test('a code that tries to break out of its field stays in it', () => {
  for (const code of ['type=', ' onfocus=', 'type=&quot;text&quot; name=&quot;user_code&quot;', '$&']) {
    const page = deviceInputPage({ form: FORMS.input(code), formId: 'op.deviceInputForm' })
    assert.equal(page.split(`value="${code}" type="text" name="user_code" id="user_code"`).length, 2, code)
  }
})

test('a form that oidc-provider changed is shown as it is', () => {
  const form = '<form id="new"><input name="user_code" type="text"></form>'
  assert.ok(deviceInputPage({ form, formId: 'new' }).includes(form))
})

test('every page has a language, a title, one h1 and one main', () => {
  for (const [name, page] of Object.entries(PAGES)) {
    assert.match(page, /^<!doctype html>\n<html lang="en">/, name)
    for (const tag of ['title', 'h1', 'main']) assert.equal(page.split(`<${tag}>`).length, 2, `${name} ${tag}`)
    const [, title] = /<title>([^<]+) · countersign<\/title>/.exec(page) ?? []
    const [, heading] = /<h1>([^<]+)<\/h1>/.exec(page) ?? []
    assert.equal(title?.replace(/^Error: /, ''), heading, name)
    assert.doesNotMatch(page, /undefined|null|\[object|NaN/, name)
  }
})

test('the login form is posted with what the server asks for, and so is the one that cancels', () => {
  const page = loginPage({
    title: 'Log in',
    client: 'Notes',
    action: '/login/1',
    csrf: 'token',
    cancel: '/login/1/abort',
  })
  const forms = page.split('<form').slice(1)
  assert.deepEqual(
    forms.map((form) => /method="post" action="([^"]+)"/.exec(form)?.[1]),
    ['/login/1', '/login/1/abort'],
  )
  for (const form of forms) assert.match(form, /<input type="hidden" name="csrf" value="token">/)
  assert.match(page, /name="email" type="text"[^>]* autocomplete="username"/)
  assert.match(page, /name="password" type="password" autocomplete="current-password"/)
})

test('buttons say what was decided', () => {
  const decisions = (name: string): readonly string[] =>
    [...`${PAGES[name]}`.matchAll(/<button [^>]*>/g)].map(([button]) => button)
  assert.match(`${decisions('consent')}`, /name="decision" value="allow".*name="decision" value="deny"/)
  const [confirm, abort] = decisions('deviceConfirm')
  assert.match(`${confirm}`, /form="op\.deviceConfirmForm"/)
  assert.doesNotMatch(`${confirm}`, /name=/)
  assert.match(`${abort}`, /form="op\.deviceConfirmForm" name="abort" value="yes"/)
  const [out, stay] = decisions('logout')
  assert.match(`${out}`, /form="op\.logoutForm" name="logout" value="yes"/)
  assert.doesNotMatch(`${stay}`, /name=/)
})
