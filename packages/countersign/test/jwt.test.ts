import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { DOORS } from './support/doors.ts'
import { CLAIMS, fails, mac, NOW, now, POLICY, refuses } from './support/forge.ts'

const SECRET = Buffer.alloc(32, 7)
const HS = { alg: 'HS256' }

for (const { name, door } of DOORS) {
  const key = door.secretKey(SECRET, 'HS256', { kid: '2026-11' })
  const decode = async (token: string | Promise<string>) => door.decodeUnverified(await token)

  test(`${name}: a signer writes iat, exp and kid, and leaves out what it was not given`, async () => {
    const { header, claims } = await decode(door.createSigner({ key, expiresIn: '15m', now }).sign({ sub: 'alice' }))
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT', kid: '2026-11' })
    assert.deepEqual(claims, { sub: 'alice', iat: NOW, exp: NOW + 900 })
  })
  test(`${name}: durations are seconds or a number with its unit`, async () => {
    const spans = [
      [1.5, 1.5],
      ['90s', 90],
      ['15m', 900],
      ['2h', 7200],
      ['7d', 604_800],
      ['1w', 604_800],
    ] as const
    for (const [expiresIn, seconds] of spans) {
      const { claims } = await decode(door.createSigner({ key, expiresIn, now }).sign({}))
      assert.equal(claims.exp, NOW + seconds)
    }
    const { claims } = await decode(door.createSigner({ key, expiresIn: 'never', now }).sign({}))
    assert.deepEqual(claims, { iat: NOW })
  })
  test(`${name}: the call counts before the claims, and the claims before the signer`, async () => {
    const signer = door.createSigner({
      key,
      subject: 's',
      audience: ['a', 'b'],
      expiresIn: 60,
      notBefore: 5,
      jti: () => 'made',
      now,
    })
    assert.deepEqual((await decode(signer.sign({}))).claims, {
      sub: 's',
      aud: ['a', 'b'],
      jti: 'made',
      iat: NOW,
      nbf: NOW + 5,
      exp: NOW + 60,
    })
    const given = { sub: 'own', aud: 'own', jti: 'own', iat: 1, nbf: 2, exp: 3 }
    assert.deepEqual((await decode(signer.sign(given))).claims, given)
    const call = { subject: 'call', audience: 'call', jti: 'call', expiresIn: '1h' } as const
    assert.deepEqual((await decode(signer.sign(given, call))).claims, {
      sub: 'call',
      aud: 'call',
      jti: 'call',
      iat: 1,
      nbf: 2,
      exp: NOW + 3600,
    })
    assert.equal((await decode(signer.sign({ exp: 3 }, { expiresIn: 'never' }))).claims.exp, undefined)
    assert.equal((await decode(signer.sign({ sub: undefined } as never))).claims.sub, 's')
  })
  test(`${name}: what a call gives is data and refused as data`, async () => {
    const signer = door.createSigner({ key, expiresIn: 60, now })
    for (const call of [{ subject: 7 }, { audience: {} }, { jti: null }, { subject: ['x'] }]) {
      await fails(() => signer.sign({}, call as never), 'CS_CLAIM_TYPE')
    }
    await assert.rejects(async () => signer.sign({}, { expires: 5 } as never), TypeError)
  })
  test(`${name}: jti: true makes an id of its own for each token`, async () => {
    const signer = door.createSigner({ key, expiresIn: 60, jti: true, now })
    const ids = await Promise.all([1, 2, 3].map(async () => (await decode(signer.sign({}))).claims.jti))
    assert.equal(new Set(ids).size, 3)
    assert.match(String(ids[0]), /^[0-9a-f-]{36}$/)
  })
  test(`${name}: typ and further members go into the protected header`, async () => {
    const signer = door.createSigner({
      key,
      expiresIn: 60,
      typ: 'at+jwt',
      header: { cty: 'x', 'https://e.example/h': [1] },
      now,
    })
    const { header } = await decode(signer.sign({}))
    assert.deepEqual(header, { alg: 'HS256', typ: 'at+jwt', kid: '2026-11', cty: 'x', 'https://e.example/h': [1] })
  })
  test(`${name}: a key without kid signs under its thumbprint, and a set knows it by that`, async () => {
    const [pem, other] = await Promise.all([1, 2].map(async () => door.exportPem(await door.generateKey('ES256'))))
    const [bare, next] = [door.importKey(pem ?? ''), door.importKey(other ?? '')]
    const token = await door.createSigner({ key: bare, expiresIn: 'never', now }).sign({ ...CLAIMS })
    assert.equal((await decode(token)).header.kid, await door.thumbprint(bare))
    const published = door.keySet(await door.publicJwks([bare, next]))
    const raw = door.keySet({ keys: [await door.publicKey(bare), await door.publicKey(next)] })
    for (const keys of [published, raw]) await door.createVerifier({ keys, ...POLICY }).verify(token)
  })

  test(`${name}: every fault of the claims is told at once, and the first decides the code`, async () => {
    const verifier = door.createVerifier({ keys: key, ...POLICY, requiredClaims: ['jti'] })
    const error = await refuses(verifier, mac(HS, { iss: 'x', aud: ['y'], exp: NOW - 100, nbf: NOW + 100 }, SECRET))
    assert.deepEqual(
      error.issues.map(({ code, path, expected, actual }) => [code, path, expected, actual]),
      [
        ['CS_CLAIM_MISSING', 'jti', undefined, undefined],
        ['CS_ISS', 'iss', '"https://issuer.example"', '"x"'],
        ['CS_AUD', 'aud', '"api"', '"y"'],
        ['CS_EXPIRED', 'exp', NOW, NOW - 100],
        ['CS_NOT_YET_VALID', 'nbf', NOW, NOW + 100],
      ],
    )
    assert.equal(error.code, 'CS_CLAIM_MISSING')
    assert.ok(error.issues.every(({ hint }) => hint.length > 0))
    assert.match(error.message, /jti.*iss is "x".*exp passed 100 s ago.*nbf is 100 s from now/)
  })
  test(`${name}: nothing is said about the claims of a token whose signature failed`, async () => {
    const error = await refuses(
      door.createVerifier({ keys: key, ...POLICY }),
      mac(HS, { exp: 1, iss: 'x' }, 'wrong'),
      'CS_SIGNATURE',
    )
    assert.deepEqual(error.issues, [])
  })
  test(`${name}: attack 66: an error shows no claim but iss, aud and times, cuts what it shows, and escapes it`, async () => {
    const canary = 'canary-4711'
    const verifier = door.createVerifier({
      keys: key,
      ...POLICY,
      subject: `other-${canary}`,
      requiredClaims: ['scope'],
    })
    const token = mac(
      HS,
      { sub: canary, name: canary, jti: 7, iss: `\u001b[31m\u202e${'i'.repeat(5000)}`, aud: 'a'.repeat(5000) },
      SECRET,
    )
    const error = await refuses(verifier, token)
    const told = [JSON.stringify(error), error.message, inspect(error), String(error.cause)].join('\n')
    assert.doesNotMatch(told, /canary/)
    assert.doesNotMatch(told, new RegExp(token.split('.')[2] ?? 'x'))
    assert.ok(JSON.stringify(error).length < 3000)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(error.message, /[\u0000-\u001f\u202e]/)
  })
  test(`${name}: an error is plain data in a log line`, async () => {
    const error = await refuses(door.createVerifier({ keys: key, ...POLICY }), 'x')
    assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(error)) as object), [
      'name',
      'code',
      'message',
      'hint',
      'issues',
      'unavailable',
    ])
    assert.ok(error instanceof Error && error.name === 'JoseError' && error.stack?.includes('CS_') === false)
  })
  test(`${name}: safeVerify gives what verify gives or throws`, async () => {
    const verifier = door.createVerifier({ keys: key, ...POLICY })
    const good = await verifier.safeVerify(mac(HS, CLAIMS, SECRET))
    assert.ok(good.ok && good.claims.sub === CLAIMS.sub && good.header.alg === 'HS256' && good.key === key)
    const bad = await verifier.safeVerify(undefined as never)
    assert.ok(!bad.ok && bad.error.code === 'CS_MALFORMED')
  })
  test(`${name}: a header that was given out cannot be changed for later tokens`, async () => {
    const verifier = door.createVerifier({ keys: key, ...POLICY, typ: 'any' })
    const token = mac({ ...HS, nested: { list: [1] } }, CLAIMS, SECRET)
    const { header, claims } = await verifier.verify(token)
    assert.throws(() => Object.assign(header, { alg: 'none' }), TypeError)
    assert.throws(() => (header['nested'] as { list: number[] }).list.push(2), TypeError)
    Object.assign(claims, { sub: 'changed' })
    assert.equal((await verifier.verify(token)).claims.sub, CLAIMS.sub)
  })
  test(`${name}: a flood of distinct headers changes no answer`, async () => {
    const verifier = door.createVerifier({ keys: key, ...POLICY })
    for (let index = 0; index < 1000; index++) {
      const token = mac({ ...HS, n: index }, CLAIMS, SECRET)
      assert.equal((await verifier.verify(token)).header['n'], index)
    }
  })
  test(`${name}: an allow-list of issuers by function is asked for each token, and by table it is fixed`, async () => {
    const asked: string[] = []
    const rules = { keys: { kty: 'oct', k: SECRET.toString('base64url') }, audience: 'api' }
    const verifier = door.createVerifier({
      issuers: (iss: string) => {
        asked.push(iss)
        return iss === CLAIMS.iss ? rules : undefined
      },
      now,
    })
    await verifier.verify(mac(HS, CLAIMS, SECRET))
    await verifier.verify(mac(HS, CLAIMS, SECRET))
    await refuses(verifier, mac(HS, { ...CLAIMS, iss: 'x' }, SECRET), 'CS_ISS')
    assert.deepEqual(asked, [CLAIMS.iss, CLAIMS.iss, 'x'])
    for (const issuers of [
      {},
      null,
      [],
      'x',
      { x: {} },
      { x: { keys: key } },
      { x: { keys: key, audience: 'a', issuer: 'y' } },
    ]) {
      assert.throws(() => door.createVerifier({ issuers } as never), TypeError)
    }
    assert.throws(() => door.createVerifier({ issuers: { x: rules }, keys: key } as never), TypeError)
  })
  test(`${name}: several keys are tried in order, and one that does not fit hides none behind it`, async () => {
    const pair = await door.generateKey('ES256')
    const keys = [await door.publicKey(pair), door.secretKey(Buffer.alloc(32, 8), 'HS256'), key]
    await door.createVerifier({ keys, ...POLICY }).verify(mac(HS, CLAIMS, SECRET))
    assert.throws(() => door.createVerifier({ keys: Array.from({ length: 9 }, () => key), ...POLICY }), TypeError)
  })
  test(`${name}: decodeUnverified shows a token of any alg and checks its form alone`, async () => {
    const { header, claims } = door.decodeUnverified(mac({ alg: 'none' }, { sub: 7 }, 'x'))
    assert.deepEqual([header.alg, claims.sub], ['none', 7])
    assert.deepEqual(door.decodeUnverified(mac({ alg: 'none' }, {}, 'x').replace(/[^.]*$/, '')).claims, {})
  })
}
