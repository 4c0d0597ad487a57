import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard, type RequestLike } from 'countersign/guard'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import fc from 'fast-check'
import {
  admittedBy,
  bearer,
  type Fields,
  newClient,
  nodeRequestOf,
  proofs,
  refusedBy,
  requestOf,
  tokenOf,
  URL_HERE,
  verifier,
} from './rig.ts'

const TOKEN = tokenOf()

/** The same question to a guard for `Request` and to one for Node. */
const GUARDS = ['countersign/guard', 'countersign/guard/node'].map((name) => {
  const options = { verifier, optional: true } as const
  const guard = createGuard(options)
  const nodeGuard = createNodeGuard(options)
  return {
    name,
    check: async (fields: Fields) =>
      name === 'countersign/guard' ? guard.check(requestOf(fields)) : nodeGuard.check(nodeRequestOf(fields)),
  }
})

for (const { name, check } of GUARDS) {
  for (const field of [
    '',
    ' ',
    'Bearer',
    'bearer ',
    'Bearer\t',
    'Bearer a b',
    `Bearer ${TOKEN} `.repeat(2).trim(),
    `Bearer  ${TOKEN}  x`,
    `Bearer\t${TOKEN}`,
    `Bearer \t${TOKEN}`,
    `Bearer ${TOKEN},`,
    `Bearer ${TOKEN}, Basic YTpi`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    `Bearer ${TOKEN},Bearer ${TOKEN}`,
    `Bearer "${TOKEN}"`,
    `Bearer token="${TOKEN}"`,
    `Bearer Bearer ${TOKEN}`,
    `Bearer=${TOKEN}`,
    `Bearer:${TOKEN}`,
    'Bearer =',
    'Bearer a=b',
    `"Bearer" ${TOKEN}`,
    `=${TOKEN}`,
    ', ,',
    'DPoP',
    'DPoP a b',
  ]) {
    test(`${name}: Authorization: ${JSON.stringify(field).replaceAll(TOKEN, '…')} is malformed (RFC 6750 §2.1)`, async () => {
      const refusal = refusedBy(await check({ authorization: field }))
      assert.equal(refusal.status, 400)
      assert.equal(refusal.reason, 'invalid_request')
    })
  }
  test(`${name}: two Authorization headers are malformed, whatever they are (RFC 6750 §2)`, async () => {
    for (const fields of [
      [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
      ['Basic YTpi', `Bearer ${TOKEN}`],
      [`Bearer ${TOKEN}`, 'Basic YTpi'],
      ['Digest a="b", c=d', `bearer ${TOKEN}`],
      ['Basic YTpi', `DPoP ${TOKEN}`],
      ['Basic YTpi', 'Bearer'],
      [`Bearer ${TOKEN}`, ''],
    ])
      assert.equal(refusedBy(await check({ authorization: fields })).reason, 'invalid_request', fields.join(' | '))
  })
  test(`${name}: credentials of another scheme are for somebody else`, async () => {
    for (const field of [
      'Basic YTpi',
      'Token abc',
      'BearerX abc',
      'Bearer2',
      'xBearer a',
      'Digest a="b", c="d"',
      'constructor a',
    ])
      assert.equal(admittedBy(await check({ authorization: field })), undefined, field)
  })
  test(`${name}: the scheme is read in any case, and with any number of spaces behind it (RFC 9110 §11.1, §11.4)`, async () => {
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER ', 'bEaReR ', 'Bearer   '])
      for (const field of [`${scheme}${TOKEN}`, `${scheme}${TOKEN} `])
        assert.equal(admittedBy(await check({ authorization: field }))?.claims.sub, '1234567890')
  })
  test(`${name}: a token outside the alphabet of tokens is malformed, and one inside is for the verifier`, async () => {
    const inside = /^[A-Za-z0-9._~+/-]+=*$/
    const printable = fc.stringMatching(/^[\x21-\x7e]{1,40}$/).filter((text) => !/^[^ ]*,(bearer|dpop)/i.test(text))
    await fc.assert(
      fc.asyncProperty(printable, async (text) => {
        const refusal = refusedBy(await check({ authorization: `Bearer ${text}` }))
        assert.equal(refusal.status, inside.test(text) ? 401 : 400)
      }),
      { numRuns: 200 },
    )
  })
  test(`${name}: a field as long as a header gets is read in no time to speak of`, async () => {
    for (const field of [
      `Bearer${' '.repeat(60_000)}`,
      `Bearer ${'a='.repeat(30_000)}`,
      `Bearer ${'='.repeat(60_000)}`,
      `${'a'.repeat(60_000)} ,`,
      `Basic ${', '.repeat(30_000)}`,
      `a${' '.repeat(60_000)}b`,
    ])
      await check({ authorization: field })
  })
}

test('on Node, a header that comes twice is seen though `headers` hides it', async () => {
  const guard = createNodeGuard({ verifier })
  const request = nodeRequestOf({ Authorization: [`Bearer ${TOKEN}`, 'Bearer x'] })
  assert.equal(request.headers['authorization'], `Bearer ${TOKEN}`)
  assert.equal(refusedBy(await guard.check(request)).reason, 'invalid_request')
})
test('on Node, what an adapter made by hand may have no rawHeaders, or none in it', async () => {
  const guard = createNodeGuard({ verifier })
  const headers = bearer(TOKEN)
  admittedBy(await guard.check({ method: 'GET', url: '/', headers }))
  admittedBy(await guard.check({ method: 'GET', url: '/', headers, rawHeaders: [] }))
  const twice = { authorization: [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`] }
  assert.equal(refusedBy(await guard.check({ method: 'GET', url: '/', headers: twice })).reason, 'invalid_request')
})
test('on Node, a field is found however its name is written', async () => {
  const guard = createNodeGuard({ verifier })
  for (const name of ['Authorization', 'authorization', 'AUTHORIZATION'])
    admittedBy(await guard.check(nodeRequestOf({ [name]: `Bearer ${TOKEN}` })))
})

test('a token in the URL is none: it would be in logs and in Referer (RFC 6750 §5.3, attack 66)', async () => {
  const guard = createGuard({ verifier })
  const url = `${URL_HERE}?access_token=${TOKEN}`
  assert.equal(refusedBy(await guard.check(requestOf({}, { url }))).reason, 'no_token')
  admittedBy(await guard.check(requestOf(bearer(TOKEN), { url })))
})
test('the DPoP scheme is as good as none where proofs are not taken', async () => {
  const guard = createGuard({ verifier })
  assert.equal(refusedBy(await guard.check(requestOf({ authorization: `DPoP ${TOKEN}` }))).reason, 'no_token')
})

test('extract stands for header and cookie', async () => {
  const guard = createGuard({ verifier, extract: (request) => request.headers.get('x-token') })
  assert.equal(refusedBy(await guard.check(requestOf(bearer(TOKEN)))).reason, 'no_token')
  assert.equal(admittedBy(await guard.check(requestOf({ 'x-token': TOKEN }))).claims.sub, '1234567890')
  admittedBy(await guard.check(requestOf({ 'x-token': TOKEN, authorization: 'Bearer malformed too' })))
  assert.equal(refusedBy(await guard.check(requestOf({ 'x-token': `Bearer ${TOKEN}` }))).error?.code, 'CS_BASE64')
})
test('extract may find nothing, and what it finds that is no text is refused', async () => {
  for (const nothing of [undefined, null, '']) {
    const guard = createGuard({ verifier, extract: () => nothing })
    assert.equal(refusedBy(await guard.check(requestOf(bearer(TOKEN)))).reason, 'no_token')
  }
  for (const strange of [0, 1, false, true, [], [TOKEN], {}, { toString: () => TOKEN }, Symbol('x'), NaN]) {
    const guard = createGuard({ verifier, optional: true, extract: () => strange as never })
    assert.equal(refusedBy(await guard.check(requestOf())).reason, 'invalid_token', String(strange))
  }
})
test('extract may answer with a promise, as a session store does', async () => {
  const sessions = new Map([['s1', TOKEN]])
  const guard = createGuard({ verifier, extract: async ({ headers }) => sessions.get(headers.get('x-session') ?? '') })
  admittedBy(await guard.check(requestOf({ 'x-session': 's1' })))
  assert.equal(refusedBy(await guard.check(requestOf({ 'x-session': 's2' }))).reason, 'no_token')
})
test('extract keeps its options as `this`', async () => {
  const guard = createGuard({
    verifier,
    realm: 'x-token',
    extract(this: { readonly realm: string }, request: RequestLike) {
      return request.headers.get(this.realm)
    },
  })
  admittedBy(await guard.check(requestOf({ 'x-token': TOKEN })))
})
test('a token that extract found needs no proof, and one that is bound to a key is refused', async () => {
  const client = await newClient()
  const guard = createGuard({ verifier, extract: (request) => request.headers.get('x-token'), dpop: proofs() })
  admittedBy(await guard.check(requestOf({ 'x-token': TOKEN })))
  const proven = { 'x-token': client.token, dpop: await client.prove() }
  assert.equal(refusedBy(await guard.check(requestOf(proven))).reason, 'invalid_token')
})
