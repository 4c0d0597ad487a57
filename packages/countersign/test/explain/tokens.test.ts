import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Explanation, explain } from 'countersign/lint'
import { b64, input, mac } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'

const now = (): number => 1_795_300_500
const SIGNATURE = b64(new Uint8Array(64).fill(7))
const token = (claims: object, header: object = {}): string =>
  `${input({ alg: 'RS256', typ: 'JWT', ...header }, claims)}.${SIGNATURE}`
const textOf = ({ text }: Explanation): string => text.join('\n')

async function one(what: string | object): Promise<Explanation> {
  const [first, ...more] = await explain(what, { now })
  assert.ok(first)
  assert.equal(more.length, 0)
  return first
}

test('a token shows no other token, whatever stands around that, and nothing that lets somebody in', async () => {
  const SECRET = 'hunter2-Xyzzy-4711'
  const inner = mac({ alg: 'HS256' }, { sub: SECRET }, 'x')
  const [, claims = ''] = inner.split('.')
  const shown: readonly (string | object)[] = [
    token({}, { kid: inner }),
    token({}, { alg: inner }),
    token({}, { typ: inner, cty: inner, crit: [inner] }),
    token({ [inner]: 1, [`https://a.example/${inner}`]: 2 }),
    token({ note: `see ${inner} here` }),
    token({ authorization: `Bearer ${SECRET}`, headers: [`basic ${b64(SECRET)}`] }),
    { keys: [{ ...jwkFor('ES256'), kid: inner }] },
    { ...jwkFor('ES256'), kid: inner, [inner]: 1 },
    { ...jwkFor('ES256'), seed: SECRET, D: SECRET, more: { d: SECRET } },
  ]
  for (const what of shown) {
    const told = JSON.stringify(await explain(what, { now }))
    for (const hidden of [SECRET, b64(SECRET), inner, claims])
      assert.ok(!told.includes(hidden), `${JSON.stringify(what).slice(0, 60)} shows ${hidden.slice(0, 20)}`)
  }
})

for (const [who, claims, title] of [
  ['Google, an ID token', { iss: 'i', aud: 'a', at_hash: 'h', nonce: 'n' }, /^most likely an ID token/],
  ['Apple, an ID token', { aud: 'a', auth_time: 1, c_hash: 'c' }, /^most likely an ID token/],
  ['Keycloak, an access token', { aud: 'a', auth_time: 1, scope: 'openid' }, /^most likely an access token/],
  ['Keycloak of old, an access token', { aud: 'a', nonce: 'n', scope: 'openid' }, /^most likely an access token/],
  ['Cognito, an access token', { token_use: 'access', auth_time: 1, scope: 'openid' }, /^most likely an access token/],
  ['Entra, an access token', { aud: 'a', scp: 'User.Read' }, /^most likely an access token/],
  ['Okta, an access token', { aud: 'a', scp: ['openid'] }, /^most likely an access token/],
] as const) {
  test(`what it is by its claims: ${who}`, async () => {
    assert.match((await one(token(claims))).title, title)
  })
}

test('a token that does not name its key says so behind what it is signed by', async () => {
  assert.match(
    textOf(await one(token({ sub: 'ada' }))),
    /It says that it is signed by RS256, and does not name the key\./,
  )
})

test('what was signed is somewhere else, or cut off, or no claims', async () => {
  const [header = '', payload = '', signature = ''] = token({ sub: 'ada' }).split('.')
  assert.match(textOf(await one(`${header}..${signature}`)), /^What was signed is not in it: it is detached\./)
  assert.match(textOf(await one(`${header}.${payload.slice(0, 9)}`)), /^What was signed is cut off/)
  assert.match(textOf(await one(`${header}.${b64('hello')}.${signature}`)), /^What was signed is no set of claims\./)
})

test('a typ is told by what it means', async () => {
  const { parts = [] } = await one(token({}, { typ: 'dpop+jwt' }))
  const { meaning = '' } = parts.find(({ path }) => path === 'header.typ') ?? {}
  assert.match(meaning, /^a DPoP proof: /)
})
