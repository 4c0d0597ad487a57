import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createDecrypter,
  createEncrypter,
  createSigner,
  type ErrorCode,
  generateKey,
  JoseError,
  publicKey,
} from 'countersign'
import { signJws } from 'countersign/jws'
import { accessToken, idToken, introspection, logoutToken, securityEvent } from 'countersign/profile'
import { oneTime } from 'countersign/revocation'
import { fails, NOW, now } from '../support/forge.ts'
import { checking, ISSUER, KEY, LOGOUT, newStore, SAMPLES, signing } from './kinds.ts'

// What each kind demands of its claims, as a table: a token that is right, and what is wrong with it.

type Claims = Readonly<Record<string, unknown>>
type Change = readonly [why: string, change: Claims, code: ErrorCode, path: string]

const profiles = { accessToken, idToken, logoutToken, introspection, securityEvent }

/** A claim that is not there. */
const GONE = undefined
const gone = (...names: readonly string[]): readonly Change[] =>
  names.map((name) => [`no ${name}`, { [name]: GONE }, 'CS_CLAIM_MISSING', name])

/** Values that are of no type but theirs. */
const WRONG = {
  text: [7, null, true, ['a'], {}],
  texts: ['a b', null, 7, {}, ['a', 7], [['a']]],
  time: ['1790000000', null, [], {}, true],
  object: ['a', null, 7, ['a'], true],
  boolean: ['true', null, 1, 0, {}],
} as const
const typed = (type: keyof typeof WRONG, ...names: readonly string[]): readonly Change[] =>
  names.flatMap((name) =>
    WRONG[type].map(
      (value): Change => [`${name} is ${JSON.stringify(value)}`, { [name]: value }, 'CS_CLAIM_TYPE', name],
    ),
  )
const inside = (changes: readonly Change[]): readonly Change[] =>
  changes.map(([why, change, code, path]) => [
    `token_introspection: ${why}`,
    { token_introspection: { active: true, ...change } },
    code,
    `token_introspection.${path}`,
  ])
const events = (...all: readonly (readonly [why: string, events: unknown, code: ErrorCode])[]): readonly Change[] =>
  all.map(([why, value, code]) => [`events ${why}`, { events: value }, code, 'events'])

const EVENTS = [
  ...typed('object', 'events'),
  ...events(
    ['is empty', {}, 'CS_CLAIM_VALUE'],
    ['has a name that is no URI', { [LOGOUT]: {}, logout: {} }, 'CS_CLAIM_VALUE'],
    ['has a name without a scheme', { [LOGOUT]: {}, '//example': {} }, 'CS_CLAIM_VALUE'],
    ['has a name with a space', { [LOGOUT]: {}, 'urn:a b': {} }, 'CS_CLAIM_VALUE'],
    ['has an empty name', { [LOGOUT]: {}, '': {} }, 'CS_CLAIM_VALUE'],
    ['says it by a text', { [LOGOUT]: 'yes' }, 'CS_CLAIM_TYPE'],
    ['says it by null', { [LOGOUT]: null }, 'CS_CLAIM_TYPE'],
    ['says it by an array', { [LOGOUT]: [] }, 'CS_CLAIM_TYPE'],
    ['says one of two by true', { [LOGOUT]: {}, 'urn:example:event': true }, 'CS_CLAIM_TYPE'],
  ),
]

const TABLE: Readonly<Record<keyof typeof profiles, readonly Change[]>> = {
  // RFC 9068 §2.2, RFC 7800 §3.1.
  accessToken: [
    ...gone('iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'),
    ...typed('text', 'client_id', 'scope', 'acr'),
    ...typed('texts', 'roles', 'groups', 'entitlements', 'amr'),
    ...typed('time', 'auth_time'),
    ...typed('object', 'cnf'),
    ['cnf.jkt is 7', { cnf: { jkt: 7 } }, 'CS_CLAIM_TYPE', 'cnf.jkt'],
    ['cnf.x5t#S256 is null', { cnf: { 'x5t#S256': null } }, 'CS_CLAIM_TYPE', 'cnf.x5t#S256'],
  ],
  // OpenID Connect Core 1.0 §2.
  idToken: [
    ...gone('iss', 'sub', 'aud', 'exp', 'iat'),
    ...typed('text', 'acr', 'azp', 'sid', 'at_hash', 'c_hash'),
    ...typed('texts', 'amr'),
    ...typed('time', 'auth_time'),
    ['sub is iss', { sub: ISSUER }, 'CS_CLAIM_VALUE', 'sub'],
    ['events are there', { events: { [LOGOUT]: {} } }, 'CS_CLAIM_VALUE', 'events'],
    ['events are null', { events: null }, 'CS_CLAIM_VALUE', 'events'],
  ],
  // OpenID Connect Back-Channel Logout 1.0 §2.4.
  logoutToken: [
    ...gone('iss', 'aud', 'exp', 'iat', 'jti', 'events'),
    ...EVENTS,
    ...typed('text', 'sid'),
    ['events names no logout', { events: { 'urn:example:event': {} } }, 'CS_CLAIM_VALUE', 'events'],
    ['neither sub nor sid', { sub: GONE, sid: GONE }, 'CS_CLAIM_MISSING', 'sub'],
    ['a nonce', { nonce: 'n' }, 'CS_CLAIM_VALUE', 'nonce'],
    ['a nonce that is null', { nonce: null }, 'CS_CLAIM_VALUE', 'nonce'],
  ],
  // RFC 9701 §5.
  introspection: [
    ...gone('iss', 'aud', 'iat', 'token_introspection'),
    ...typed('object', 'token_introspection'),
    ['a sub', { sub: 'alice' }, 'CS_CLAIM_VALUE', 'sub'],
    ['an exp', { exp: NOW + 60 }, 'CS_CLAIM_VALUE', 'exp'],
    ['no active', { token_introspection: { scope: 'read' } }, 'CS_CLAIM_MISSING', 'token_introspection.active'],
    ...inside([
      ...typed('boolean', 'active'),
      ...typed('text', 'scope', 'client_id', 'username', 'token_type', 'sub', 'iss', 'jti'),
      ...typed('time', 'exp', 'iat', 'nbf'),
      ['aud is 7', { aud: 7 }, 'CS_CLAIM_TYPE', 'aud'],
      ['aud is ["a", 7]', { aud: ['a', 7] }, 'CS_CLAIM_TYPE', 'aud'],
    ]),
  ],
  // RFC 8417 §2.2.
  securityEvent: [
    ...gone('iss', 'iat', 'jti', 'events'),
    ...EVENTS,
    ...typed('time', 'toe'),
    ...typed('text', 'txn'),
    ...typed('object', 'sub_id'),
  ],
}

const names = Object.keys(TABLE) as readonly (keyof typeof TABLE)[]
const sampleOf = (name: string): (typeof SAMPLES)[number] =>
  SAMPLES.find((sample) => sample.name === name) ?? assert.fail(name)
const changed = (claims: Claims, change: Claims): Claims =>
  Object.fromEntries(Object.entries({ ...claims, ...change }).filter(([, value]) => value !== GONE))

for (const name of names) {
  const { typ, claims, check } = sampleOf(name)
  /** What the profile's own signer would not make. */
  const forge = async (change: Claims): Promise<string> => {
    const { iss, aud, ...rest } = changed(claims, change) as Record<string, never>
    const set = changed({ iss, aud, ...rest }, {})
    if ('iat' in change) return handmade({ typ, alg: 'ES256' }, set)
    return createSigner({ key: KEY, typ, expiresIn: 'never', now }).sign(set)
  }

  for (const [why, change, code, path] of TABLE[name]) {
    test(`${name}: ${why}: ${code}`, async () => {
      const token = await forge(change)
      const error = await fails(() => check(token), code)
      assert.deepEqual(
        error.issues.filter((issue) => issue.path === path).map((issue) => issue.code),
        [code],
        JSON.stringify(error.issues),
      )
    })
  }

  test(`${name}: the signer makes nothing that its verifier would refuse`, async () => {
    const { iss, aud, iat: _, exp: __, ...rest } = claims
    const { createSigner: create } = profiles[name] as typeof accessToken
    const long = claims['exp'] === undefined ? {} : { expiresIn: 60 }
    const signer = create<Claims>({ key: KEY, now, jti: false, ...long } as never)
    for (const [why, change, code] of TABLE[name]) {
      // Times and events are written where they are left out.
      if (why === 'no iat' || why === 'no exp' || (name === 'logoutToken' && why === 'no events')) continue
      const set = changed({ iss, aud, ...rest }, change)
      await fails(() => signer.sign(set), code)
    }
    await check(await signer.sign({ iss, aud, ...rest }))
  })

  test(`${name}: whatever the issuer or the audience, there is one`, async () => {
    if (name === 'idToken') return
    const verifier = (profiles[name] as typeof accessToken).createVerifier({
      ...checking,
      issuer: 'any',
      audience: 'any',
    })
    await verifier.verify(await forge({}))
    await fails(async () => verifier.verify(await forge({ iss: GONE })), 'CS_CLAIM_MISSING')
    // A security event need not say for whom it is (RFC 8417 §2.2).
    if (name === 'securityEvent') await verifier.verify(await forge({ aud: GONE }))
    else await fails(async () => verifier.verify(await forge({ aud: GONE })), 'CS_CLAIM_MISSING')
  })

  test(`${name}: what every verifier demands is demanded, and told together with the rest`, async () => {
    for (const [change, code] of [
      [{ iss: 'https://other.example' }, 'CS_ISS'],
      [{ aud: 'other' }, 'CS_AUD'],
      [{ nbf: NOW + 31 }, 'CS_NOT_YET_VALID'],
      [{ iat: 'now' }, 'CS_CLAIM_TYPE'],
    ] as const)
      await fails(async () => check(await forge(change)), code)
    if (claims['exp'] !== undefined) await fails(async () => check(await forge({ exp: NOW - 30 })), 'CS_EXPIRED')
    const error = await fails(
      async () => check(await forge({ iss: GONE, aud: 'other', iat: GONE })),
      'CS_CLAIM_MISSING',
    )
    assert.deepEqual(error.issues.map(({ path }) => path).sort(), ['aud', 'iat', 'iss'])
  })

  test(`${name}: options that the profile decides about are none, and misspelt ones neither`, () => {
    const { createSigner: sign, createVerifier: verify } = profiles[name] as typeof accessToken
    for (const more of [
      { typ: 'JWT' },
      { requireExp: false },
      { audiences: 'a' },
      { now: NOW },
      { requiredClaims: 'jti' },
    ])
      assert.throws(() => verify({ ...checking, ...more } as never), TypeError, JSON.stringify(more))
    const long = claims['exp'] === undefined ? {} : { expiresIn: 60 }
    for (const more of [{ typ: 'JWT' }, { expires: 60 }, { now: NOW }, { claims: {} }])
      assert.throws(() => sign({ ...signing, ...long, ...more } as never), TypeError, JSON.stringify(more))
    if (claims['exp'] === undefined)
      assert.throws(() => sign({ ...signing, expiresIn: 60 } as never), TypeError, 'expiresIn')
    for (const wrong of [undefined, null, 'options', []]) {
      assert.throws(() => verify(wrong as never), TypeError)
      assert.throws(() => sign(wrong as never), TypeError)
    }
  })

  test(`${name}: further claims may be required, and hooks are asked`, async () => {
    const { createVerifier: create } = profiles[name] as typeof accessToken
    const token = await forge({ nonce: GONE })
    await fails(() => create({ ...checking, requiredClaims: ['tenant'] }).verify(token), 'CS_CLAIM_MISSING')
    await fails(() => create({ ...checking, revoked: () => true }).verify(token), 'CS_REVOKED')
    await create({ ...checking, requiredClaims: ['jti'], revoked: () => false }).verify(token)
  })

  test(`${name}: a schema decides the type, after the rules of the profile`, async () => {
    const { createVerifier: create } = profiles[name] as typeof accessToken
    const seen: unknown[] = []
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => {
          seen.push(value)
          return { value: { said: 'so' } }
        },
      },
    }
    const verifier = create({ ...checking, claims: schema })
    await fails(async () => verifier.verify(await forge({ iss: GONE })), 'CS_CLAIM_MISSING')
    assert.equal(seen.length, 0)
    const { claims: made, claimsSet } = await verifier.verify(await forge({ nonce: GONE }))
    assert.deepEqual([made.said, claimsSet.iss, seen.length], ['so', ISSUER, 1])
  })
}

/** A token whose claims no signer would write. */
async function handmade(header: object, claims: object): Promise<string> {
  const { alg: _, ...rest } = header as { readonly alg: string }
  return signJws(JSON.stringify(claims), { key: KEY, alg: 'ES256', protected: rest })
}

test('the table knows every profile whose verifier takes the options of createVerifier', () => {
  const others = ['clientAssertion', 'dpopProof']
  assert.deepEqual([...names, ...others].sort(), SAMPLES.map(({ name }) => name).sort())
})

// What is particular to one kind.

test('accessToken: all that RFC 9068 knows may be in it, and is typed', async () => {
  const signer = accessToken.createSigner({ ...signing, expiresIn: '5m' })
  const claims = {
    sub: 'alice',
    client_id: 'web',
    scope: 'read write',
    roles: ['editor'],
    groups: ['staff'],
    entitlements: [],
    auth_time: NOW - 60,
    acr: 'gold',
    amr: ['pwd', 'otp'],
    cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  }
  const { claims: read, header } = await accessToken.createVerifier(checking).verify(await signer.sign(claims))
  const { jti, ...rest } = read
  assert.match(jti, /^[0-9a-f-]{36}$/)
  assert.deepEqual(rest, { iss: ISSUER, aud: checking.audience, iat: NOW, exp: NOW + 300, ...claims })
  assert.equal(header.typ, 'at+jwt')
  const scope: string | undefined = read.scope
  const roles: readonly string[] | undefined = read.roles
  assert.deepEqual([scope, roles], ['read write', ['editor']])
})

test('accessToken: several issuers, each with its keys', async () => {
  const verifier = accessToken.createVerifier({
    issuers: { [ISSUER]: { keys: checking.keys, audience: checking.audience } },
    now,
  })
  assert.equal((await verifier.verify(await sampleOf('accessToken').make())).claims.sub, 'alice')
  await fails(async () => verifier.verify(await sampleOf('idToken').make()), 'CS_TYP')
})

test('accessToken: signed and then encrypted, a decrypter opens it with its verifier', async () => {
  const sealing = await generateKey('ECDH-ES')
  const signer = accessToken.createSigner({ ...signing, expiresIn: 60 })
  const encrypter = createEncrypter({ key: await publicKey(sealing), enc: 'A128GCM' })
  const token = await encrypter.encrypt({ sub: 'alice', client_id: 'web' }, { sign: signer })
  // biome-ignore lint/suspicious/noThenProperty: the option has that name.
  const decrypter = createDecrypter({ keys: sealing, then: accessToken.createVerifier(checking) })
  assert.equal((await decrypter.decrypt(token)).claims.client_id, 'web')
})

test('accessToken: jti may be made by the caller, and is demanded where it is switched off', async () => {
  let count = 0
  const signer = accessToken.createSigner({ ...signing, expiresIn: 60, jti: () => `id-${++count}` })
  const verifier = accessToken.createVerifier(checking)
  const claims = { sub: 'alice', client_id: 'web' }
  assert.equal((await verifier.verify(await signer.sign(claims))).claims.jti, 'id-1')
  assert.equal((await verifier.verify(await signer.sign(claims, { jti: 'own' }))).claims.jti, 'own')
  const none = accessToken.createSigner({ ...signing, expiresIn: 60, jti: false })
  await fails(() => none.sign(claims), 'CS_CLAIM_MISSING')
  await none.sign(claims, { jti: 'own' })
  await fails(async () => accessToken.createSigner({ ...signing, expiresIn: 'never' }).sign(claims), 'CS_CLAIM_MISSING')
})

test('logoutToken: a session, or all sessions of a user, for two minutes (Back-Channel Logout §2.4)', async () => {
  const signer = logoutToken.createSigner(signing)
  const verifier = logoutToken.createVerifier(checking)
  for (const about of [{ sub: 'alice' }, { sid: 's' }, { sub: 'alice', sid: 's' }]) {
    const { claims, header } = await verifier.verify(await signer.sign(about))
    const { jti, ...rest } = claims
    assert.ok(jti)
    const common = { iss: ISSUER, aud: checking.audience, iat: NOW, exp: NOW + 120, events: { [LOGOUT]: {} } }
    assert.deepEqual(rest, { ...common, ...about })
    assert.equal(header.typ, 'logout+jwt')
  }
  await fails(() => signer.sign({}), 'CS_CLAIM_MISSING')
  await fails(() => signer.sign({ sub: 'alice', nonce: 'n' }), 'CS_CLAIM_VALUE')
  await fails(() => signer.sign(null as never), 'CS_CLAIM_TYPE')
  const more = { sub: 'alice', events: { [LOGOUT]: {}, 'urn:example:event': { reason: 'theft' } } }
  assert.deepEqual((await verifier.verify(await signer.sign(more))).claims.events, more.events)
})

test("logoutToken: typ 'any' takes those without a type of their own, and none of another (attack 32)", async () => {
  const { claims } = sampleOf('logoutToken')
  const verifier = logoutToken.createVerifier({ ...checking, typ: 'any' })
  const make = (typ: string): Promise<string> => createSigner({ key: KEY, typ, expiresIn: 'never', now }).sign(claims)
  for (const typ of ['logout+jwt', 'JWT', 'application/jwt']) await verifier.verify(await make(typ))
  await verifier.verify(await handmade({ alg: 'ES256' }, claims))
  const asked = { ...checking, typ: 'any', revoked: () => assert.fail('the hook was asked') } as const
  await fails(async () => logoutToken.createVerifier(asked).verify(await make('secevent+jwt')), 'CS_TYP')
  for (const typ of ['secevent+jwt', 'at+jwt', 'Logout', 'any'])
    await fails(async () => verifier.verify(await make(typ)), 'CS_TYP')
  for (const typ of ['JWT', '', null, true])
    assert.throws(() => logoutToken.createVerifier({ ...checking, typ } as never), TypeError)
})

test('logoutToken: oneTime takes each once (Back-Channel Logout §2.6)', async () => {
  const revoked = oneTime({ store: newStore(), now })
  const verifier = logoutToken.createVerifier({ ...checking, revoked })
  const token = await sampleOf('logoutToken').make()
  await verifier.verify(token)
  await fails(() => verifier.verify(token), 'CS_REPLAY')
})

test('introspection: a response is five minutes old at most, unless maxAge says otherwise', async () => {
  const response = await introspection.createSigner(signing).sign({ token_introspection: { active: true } })
  const at = (time: number, more: object = {}): Promise<unknown> =>
    introspection.createVerifier({ ...checking, now: () => time, ...more }).verify(response)
  await at(NOW + 330)
  await fails(() => at(NOW + 331), 'CS_TOO_OLD')
  await fails(() => at(NOW - 31), 'CS_NOT_YET_VALID')
  await fails(() => at(NOW + 91, { maxAge: '1m' }), 'CS_TOO_OLD')
  await at(NOW + 3600, { maxAge: '1h' })
})

test('introspection: what is said about a token is typed', async () => {
  const said = {
    active: true,
    scope: 'read',
    client_id: 'web',
    sub: 'alice',
    aud: ['api'],
    exp: NOW + 60,
    tenant: 'acme',
  }
  const response = await introspection.createSigner(signing).sign({ token_introspection: said })
  const { claims } = await introspection.createVerifier(checking).verify(response)
  const { active, scope }: { readonly active: boolean; readonly scope?: string } = claims.token_introspection
  assert.deepEqual([active, scope, claims.token_introspection], [true, 'read', said])
  const dead = await introspection.createSigner(signing).sign({ token_introspection: { active: false } })
  assert.equal((await introspection.createVerifier(checking).verify(dead)).claims.token_introspection.active, false)
})

test('securityEvent: it does not expire, and maxAge bounds how late it may come (RFC 8417 §2.2)', async () => {
  const token = await sampleOf('securityEvent').make()
  const at = (time: number, more: object = {}): Promise<unknown> =>
    securityEvent.createVerifier({ ...checking, now: () => time, ...more }).verify(token)
  await at(NOW + 10_000_000)
  await fails(() => at(NOW + 3631, { maxAge: '1h' }), 'CS_TOO_OLD')
  // One that expires all the same has expired (RFC 8417 §2.2 does not recommend it).
  const mortal = await createSigner({ key: KEY, typ: 'secevent+jwt', expiresIn: 60, now }).sign(
    sampleOf('securityEvent').claims,
  )
  const later = securityEvent.createVerifier({ ...checking, now: () => NOW + 100 })
  await fails(() => later.verify(mortal), 'CS_EXPIRED')
})

test('securityEvent: the example of RFC 8417 §2.1.4', async () => {
  const claims = {
    iss: 'https://idp.example.com/',
    jti: '756E69717565206964656E746966696572',
    iat: 1508184845,
    aud: '636C69656E745F6964',
    events: {
      'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {
        subject: { subject_type: 'iss-sub', iss: 'https://idp.example.com/', sub: '7375626A656374' },
        reason: 'hijacking',
      },
    },
  }
  const token = await securityEvent.createSigner({ key: KEY }).sign(claims)
  const verifier = securityEvent.createVerifier({ ...checking, issuer: claims.iss, audience: claims.aud })
  assert.deepEqual((await verifier.verify(token)).claims, claims)
})

test('no error of any kind tells a claim other than iss, aud and times', async () => {
  const secret = {
    sub: 'secret',
    client_id: 7,
    scope: ['secret'],
    events: { secret: 'secret' },
    nonce: 'secret',
    sid: 7,
  }
  for (const { typ, check } of SAMPLES) {
    const token = await createSigner({
      key: KEY,
      typ,
      issuer: 'https://other.example',
      audience: 'a',
      expiresIn: 'never',
      now,
    }).sign(secret)
    const error = await fails(() => check(token))
    assert.ok(error instanceof JoseError)
    assert.doesNotMatch(JSON.stringify(error) + error.stack, /secret/)
  }
})
