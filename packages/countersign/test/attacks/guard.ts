import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import type { Refusal } from 'countersign/guard'
import { signJws } from 'countersign/jws'
import { createDenylist, expiringStore, oneTime } from 'countersign/revocation'
import { bearer, KEY, newClient, ORIGIN, proofs, tokenOf, verifier } from '../guard/rig.ts'
import { b64, CLAIMS, input, mac, NOW, now, POLICY } from '../support/forge.ts'
import { answer, bodyOf, issue, rig, unreachable } from '../support/remote.ts'

// What is tried on every guard, of whatever framework: guards.test.ts and guard-fastify.test.ts bring them.

/** What came out of a guard: all of it that a client sees, and all that the program is told. */
export interface Outcome {
  readonly status: number
  readonly entered: number
  /** Headers and body, as they are sent. */
  readonly seen: string
  readonly told: readonly Refusal[]
}

/** A guard under attack. */
export interface Attacked {
  readonly name: string
  /** Makes a guard by these options, whatever they are. */
  readonly create: (options: never) => { requires(demands: never): unknown }
  /** Sends a request through a guard with these options, by the same words for each. */
  readonly send: (options: object, fields: Readonly<Record<string, string>>) => Promise<Outcome>
}

/** An error with all that it says to a program that logs it, and all errors behind it. */
function chainOf(error: unknown): string {
  const texts: string[] = []
  for (let each = error; each instanceof Error; each = each.cause)
    texts.push(JSON.stringify(each), String(each), each.stack ?? '', JSON.stringify(Object.entries(each)))
  return texts.join('\n')
}

// 66. Token in URL, log or error

const CANARY = 'canary4711'
/** In no header and no claim that an error may name (alg, kid, typ; iss, aud and times). */
const CANARIES = {
  sub: `${CANARY}-sub`,
  jti: `${CANARY}-jti`,
  name: `${CANARY}-name`,
  email: `${CANARY}@example.com`,
  scope: `${CANARY}-scope`,
  scp: [`${CANARY}-scp`],
  roles: [`${CANARY}-roles`],
  cnf_note: `${CANARY}-cnf`,
  nested: { deep: [`${CANARY}-deep`] },
}
const HEADER = { x5t: `${CANARY}-x5t`, jku: `https://${CANARY}.example/`, url: `${CANARY}-url`, cty: `${CANARY}-cty` }

const SECRET = b64(Uint8Array.from({ length: 32 }, (_, index) => index + 1))
const stranger = await door.generateKey('ES256')
const strangersJwk = await door.exportJwk(stranger)
const client = await newClient({ ...CANARIES })

const claims = { ...CLAIMS, ...CANARIES }
const good = tokenOf(CANARIES, HEADER)
const [goodHeader, goodPayload, goodSignature] = good.split('.') as [string, string, string]

/** Tokens that have to be refused, each full of canaries. */
const HOSTILE: Readonly<Record<string, string>> = {
  expired: tokenOf({ ...CANARIES, exp: NOW - 100 }, HEADER),
  'not yet valid': tokenOf({ ...CANARIES, nbf: NOW + 100 }, HEADER),
  'of another issuer': tokenOf({ ...CANARIES, iss: 'https://evil.example' }, HEADER),
  'for another audience': tokenOf({ ...CANARIES, aud: ['else'] }, HEADER),
  'without exp': tokenOf({ ...CANARIES, exp: undefined }, HEADER),
  'with exp of text': tokenOf({ ...CANARIES, exp: `${CANARY}-exp` }, HEADER),
  'with sub that is no text': tokenOf({ ...CANARIES, sub: { [CANARY]: CANARY } }, HEADER),
  'with jti that is no text': tokenOf({ ...CANARIES, jti: [CANARY] }, HEADER),
  'with iss that is no text': tokenOf({ ...CANARIES, iss: [CANARY] }, HEADER),
  'with aud that is no text': tokenOf({ ...CANARIES, aud: { [CANARY]: CANARY } }, HEADER),
  'of another typ': tokenOf(CANARIES, { ...HEADER, typ: 'logout+jwt' }),
  'with crit': tokenOf(CANARIES, { ...HEADER, crit: ['exp'] }),
  'with crit that is no list': tokenOf(CANARIES, { ...HEADER, crit: CANARY }),
  'with another secret': mac({ alg: 'HS256', ...HEADER }, claims, CANARY),
  'with another key': await signJws(JSON.stringify(claims), { key: stranger, protected: HEADER }),
  'with its key in it': await signJws(JSON.stringify(claims), { key: stranger, protected: { ...HEADER, jwk: {} } }),
  'with a private key in it': mac(
    { alg: 'HS256', ...HEADER, jwk: { ...strangersJwk, d: `${CANARY}-d` } },
    claims,
    CANARY,
  ),
  'with alg none': `${input({ alg: 'none', ...HEADER }, claims)}.`,
  'with alg that is no text': `${input({ alg: [CANARY], ...HEADER }, claims)}.${goodSignature}`,
  'with b64': `${input({ alg: 'HS256', b64: false, crit: ['b64'], ...HEADER }, claims)}.${goodSignature}`,
  'with a member twice': `${b64(`{"alg":"HS256","x":"${CANARY}","x":"${CANARY}"}`)}.${goodPayload}.${goodSignature}`,
  'with a broken header': `${b64(`{"alg":"HS256","x":"${CANARY}`)}.${goodPayload}.${goodSignature}`,
  'with broken claims': mac({ alg: 'HS256' }, `{"sub":"${CANARY}`, Buffer.from(SECRET, 'base64url')),
  'with claims that are no object': mac({ alg: 'HS256' }, `["${CANARY}"]`, Buffer.from(SECRET, 'base64url')),
  'with a claim twice': mac(
    { alg: 'HS256' },
    `{"sub":"${CANARY}","sub":"${CANARY}"}`,
    Buffer.from(SECRET, 'base64url'),
  ),
  'with other claims': `${goodHeader}.${b64(JSON.stringify({ ...claims, admin: true }))}.${goodSignature}`,
  'with half its signature': good.slice(0, -20),
  'without signature': `${goodHeader}.${goodPayload}`,
  'with a part more': `${good}.${goodPayload}`,
  'with five parts': `${goodHeader}.${goodPayload}.${goodPayload}.${goodPayload}.${goodSignature}`,
  'that is too large': tokenOf({ ...CANARIES, more: CANARY.repeat(2000) }, HEADER),
  'that is bound to a key': tokenOf({ ...CANARIES, cnf: { jkt: `${CANARY}-jkt` } }, HEADER),
  'that is no token': `${CANARY}~${goodPayload}`,
  'in quotes': `"${good}"`,
  'with a space in it': `${goodHeader}. ${goodPayload}.${goodSignature}`,
}

/** Everything that may stand nowhere: canaries, parts of the token, secrets. */
function forbidden(token: string): readonly string[] {
  const parts = token.split(/[.\s"~]/).filter((part) => part.length >= 12)
  const pieces = parts.flatMap((part) => [part.slice(0, 16), part.slice(-16)])
  return [CANARY, ...pieces, SECRET, String(strangersJwk['d'])]
}

function assertSilent({ seen, told }: Outcome, token: string, what: string): void {
  const [refusal] = told
  const { error, ...rest } = refusal ?? assert.fail(`${what}: onRefusal was not told`)
  for (const text of forbidden(token)) {
    for (const [place, shown] of [
      ['the answer', seen],
      ['what onRefusal gets', JSON.stringify(rest)],
      ['the error', JSON.stringify(error ?? '')],
      ['the error and its causes', chainOf(error)],
    ] as const)
      assert.equal(shown.includes(text), false, `${what}: ${place} holds ${text}: ${shown}`)
  }
}

/** Attack 66 on guards: tokens in answers, errors and logs. */
export function attackSilence({ name, send }: Attacked): void {
  for (const [what, token] of Object.entries(HOSTILE)) {
    test(`attack 66: ${name}: a token ${what} is in no answer, no error and no log`, async () => {
      const outcome = await send({}, bearer(token))
      assert.equal(outcome.entered, 0)
      assert.ok(outcome.status === 401 || outcome.status === 400, String(outcome.status))
      assertSilent(outcome, token, what)
    })
  }
  test(`attack 66: ${name}: what a good token lacks is told, and nothing that it has`, async () => {
    for (const options of [{ scope: 'a' }, { roles: ['a', 'b'] }, { roles: 'a', rolesOf: () => [CANARY] }]) {
      const outcome = await send(options, bearer(good))
      assert.equal(outcome.status, 403)
      assertSilent(outcome, good, JSON.stringify(options))
    }
  })
  test(`attack 66: ${name}: a token that was revoked, used or does not fit is in no answer, no error and no log`, async () => {
    const denylist = createDenylist({ now })
    await denylist.revoke({ iss: CLAIMS.iss, jti: CANARIES.jti, exp: CLAIMS.exp })
    const once = oneTime({ store: expiringStore({ now }), now })
    const used = door.createVerifier({ keys: KEY, ...POLICY, revoked: once })
    await used.verify(good)
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({
          issues: [{ message: `sub is ${JSON.stringify(value)}`, path: ['sub'] }, { message: CANARY }],
        }),
      },
    } as const
    for (const each of [
      door.createVerifier({ keys: KEY, ...POLICY, revoked: denylist.revoked }),
      used,
      door.createVerifier({ keys: KEY, ...POLICY, claims: schema }),
      door.createVerifier({ keys: KEY, ...POLICY, subject: 'else', requiredClaims: ['acr'], maxAge: 0 }),
      door.createVerifier({ keys: door.keySet({ keys: [KEY] }), ...POLICY, audience: 'else' }),
    ]) {
      const outcome = await send({ verifier: each }, bearer(good))
      assert.equal(outcome.status, 401)
      assertSilent(outcome, good, 'refused')
    }
  })
  test(`attack 66: ${name}: a proof that is refused is in no answer, no error and no log`, async () => {
    const hostile = [
      await client.prove({ htm: `${CANARY}-htm`, htu: `https://${CANARY}.example/`, ath: CANARY, nonce: CANARY }),
      await client.prove({ jti: `${CANARY}-jti`, iat: 1 }),
      await client.prove({}, { typ: 'JWT', x5t: CANARY }),
      mac({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: CANARY } }, CANARIES, CANARY),
      mac({ alg: 'ES256', typ: 'dpop+jwt', jwk: { ...strangersJwk, d: `${CANARY}-d` } }, CANARIES, CANARY),
      mac({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty: 'EC', crv: CANARY, x: CANARY, y: CANARY } }, CANARIES, CANARY),
      mac({ alg: 'ES256', typ: 'dpop+jwt', jwk: CANARY }, CANARIES, CANARY),
      CANARY,
    ]
    for (const dpop of hostile) {
      const outcome = await send({ dpop: proofs() }, { authorization: `DPoP ${client.token}`, dpop })
      assert.equal(outcome.entered, 0)
      assert.equal(outcome.status, 401)
      assertSilent(outcome, client.token, 'the token of a proof')
      assertSilent(outcome, dpop, 'a proof')
    }
  })
  test(`attack 66: ${name}: where keys come from is in no answer, also while they are out of reach`, async () => {
    const url = `https://${CANARY}.internal.example/keys?api_key=${CANARY}`
    const failing = async () => {
      throw new Error(`connect ECONNREFUSED ${url}`, { cause: new Error(CANARY) })
    }
    // A set that has come and does not have the key is a fact about the token; all else is none.
    for (const [expected, fetch] of [
      [503, failing],
      [503, answer(CANARY)],
      [503, answer(CANARY, {}, 404)],
      [401, answer(`{"keys":[{"kid":"${CANARY}"}]}`)],
    ] as const) {
      const keys = door.remoteKeySet(url, { fetch: (_url, request) => fetch(request, url) })
      const { status, entered, seen } = await send({ verifier: door.createVerifier({ keys, ...POLICY }) }, bearer(good))
      assert.equal(entered, 0)
      assert.equal(status, expected)
      assert.equal(/canary|internal|ECONN|api_key/.test(seen), false, seen)
    }
  })
  test(`attack 66: ${name}: what hooks throw is in no answer`, async () => {
    const fail = () => {
      throw new Error(`${CANARY}: SELECT * FROM revoked WHERE password = '${CANARY}'`)
    }
    for (const options of [
      { verifier: door.createVerifier({ keys: fail as never, ...POLICY }) },
      { verifier: door.createVerifier({ keys: KEY, ...POLICY, revoked: fail }) },
      { extract: fail },
      { roles: 'a', rolesOf: fail },
    ]) {
      // What a verifier asks is answered for; what the guard itself asks is a bug, and the framework's to answer.
      const answered = 'verifier' in options
      const sent = send(options, bearer(good))
      const { status, entered, seen } = await (answered ? sent : sent.catch(() => FAILED))
      assert.equal(entered, 0)
      assert.equal(status, answered ? 503 : 500)
      assert.equal(/canary|SELECT/.test(seen), false, seen)
    }
  })
  test(`attack 66: ${name}: a token of which iss, aud, kid and typ are told has them cut and escaped`, async () => {
    const long = `<script>\u202e"\r\n${'x'.repeat(4000)}`
    const token = tokenOf({ iss: long, aud: [long, long] }, { kid: long, typ: long })
    const { seen, entered } = await send({}, bearer(token))
    assert.equal(entered, 0)
    assert.equal(seen.includes('x'.repeat(120)), false)
    assert.equal(/[\u202e\r\n]/.test(seen), false)
    assert.ok(seen.length < 4000, String(seen.length))
  })
}

/** What a guard that throws amounts to. */
const FAILED: Outcome = { status: 500, entered: 0, seen: '', told: [] }

// 68. Fail-open on configuration errors

const dpop = proofs()
const { verify, safeVerify } = verifier
const cookie = { name: 'a', origins: ['https://app.example'] }

/** Every way to get a guard wrong. */
const MISTAKES: Readonly<Record<string, unknown>> = {
  'no options': undefined,
  'options that are null': null,
  'options that are text': 'verifier',
  'a verifier for options': verifier,
  'no verifier': {},
  'a verifier that is undefined': { verifier: undefined },
  'a verifier that is null': { verifier: null },
  'a promise of a verifier': { verifier: Promise.resolve(verifier) },
  'a function for a verifier': { verifier: verify },
  'a verifier that looks like one': { verifier: { verify: async () => ({ claims: {} }), safeVerify } },
  'a copy of a verifier': { verifier: { ...verifier } },
  'an heir of a verifier': { verifier: Object.create(verifier) },
  'a stand-in for a verifier': { verifier: new Proxy(verifier, {}) },
  'a signer': { verifier: door.createSigner({ key: KEY, expiresIn: 60 }) },
  'a key': { verifier: KEY },
  'options of a verifier': { verifier: { keys: KEY, ...POLICY } },
  'an option that is misspelt': { verifier, scopes: 'a' },
  'an option that is inherited and misspelt': Object.assign(Object.create({ role: 'a' }), { verifier }),
  'an empty scope': { verifier, scope: '' },
  'a scope of space': { verifier, scope: ' ' },
  'scopes with two spaces': { verifier, scope: 'a  b' },
  'scopes with a comma and quotes': { verifier, scope: '"a"' },
  'a scope with a line break': { verifier, scope: 'a\nb' },
  'a scope that is not ASCII': { verifier, scope: 'é' },
  'no scopes': { verifier, scope: [] },
  'a scope that got lost': { verifier, scope: undefined },
  'roles that got lost': { verifier, roles: undefined },
  'a rolesOf that got lost': { verifier, roles: 'a', rolesOf: undefined },
  'scopes in one text of an array': { verifier, scope: ['a b'] },
  'an empty scope in an array': { verifier, scope: ['a', ''] },
  'a scope that is null': { verifier, scope: null },
  'a scope that is a RegExp': { verifier, scope: /a/ },
  'a scope that is false': { verifier, scope: false },
  'a set of scopes': { verifier, scope: new Set(['a']) },
  'no roles': { verifier, roles: [] },
  'an empty role': { verifier, roles: '' },
  'an empty role in an array': { verifier, roles: ['a', ''] },
  'roles that are null': { verifier, roles: null },
  'a role that is a RegExp': { verifier, roles: [/a/] },
  'rolesOf that is a path': { verifier, roles: 'a', rolesOf: 'realm_access.roles' },
  'rolesOf that is async': { verifier, roles: 'a', rolesOf: async () => ['a'] },
  'rolesOf that is null': { verifier, roles: 'a', rolesOf: null },
  'optional as text': { verifier, optional: 'false' },
  'optional as a number': { verifier, optional: 0 },
  'optional that is null': { verifier, optional: null },
  'a cookie that is its name': { verifier, cookie: 'session' },
  'a cookie that is null': { verifier, cookie: null },
  'a cookie without origins': { verifier, cookie: { name: 'a' } },
  'a cookie with no origins': { verifier, cookie: { name: 'a', origins: [] } },
  'a cookie with one origin as text': { verifier, cookie: { name: 'a', origins: 'https://app.example' } },
  'a cookie without a name': { verifier, cookie: { origins: cookie.origins } },
  'a cookie with an empty name': { verifier, cookie: { ...cookie, name: '' } },
  'a cookie with a space in its name': { verifier, cookie: { ...cookie, name: 'a b' } },
  'a cookie with = in its name': { verifier, cookie: { ...cookie, name: 'a=b' } },
  'a cookie with a misspelt option': { verifier, cookie: { ...cookie, origin: 'https://app.example' } },
  ...Object.fromEntries(
    [
      '*',
      'null',
      '',
      'app.example',
      'https://app.example/',
      'https://app.example/path',
      'https://APP.example',
      'https://app.example:443',
      'https://*.example',
      'https://user@app.example',
      ' https://app.example',
      'ftp://app.example',
      'wss://app.example',
      'file://',
      /app/,
      null,
      undefined,
    ].flatMap((origin) => [
      [`a cookie from the origin ${String(origin)}`, { verifier, cookie: { name: 'a', origins: [origin] } }],
      [`proofs for the origin ${String(origin)}`, { verifier, dpop: { ...dpop, origin } }],
    ]),
  ),
  'a cookie and extract': { verifier, cookie, extract: () => undefined },
  'extract that is the name of a header': { verifier, extract: 'x-token' },
  'extract that is null': { verifier, extract: null },
  'proofs that are true': { verifier, dpop: true },
  'proofs that are null': { verifier, dpop: null },
  'proofs without replay': { verifier, dpop: { origin: ORIGIN } },
  'proofs with a replay that is a Map': { verifier, dpop: { ...dpop, replay: new Map() } },
  'proofs with a replay that is null': { verifier, dpop: { ...dpop, replay: null } },
  'proofs without origin': { verifier, dpop: { replay: dpop.replay } },
  'proofs with an HMAC': { verifier, dpop: { ...dpop, algorithms: ['ES256', 'HS256'] } },
  'proofs with an unknown algorithm': { verifier, dpop: { ...dpop, algorithms: ['none'] } },
  'proofs with no algorithms': { verifier, dpop: { ...dpop, algorithms: [] } },
  'proofs with a maxAge that is no number': { verifier, dpop: { ...dpop, maxAge: Number.NaN } },
  'proofs with a tolerance below zero': { verifier, dpop: { ...dpop, clockTolerance: -1 } },
  'proofs with a clock that is a number': { verifier, dpop: { ...dpop, now: NOW } },
  'proofs that are required by text': { verifier, dpop: { ...dpop, required: 'yes' } },
  'proofs with a misspelt option': { verifier, dpop: { ...dpop, require: true } },
  'an empty realm': { verifier, realm: '' },
  'a realm that is no text': { verifier, realm: {} },
  'onRefusal that is text': { verifier, onRefusal: 'log' },
  'onRefusal that is null': { verifier, onRefusal: null },
}

/** Attack 68 on guards: options that are not what they should be. */
export function attackOptions({ name, create }: Attacked): void {
  for (const [what, options] of Object.entries(MISTAKES)) {
    test(`attack 68: ${name}: createGuard with ${what} is a TypeError`, () => {
      assert.throws(() => create(options as never), TypeError)
    })
  }
  test(`attack 68: ${name}: requires that demands nothing, or something strange, is a TypeError`, () => {
    const guard = create({ verifier } as never)
    for (const demands of [
      undefined,
      null,
      {},
      'a',
      ['a'],
      { scope: undefined },
      { scope: '' },
      { scope: [] },
      { roles: [] },
      { rolesOf: () => [] },
      { roles: 'a', rolesOf: null },
      { scope: 'a', optional: true },
      { scopes: 'a' },
      { scope: 'a', verifier },
    ])
      assert.throws(() => guard.requires(demands as never), TypeError, JSON.stringify(demands))
  })
  test(`attack 68: ${name}: a mistake in a refused set of options does not reach another guard`, () => {
    const options = { verifier, scope: 'a' }
    create(options as never)
    assert.deepEqual(options, { verifier, scope: 'a' })
  })
}

export const boom = (): never => {
  throw new Error('boom')
}
const later = async (): Promise<never> => boom()
const broken = {
  // biome-ignore lint/suspicious/noThenProperty: that it looks like a promise is the point
  get then() {
    return boom()
  },
}
const verifierWith = (options: object): door.Verifier =>
  door.createVerifier({ keys: KEY, ...POLICY, ...options } as never)
const schemaOf = (validate: () => unknown): object => ({ '~standard': { version: 1, vendor: 'test', validate } })

/** Whatever can fail while a request is looked at. */
const FAILURES: Readonly<Record<string, object>> = {
  'keys throw': { verifier: verifierWith({ keys: boom }) },
  'keys reject': { verifier: verifierWith({ keys: later }) },
  'keys give nothing': { verifier: verifierWith({ keys: () => undefined }) },
  'keys give true': { verifier: verifierWith({ keys: () => true }) },
  'the issuer is not found': {
    verifier: door.createVerifier({ issuers: (() => undefined) as never, now }),
  },
  'the search for the issuer throws': { verifier: door.createVerifier({ issuers: boom, now }) },
  'the hook throws': { verifier: verifierWith({ revoked: boom }) },
  'the hook rejects': { verifier: verifierWith({ revoked: later }) },
  'the hook gives nothing': { verifier: verifierWith({ revoked: () => undefined }) },
  'the hook gives 0': { verifier: verifierWith({ revoked: () => 0 }) },
  'the hook gives a broken promise': { verifier: verifierWith({ revoked: () => broken }) },
  'one of two hooks throws': { verifier: verifierWith({ revoked: [() => false, boom] }) },
  'the clock throws': { verifier: verifierWith({ now: boom }) },
  'the clock gives NaN': { verifier: verifierWith({ now: () => Number.NaN }) },
  'the clock gives nothing': { verifier: verifierWith({ now: () => undefined }) },
  'the clock gives a Date': { verifier: verifierWith({ now: () => new Date() }) },
  'the schema throws': { verifier: verifierWith({ claims: schemaOf(boom) }) },
  'the schema rejects': { verifier: verifierWith({ claims: schemaOf(later) }) },
  'the schema gives nothing': { verifier: verifierWith({ claims: schemaOf(() => undefined) }) },
  'the schema gives neither value nor issues': { verifier: verifierWith({ claims: schemaOf(() => ({})) }) },
  'extract throws': { extract: boom },
  'extract rejects': { extract: later },
  'extract gives a broken promise': { extract: () => broken },
  'rolesOf throws': { roles: 'a', rolesOf: boom },
  'rolesOf gives a promise': { roles: 'a', rolesOf: () => Promise.resolve(['a']) },
  'rolesOf gives nothing': { roles: 'a', rolesOf: () => undefined },
  'rolesOf gives something that cannot be read': {
    roles: 'a',
    rolesOf: () => new Proxy(['a'], { get: boom, has: boom, ownKeys: boom }),
  },
}

/** Attack 68 on guards: whatever fails, nobody comes in. */
export function attackFailures({ name, send }: Attacked): void {
  for (const [what, options] of Object.entries(FAILURES)) {
    for (const optional of [false, true]) {
      test(`attack 68: ${name}${optional ? ', optional' : ''}: nobody comes in where ${what}`, async () => {
        const { status, entered } = await send({ ...options, optional }, bearer(tokenOf({ roles: ['a'] }))).catch(
          () => FAILED,
        )
        assert.equal(entered, 0)
        assert.ok(status >= 400, String(status))
      })
    }
  }
  test(`attack 68: ${name}: nobody comes in where the store of proofs fails, whatever it says`, async () => {
    const answers = [boom, later, () => undefined, () => null, () => 'OK', () => 1, () => ({}), () => broken]
    for (const add of answers) {
      const replay = { add, raise() {}, get: () => undefined }
      const fields = { authorization: `DPoP ${client.token}`, dpop: await client.prove() }
      const options = { dpop: { ...proofs(), replay }, optional: true }
      const { status, entered } = await send(options, fields).catch(() => FAILED)
      assert.equal(entered, 0)
      assert.ok(status >= 500, String(status))
    }
    const fields = { authorization: `DPoP ${client.token}`, dpop: await client.prove() }
    for (const clock of [boom, () => Number.NaN]) {
      const { entered } = await send({ dpop: { ...proofs(), now: clock } }, fields).catch(() => FAILED)
      assert.equal(entered, 0)
    }
    assert.equal((await send({ dpop: proofs() }, fields)).entered, 1)
  })
  test(`attack 68: ${name}: nobody comes in while keys are out of reach, and everybody does afterwards`, async () => {
    const issued = await issue('a')
    for (const [expected, server] of [
      [503, unreachable],
      [503, answer('', {}, 500)],
      [503, answer('{}')],
      [401, answer('{"keys":[]}')],
    ] as const) {
      const { state, verifier: remote } = rig()
      state.answer = server
      const options = { verifier: remote, optional: true }
      const { status, entered } = await send(options, bearer(issued.token))
      assert.equal(entered, 0)
      assert.equal(status, expected)
      state.answer = answer(bodyOf(issued))
      state.time += 600
      assert.equal((await send(options, bearer(issued.token))).entered, 1)
    }
  })
  test(`attack 68: ${name}: nobody comes in because a log fails`, async () => {
    for (const onRefusal of [boom, later, () => broken]) {
      const { status, entered } = await send({ onRefusal }, bearer('x'))
      assert.equal(entered, 0)
      assert.equal(status, 401)
    }
  })
}
