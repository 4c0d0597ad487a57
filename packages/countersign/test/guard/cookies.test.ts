import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard } from 'countersign/guard'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import fc from 'fast-check'
import { cookiesNamed } from '../../src/guard/cookie.ts'
import {
  admittedBy,
  bearer,
  type Fields,
  newClient,
  nodeRequestOf,
  refusedBy,
  requestOf,
  type Sent,
  tokenOf,
  verifier,
} from './rig.ts'

const TOKEN = tokenOf()
const NAME = '__Host-session'
const APP = 'https://app.example'
const COOKIE = { cookie: `${NAME}=${TOKEN}` }

const options = { verifier, cookie: { name: NAME, origins: [APP, 'http://localhost:5173'] } } as const
const fetching = createGuard(options)
const serving = createNodeGuard(options)
const GUARDS = [
  { name: 'countersign/guard', check: (fields: Fields, sent?: Sent) => fetching.check(requestOf(fields, sent)) },
  {
    name: 'countersign/guard/node',
    check: (fields: Fields, sent?: Sent) => serving.check(nodeRequestOf(fields, sent)),
  },
]

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'QUERY', 'get', 'TRACE', '']
/** Origins that are not those of the options, though some begin or end like them. */
const FOREIGN = [
  'null',
  '',
  '*',
  'https://evil.example',
  'http://app.example',
  'https://app.example.evil.example',
  'https://app.example:8443',
  'https://app.example/',
  'https://app.example, https://evil.example',
  'HTTPS://APP.EXAMPLE',
  'https://evil.example#https://app.example',
  'app.example',
]

for (const { name, check } of GUARDS) {
  for (const origin of FOREIGN) {
    test(`${name}: the cookie does not count from the origin ${JSON.stringify(origin)}, by any method (RFC 6265 §8.2)`, async () => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', ...UNSAFE]) {
        const refusal = refusedBy(await check({ ...COOKIE, origin }, { method }))
        assert.equal(refusal.reason, 'forbidden_origin')
        assert.equal(refusal.status, 403)
        assert.equal(refusal.headers['www-authenticate'], undefined)
        assert.equal(refusal.error, undefined)
      }
    })
  }
  test(`${name}: without Origin the cookie counts for a request that only looks, and for no other`, async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) admittedBy(await check(COOKIE, { method }))
    for (const method of UNSAFE)
      assert.equal(refusedBy(await check(COOKIE, { method })).reason, 'forbidden_origin', method)
  })
  test(`${name}: from an origin of the options the cookie counts by every method`, async () => {
    for (const origin of [APP, 'http://localhost:5173'])
      for (const method of ['GET', 'HEAD', 'OPTIONS', ...UNSAFE])
        assert.equal(admittedBy(await check({ ...COOKIE, origin }, { method })).claims.sub, '1234567890')
  })
  test(`${name}: opening a WebSocket needs an origin of the options, though it is a GET`, async () => {
    for (const upgrade of ['websocket', 'WebSocket', 'h2c', '']) {
      const fields = { ...COOKIE, upgrade, connection: 'Upgrade' }
      assert.equal(refusedBy(await check(fields)).reason, 'forbidden_origin')
      assert.equal(refusedBy(await check({ ...fields, origin: 'https://evil.example' })).reason, 'forbidden_origin')
      admittedBy(await check({ ...fields, origin: APP }))
    }
  })
  test(`${name}: two origins are none of the options`, async () => {
    assert.equal(refusedBy(await check({ ...COOKIE, origin: [APP, APP] })).reason, 'forbidden_origin')
    assert.equal(refusedBy(await check({ ...COOKIE, origin: [APP, 'null'] })).reason, 'forbidden_origin')
  })
  test(`${name}: a token in the header and one in the cookie are two tokens, though they are one (RFC 6750 §2)`, async () => {
    for (const fields of [
      { ...COOKIE, ...bearer(TOKEN) },
      { ...COOKIE, ...bearer('other') },
      { ...COOKIE, authorization: 'DPoP other' },
      { ...COOKIE, ...bearer(TOKEN), origin: 'https://evil.example' },
      { ...COOKIE, authorization: 'Bearer' },
      { ...COOKIE, authorization: ['Basic YTpi', `Bearer ${TOKEN}`] },
    ]) {
      const refusal = refusedBy(await check(fields))
      assert.ok(refusal.status === 400 || refusal.reason === 'forbidden_origin', refusal.reason)
    }
    assert.equal(refusedBy(await check({ ...COOKIE, ...bearer(TOKEN) })).reason, 'invalid_request')
  })
  test(`${name}: a header alone counts from every origin, since no browser adds it by itself`, async () => {
    for (const method of ['GET', 'POST']) admittedBy(await check({ ...bearer(TOKEN), origin: 'null' }, { method }))
    admittedBy(await check({ ...bearer(TOKEN), cookie: 'other=1' }, { method: 'DELETE' }))
  })
  test(`${name}: credentials of another scheme leave the cookie what it is`, async () => {
    admittedBy(await check({ ...COOKIE, authorization: 'Basic YTpi' }))
  })
  test(`${name}: two cookies of the name are malformed, also where one is empty: a neighbour may have set it`, async () => {
    for (const cookie of [
      `${NAME}=${TOKEN}; ${NAME}=${TOKEN}`,
      `${NAME}=${TOKEN}; ${NAME}=other`,
      `${NAME}=; ${NAME}=${TOKEN}`,
      `${NAME}=${TOKEN}; ${NAME}=`,
      `${NAME}=${TOKEN};a=b;${NAME}="x"`,
    ])
      assert.equal(refusedBy(await check({ cookie })).reason, 'invalid_request', cookie)
  })
  test(`${name}: a cookie without text is none`, async () => {
    for (const cookie of [`${NAME}=`, `${NAME}=""`, NAME, '', ';', `a=${NAME}=${TOKEN}`])
      assert.equal(refusedBy(await check({ cookie })).reason, 'no_token', cookie)
  })
  test(`${name}: only the very name counts`, async () => {
    for (const other of [
      '__host-session',
      '__Host-session2',
      'x__Host-session',
      'session',
      '\u00a0__Host-session',
      '__Host-session\u00a0',
      '$__Host-session',
    ])
      assert.equal(refusedBy(await check({ cookie: `${other}=${TOKEN}` })).reason, 'no_token', other)
  })
  test(`${name}: white space around a cookie, and quotes, are not of it (RFC 6265 §4.1.1, §5.2)`, async () => {
    for (const cookie of [
      `a=b; ${NAME}=${TOKEN}; c=d`,
      `a=b;${NAME}=${TOKEN};c=d`,
      ` ${NAME} = ${TOKEN} ;`,
      `${NAME}="${TOKEN}"`,
      `a; b; ${NAME}=${TOKEN}`,
    ])
      admittedBy(await check({ cookie }))
  })
  test(`${name}: a cookie that is no token is refused as a token, in words that do not hold it`, async () => {
    for (const value of ['x', '"', '""x', `${TOKEN}x`, `Bearer ${TOKEN}`, `${TOKEN.slice(0, 40)}%2e`, 'a,b']) {
      const refusal = refusedBy(await check({ cookie: `${NAME}=${value}` }))
      assert.equal(refusal.reason, 'invalid_token')
      assert.equal(JSON.stringify(refusal).includes(TOKEN.slice(0, 20)), false)
    }
  })
}

test('on Node, cookies in several headers are all read', async () => {
  admittedBy(await serving.check(nodeRequestOf({ cookie: ['a=b', `${NAME}=${TOKEN}`] })))
  const twice = { cookie: [`${NAME}=${TOKEN}`, `${NAME}=${TOKEN}`] }
  assert.equal(refusedBy(await serving.check(nodeRequestOf(twice))).reason, 'invalid_request')
})
test('a token in a cookie that is bound to a key is refused: a cookie proves nothing', async () => {
  const { token } = await newClient()
  assert.equal(refusedBy(await fetching.check(requestOf({ cookie: `${NAME}=${token}` }))).reason, 'invalid_token')
})
test('with optional, a page that may not send the cookie is still refused', async () => {
  const guard = createGuard({ ...options, optional: true })
  assert.equal(admittedBy(await guard.check(requestOf())), undefined)
  assert.equal(admittedBy(await guard.check(requestOf({ origin: 'https://evil.example' }))), undefined)
  const foreign = requestOf({ ...COOKIE, origin: 'https://evil.example' }, { method: 'POST' })
  assert.equal(refusedBy(await guard.check(foreign)).reason, 'forbidden_origin')
})

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/)
const value = fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{0,12}$/)

test('every value of a name is found, in its order, and nothing else (RFC 6265 §4.2.1)', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, value), { maxLength: 8 }), word, (pairs, name) => {
      const header = pairs.map(([each, text]) => `${each}=${text}`).join('; ')
      const found = pairs.filter(([each]) => each === name).map(([, text]) => text)
      assert.deepEqual(cookiesNamed(name, [header]), found)
      const [first] = pairs
      if (first)
        assert.deepEqual(
          cookiesNamed(first[0], [header]),
          pairs.filter(([each]) => each === first[0]).map(([, text]) => text),
        )
    }),
  )
})
test('a header full of white space is read in no time to speak of', () => {
  const spaces = ' '.repeat(60_000)
  assert.deepEqual(cookiesNamed('a', [`${spaces}a${spaces}=${spaces}b${spaces}`]), ['b'])
  assert.deepEqual(cookiesNamed('a', [`x${spaces}a=b`]), [])
})
