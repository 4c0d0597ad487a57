import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKey, JoseError } from 'countersign'
import { createStatusCheck } from 'countersign/revocation'
import { base64url } from '../../src/bytes.ts'
import { CLAIMS, fails, NOW, refuses } from '../support/forge.ts'
import { answer, gate, silent, unreachable } from '../support/remote.ts'
import { asking, ISSUER, token, unavailable } from './rig.ts'
import { checks, EXAMPLE, forged, KEYS, listOf, referring, STRANGER, URI } from './status-rig.ts'

const GOOD = await forged()

test('createStatusCheck refuses options that are not what they should be', async () => {
  for (const options of [
    { uris: undefined },
    { uris: '' },
    { uris: [] },
    { uris: [URI, 5] },
    { uris: 'statuses/1' },
    { uris: 'http://issuer.example/statuses/1' },
    { uris: 'file:///etc/passwd' },
    { uris: 'https://user:secret@issuer.example/' },
    { keys: undefined },
    { keys: 'secret' },
    { issuer: '' },
    { issuer: [] },
    { fetch: 5 },
    { timeout: -1 },
    { maxBytes: 0 },
    { cacheMaxAge: 'long' },
    { maxStale: Number.NaN },
    { clockTolerance: null },
    { now: 1 },
    { uri: URI },
  ])
    assert.throws(
      () => createStatusCheck({ keys: KEYS, uris: URI, ...options } as never),
      { name: 'TypeError' },
      JSON.stringify(options),
    )
  createStatusCheck({ keys: KEYS, uris: ['http://127.0.0.1:8080/1', 'http://localhost/2'] })
  await fails(async () => createStatusCheck({ keys: await generateKey('ES256'), uris: URI }), 'CS_KEY_TYPE')
})

// What the token says

for (const [what, claims, code, path] of [
  ['no status', {}, 'CS_CLAIM_MISSING', 'status'],
  ['no status of this kind', { status: { other: {} } }, 'CS_CLAIM_MISSING', 'status.status_list'],
  ['no index', { status: { status_list: { uri: URI } } }, 'CS_CLAIM_MISSING', 'status.status_list.idx'],
  ['no list', { status: { status_list: { idx: 0 } } }, 'CS_CLAIM_MISSING', 'status.status_list.uri'],
  ['a status that is null', { status: null }, 'CS_CLAIM_TYPE', 'status'],
  ['a status that is a number', { status: 0 }, 'CS_CLAIM_TYPE', 'status'],
  ['a status that is an array', { status: [{ idx: 0, uri: URI }] }, 'CS_CLAIM_TYPE', 'status'],
  ['a reference that is a text', { status: { status_list: 'valid' } }, 'CS_CLAIM_TYPE', 'status.status_list'],
  ['an index that is a text', { status: { status_list: { idx: '0', uri: URI } } }, 'CS_CLAIM_TYPE', undefined],
  ['an index below 0', { status: { status_list: { idx: -1, uri: URI } } }, 'CS_CLAIM_TYPE', undefined],
  ['half an index', { status: { status_list: { idx: 0.5, uri: URI } } }, 'CS_CLAIM_TYPE', undefined],
  ['an index beyond all', { status: { status_list: { idx: 2 ** 53, uri: URI } } }, 'CS_CLAIM_TYPE', undefined],
  ['an index that is null', { status: { status_list: { idx: null, uri: URI } } }, 'CS_CLAIM_TYPE', undefined],
  ['a list that is no text', { status: { status_list: { idx: 0, uri: [URI] } } }, 'CS_CLAIM_TYPE', undefined],
] as const) {
  test(`a token with ${what} is refused, and nothing is fetched for it (§8.3)`, async () => {
    const { verifier, sent } = checks(GOOD)
    const error = await refuses(verifier, token(claims), code)
    if (path !== undefined) assert.equal(error.issues[0]?.path, path)
    assert.equal(error.unavailable, false)
    assert.equal(sent.length, 0)
  })
}

for (const uri of [
  'https://evil.example/statuses/1',
  `${URI}/`,
  `${URI}#`,
  URI.toUpperCase(),
  'https://issuer.example/statuses/../statuses/1',
  'https://issuer.example:443/statuses/1',
  'http://169.254.169.254/latest/meta-data/',
  '__proto__',
  '',
]) {
  test(`attack 49: a list at ${JSON.stringify(uri)}, which was not named, is never fetched`, async () => {
    const { verifier, sent } = checks(GOOD)
    const error = await refuses(verifier, referring(0, uri), 'CS_CLAIM_VALUE')
    assert.ok(!error.message.includes('evil') && !JSON.stringify(error).includes('169.254'))
    assert.equal(sent.length, 0)
  })
}

test('an index that the list does not have is refused (§8.3)', async () => {
  const { verifier } = checks(GOOD)
  await refuses(verifier, referring(15), 'CS_REVOKED')
  for (const idx of [16, 17, 1e9, Number.MAX_SAFE_INTEGER]) await refuses(verifier, referring(idx), 'CS_CLAIM_VALUE')
})

test('every status but 0 is revoked (§7.1)', async () => {
  const list = listOf({ bits: 4 })
  for (let status = 0; status < 16; status++) list.set(status, status)
  const { verifier, check } = checks(await list.token())
  await verifier.verify(referring(0))
  for (let status = 1; status < 16; status++) {
    await refuses(verifier, referring(status), 'CS_REVOKED')
    assert.equal(await check.status({ claims: { status: list.reference(status) } }), status)
  }
})

test('status takes what a verifier gave, and looks at the claims that were signed', async () => {
  const { check } = checks(GOOD)
  const verified = await asking(() => false).verify(referring(3))
  assert.equal(await check.status(verified), 1)
  assert.equal(await check.status({ ...verified, claims: 'what a schema made' }), 1)
  for (const nothing of [undefined, null, {}, 'token', { claims: 5 }])
    await assert.rejects(() => check.status(nothing as never), TypeError)
  await fails(() => check.status(Object.create({ claims: {} })), 'CS_CLAIM_MISSING').catch((error: unknown) =>
    assert.ok(!(error instanceof JoseError)),
  )
})

// What the list says

const wrongLists: readonly (readonly [what: string, token: string])[] = [
  ['is signed by somebody else', await forged({}, {}, STRANGER)],
  ['has another type', await forged({}, { typ: 'JWT' })],
  ['has the type of a list in CBOR', await forged({}, { typ: 'statuslist+cwt' })],
  ['was signed as the list of another place', await forged({ sub: `${URI}2` })],
  ['does not say of which place it is', await forged({ sub: undefined })],
  ['does not say when it was issued', await forged({ iat: undefined })],
  ['was issued in the future', await forged({ iat: NOW + 31 })],
  ['has expired', await forged({ iat: NOW - 100, exp: NOW - 30 })],
  ['is not valid yet', await forged({ nbf: NOW + 100 })],
  ['has no list', await forged({ status_list: undefined })],
  ['has a list that is a text', await forged({ status_list: EXAMPLE.lst })],
  ['has no bits', await forged({ status_list: { lst: EXAMPLE.lst } })],
  ['has 3 bits', await forged({ status_list: { ...EXAMPLE, bits: 3 } })],
  ['has bits that are a text', await forged({ status_list: { ...EXAMPLE, bits: '1' } })],
  ['has 16 bits', await forged({ status_list: { ...EXAMPLE, bits: 16 } })],
  ['has no statuses', await forged({ status_list: { bits: 1 } })],
  ['has statuses that are an array', await forged({ status_list: { bits: 1, lst: [185, 163] } })],
  ['has statuses that are no base64url', await forged({ status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ==' } })],
  ['has statuses that are not compressed', await forged({ status_list: { bits: 1, lst: 'uaM' } })],
  ['has statuses whose checksum fails', await forged({ status_list: { bits: 1, lst: 'eNrbuRgAAhcBXg' } })],
  ['has a ttl that is a text', await forged({ ttl: '300' })],
  ['has a ttl of 0', await forged({ ttl: 0 })],
  ['is a text and no token', '{"status_list":{"bits":1,"lst":"eNrbuRgAAhcBXQ"}}'],
  ['is nothing', ''],
  ['is a page', '<!doctype html><title>Sign in</title>'],
  ['has a line break behind it', `${GOOD}\n`],
]
for (const [what, text] of wrongLists) {
  test(`a list that ${what} says nothing about any token (§5.1, §8.3)`, async () => {
    const { verifier, sent } = checks(text)
    await unavailable(verifier, referring(1))
    // Nor is it asked for again with the next token.
    await unavailable(verifier, referring(2))
    assert.equal(sent.length, 1)
  })
}

test('attack 37: a list that becomes too much is given up', async () => {
  const { deflate } = await import('../../src/crypto/web-deflate.ts')
  const raw = await deflate(new Uint8Array(8 * 1024 * 1024 + 1))
  const lst = base64url(Uint8Array.of(0x78, 0x9c, ...raw, 0, 0, 0, 1))
  assert.ok(lst.length < 20_000)
  const { verifier, check } = checks(await forged({ status_list: { bits: 1, lst } }))
  await unavailable(verifier, referring(1))
  const error = await fails(() => check.status({ claims: { status: { status_list: { idx: 1, uri: URI } } } }))
  assert.equal((error.cause as JoseError).code, 'CS_TOO_LARGE')
})

test('attack 51: an answer that is too large is not read to its end', async () => {
  const { verifier } = checks(GOOD, { maxBytes: GOOD.length - 1 })
  await unavailable(verifier, referring(1))
  await checks(GOOD, { maxBytes: GOOD.length }).verifier.verify(referring(1))
})

for (const [what, server] of [
  ['nobody answers', unreachable],
  ['the answer is an error', answer('down', {}, 500)],
  ['the answer is that there is none', answer(GOOD, {}, 404)],
  ['the answer leads elsewhere', answer('', { location: 'https://evil.example/' }, 302)],
  ['the answer is another success', answer(GOOD, {}, 206)],
  ['the answer says that nothing has changed', answer('', {}, 304)],
] as const) {
  test(`where ${what}, the token is refused as unavailable`, async () => {
    const { verifier, sent } = checks(server)
    await unavailable(verifier, referring(1))
    await unavailable(verifier, referring(1))
    assert.equal(sent.length, 1)
  })
}

test('where the answer never comes, the token is refused after the deadline', async () => {
  await unavailable(checks(silent, { timeout: 0.05 }).verifier, referring(1))
})

test('many tokens at once make one request, and each gets its answer', async () => {
  const { answer: gated, open } = gate(answer(GOOD))
  const { verifier, sent } = checks(gated)
  const all = Promise.all(Array.from({ length: 16 }, (_, idx) => verifier.safeVerify(referring(idx))))
  open()
  const bits = (await all).map(({ ok }) => (ok ? 0 : 1))
  assert.deepEqual(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1])
  assert.equal(sent.length, 1)
  const [request] = sent
  assert.deepEqual([request?.url, request?.redirect], [URI, 'manual'])
  assert.equal(request?.headers['accept'], 'application/statuslist+jwt')
})

// Whose list it is

test('a list that names its issuer is for the tokens of that one alone, unless another is named', async () => {
  const other = 'https://lists.example'
  for (const [list, options, ofToken, code] of [
    [ISSUER, {}, ISSUER, undefined],
    [ISSUER, {}, other, 'CS_ISS'],
    [ISSUER, {}, undefined, 'CS_ISS'],
    [undefined, {}, ISSUER, undefined],
    [other, { issuer: other }, ISSUER, undefined],
    [other, { issuer: [ISSUER, other] }, ISSUER, undefined],
    [other, { issuer: 'any' }, ISSUER, undefined],
    [ISSUER, { issuer: other }, ISSUER, 'CS_UNAVAILABLE'],
    [undefined, { issuer: other }, ISSUER, 'CS_UNAVAILABLE'],
    [undefined, { issuer: 'any' }, undefined, undefined],
  ] as const) {
    const { verifier } = checks(await forged({ iss: list }), options)
    const text = referring(1, URI, { iss: ofToken })
    if (code === undefined) await verifier.verify(text)
    else await refuses(verifier, text, code)
  }
})

test('several lists are kept apart', async () => {
  const uris = [URI, `${URI}2`]
  const tokens = new Map(
    await Promise.all(
      uris.map(async (uri, index) => {
        const list = listOf({ uri })
        list.set(index, 1)
        return [uri, await list.token()] as const
      }),
    ),
  )
  const { verifier, sent } = checks((request, url) => answer(tokens.get(url) ?? '')(request, url), { uris })
  for (const [index, uri] of uris.entries()) {
    for (const idx of [0, 1]) {
      const { ok } = await verifier.safeVerify(referring(idx, uri))
      assert.equal(ok, idx !== index, `${uri} ${idx}`)
    }
  }
  assert.equal(sent.length, 2)
  // The list of one place is none for the other.
  const swapped = checks(
    (request, url) => answer(tokens.get(uris.find((uri) => uri !== url) ?? '') ?? '')(request, url),
    {
      uris,
    },
  )
  for (const uri of uris) await unavailable(swapped.verifier, referring(0, uri))
})

test('an error tells no claim of the token', async () => {
  for (const text of [referring(999_999_937), referring(0, 'https://canary.example/'), referring('canary')]) {
    const error = await refuses(checks(GOOD).verifier, text)
    assert.ok(!/canary|999999937/.test(JSON.stringify(error) + error.message))
  }
  assert.ok(!JSON.stringify(await refuses(checks(GOOD).verifier, token())).includes(CLAIMS.sub))
})
