import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier } from 'countersign'
import { createKeyRing, memoryStore } from 'countersign/keyring'
import type { Letter } from '../../src/accounts/mail.ts'
import { createMailHook } from '../../src/accounts/mail-hook.ts'
import { sha256, startMailer } from '../support/mail.ts'

const LETTER: Letter = {
  kind: 'reset-password',
  user: { id: 'usr_1', email: 'ada@example.org', state: 'active', name: 'Ada "Reyes" \u2028', roles: [] },
  link: 'https://login.example/reset/SECRET-OF-THE-LINK',
  expiresAt: 1_800_000_000,
}
const ring = await createKeyRing({ algs: ['ES256', 'RS256'], store: memoryStore() })
const issuer = 'https://login.example'

test('a letter comes with a token that says who sends it, to whom, and what is in it', async (t) => {
  const mailer = await startMailer()
  t.after(() => mailer.close())
  const send = createMailHook({ hook: mailer.url, issuer, ring, log: () => assert.fail() })
  await send(LETTER)
  await send({ ...LETTER, user: { ...LETTER.user, name: undefined } })
  const [first, second] = mailer.received
  assert.ok(first && second)
  assert.equal(first.headers['content-type'], 'application/json')
  assert.deepEqual(first.letter, {
    kind: 'reset-password',
    email: 'ada@example.org',
    name: 'Ada "Reyes" \u2028',
    link: LETTER.link,
    expires_at: 1_800_000_000,
  })
  assert.equal(second.letter['name'], null)
  const verifier = createVerifier({ keys: ring, issuer, audience: mailer.url, typ: 'mail-hook+jwt' })
  const claimsOf = async ({ headers }: typeof first): Promise<Readonly<Record<string, unknown>>> =>
    (await verifier.verify(String(headers.authorization).replace(/^Bearer /, ''))).claims
  const claims = await claimsOf(first)
  assert.equal(claims['body_sha256'], sha256(first.body))
  assert.equal(Number(claims['exp']) - Number(claims['iat']), 60)
  assert.notEqual(claims['jti'], (await claimsOf(second))['jti'])
  assert.ok(!JSON.stringify(claims).includes('ada@'))
})

test('what is not taken is refused, and the log has neither the address nor the link', async (t) => {
  const [mailer, elsewhere] = [await startMailer(), await startMailer()]
  t.after(() => Promise.all([mailer.close(), elsewhere.close()]))
  const lines: object[] = []
  const log = (line: object): void => void lines.push(line)
  const refused = { code: 'MAIL', name: 'AuthorityError' }
  for (const status of [400, 401, 500, 503]) {
    mailer.answer = { status }
    await assert.rejects(createMailHook({ hook: mailer.url, issuer, ring, log })(LETTER), refused, `${status}`)
  }
  for (const status of [301, 302, 303, 307, 308]) {
    mailer.answer = { status, headers: { location: elsewhere.url } }
    await assert.rejects(createMailHook({ hook: mailer.url, issuer, ring, log })(LETTER), refused, `${status}`)
  }
  assert.equal(elsewhere.received.length, 0, 'a letter was sent on')
  await assert.rejects(createMailHook({ hook: 'http://127.0.0.1:1/', issuer, ring, log })(LETTER), refused)
  assert.equal(lines.length, 10)
  assert.match(JSON.stringify(lines), /mail\.failed.*status 401/)
  assert.doesNotMatch(JSON.stringify(lines), /ada@|SECRET|Reyes/)
})

test('nobody is waited for longer than ten seconds', async (t) => {
  const waited: (AbortSignal | null | undefined)[] = []
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    waited.push(init?.signal)
    throw new DOMException('it took long', 'TimeoutError')
  }
  const timeout = t.mock.method(AbortSignal, 'timeout')
  const lines: object[] = []
  const send = createMailHook({ hook: 'https://mail.example/', issuer, ring, fetch, log: (line) => lines.push(line) })
  await assert.rejects(send(LETTER), { code: 'MAIL', message: /TimeoutError/ })
  assert.deepEqual(timeout.mock.calls[0]?.arguments, [10_000])
  assert.ok(waited[0] instanceof AbortSignal)
  assert.match(JSON.stringify(lines), /TimeoutError/)
})
