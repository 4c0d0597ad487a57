import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { generateKey } from 'countersign'
import { signAs, startApi, withClaims } from '../../login/test/support.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function run(args: readonly string[], stdin: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args])
  child.stdin.on('error', () => {}) // it may end without reading
  child.stdin.end(stdin)
  const exit = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit])
  return { code, stdout, stderr }
}

const expecting = (origin: string): string[] => ['--issuer', origin, '--audience', 'example-api']

const MISUSED = [
  { why: 'no URL', args: expecting('https://issuer.example') },
  { why: 'two URLs', args: ['https://a.example', 'https://b.example', ...expecting('https://issuer.example')] },
  { why: 'no audience', args: ['https://a.example', '--issuer', 'https://issuer.example'] },
  { why: 'an unknown option', args: ['https://a.example', '--isuer', 'x'] },
  { why: 'what is no URL', args: ['keys.json', ...expecting('https://issuer.example')] },
  { why: 'http to another machine', args: ['http://a.example', ...expecting('https://issuer.example')] },
]

for (const { why, args } of MISUSED) {
  test(`${why} is a usage error`, async () => {
    const { code, stdout, stderr } = await run(args, '')
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /^.+\nusage: node main\.ts JWKS_URL/s)
  })
}

test('a changed token, an unknown kid, another audience and no token at all are refused', async (t) => {
  const api = await startApi(t)
  const token = await api.tokenFor(api.member)
  const args = [api.jwksUrl, ...expecting(api.origin)]
  const refused = [
    { args, token: withClaims(token, { roles: ['admin'] }), reason: 'CS_SIGNATURE' },
    { args, token: await signAs(await generateKey('ES256'), api), reason: 'CS_NO_KEY' },
    { args: [...args, '--audience', 'another-api'], token, reason: 'CS_AUD' },
    { args: [...args, '--typ', 'JWT'], token, reason: 'CS_TYP' },
    { args, token: '', reason: 'CS_MALFORMED' },
    { args, token: 'a'.repeat(200_000), reason: 'CS_TOO_LARGE' },
  ]
  for (const { args, token, reason } of refused) {
    const { code, stdout, stderr } = await run(args, token)
    assert.equal(code, 1, reason)
    assert.match(stderr, new RegExp(`^refused {3}${reason}\nmessage {3}.+\nhint {6}.+\n$`))
    assert.doesNotMatch(stdout, /accepted/)
  }
})

test('keys that cannot be fetched refuse a token', async (t) => {
  const api = await startApi(t)
  const token = await api.tokenFor(api.member)
  await api.close()
  const { code, stdout, stderr } = await run([api.jwksUrl, ...expecting(api.origin)], token)
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^refused {3}CS_JWKS_FETCH\n/)
})

test('a token is accepted with the key that its kid names, be it the current or the previous one', async (t) => {
  const api = await startApi(t)
  const args = [api.jwksUrl, ...expecting(api.origin)]
  for (const key of [api.keys.current, api.keys.previous]) {
    const { code, stdout, stderr } = await run(args, `${await signAs(key, api)}\n`)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.ok(stdout.includes(`fetched   ${api.jwksUrl} (2 keys)\nselected  kid ${key.kid} for ES256`))
    assert.match(stdout, /"sub": "somebody"/)
  }
})
