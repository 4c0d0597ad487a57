import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createVerifier,
  type ErrorCode,
  exportJwk,
  generateKey,
  JoseError,
  type JwtClaims,
  remoteKey,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  secretKey,
} from 'countersign'
import fc from 'fast-check'
import { OCTETS, sealed, toCompact } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { CLAIMS, fails, mac, NOW, now, POLICY } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'
import { publicMembers } from '../support/keys.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 3 * index + 1)
const HS = { alg: 'HS256', typ: 'JWT' }
const key = secretKey(SECRET, 'HS256')
const sealing = secretKey(OCTETS, 'A256GCM')
/** Stands for all that no error may tell. */
const CANARY = 'canary-4711'
const SET = { ...CLAIMS, sub: CANARY, role: CANARY, nested: { list: [CANARY, { deep: CANARY }] } }
const SIGNED = mac(HS, SET, SECRET)
const DIR = { alg: 'dir', enc: 'A256GCM' }
const BARE = toCompact(await sealed({ ...DIR, typ: 'JWT' }, JSON.stringify(SET)))
const NESTED = toCompact(await sealed({ ...DIR, cty: 'JWT' }, SIGNED))

type Claims = Readonly<Record<string, unknown>>
type Validate = (claims: Claims) => unknown
type Door = (typeof DOORS)[number]['door']

/** A schema by hand, whatever it does. */
const schema = <Output = unknown>(validate: Validate): StandardSchema<unknown, Output> => ({
  '~standard': { version: 1, vendor: 'test', validate: validate as (claims: unknown) => StandardResult<Output> },
})

/** The parts of a schema without the schema. */
const properties = (validate: Validate): object => schema(validate)['~standard']

const pass: Validate = (value) => ({ value })
const issue = (path: unknown, message: string = CANARY): StandardIssue => ({ message, path }) as StandardIssue
const refuse = (...issues: readonly StandardIssue[]): StandardSchema => schema(() => ({ issues }))

interface Checked {
  readonly claims: unknown
  readonly claimsSet: JwtClaims
}

/** The ways by which claims come to be checked. */
interface Way {
  readonly what: string
  readonly token: string
  opener(door: Door, claims: unknown): (token: string) => Checked | PromiseLike<Checked>
}

const WAYS: readonly Way[] = [
  ...[false, true].map(
    (cache): Way => ({
      what: cache ? 'a verifier that remembers' : 'a verifier',
      token: SIGNED,
      opener(door, claims) {
        const verifier = door.createVerifier({ ...POLICY, keys: key, claims: claims as StandardSchema, cache })
        return (token) => verifier.verify(token)
      },
    }),
  ),
  {
    what: 'a decrypter of bare claims',
    token: BARE,
    opener(door, claims) {
      const decrypter = door.createDecrypter({ ...POLICY, keys: sealing, claims: claims as StandardSchema })
      return (token) => decrypter.decrypt(token)
    },
  },
  {
    what: 'the verifier in a decrypter of nested tokens',
    token: NESTED,
    opener(door, claims) {
      const verifier = door.createVerifier({ ...POLICY, keys: key, claims: claims as StandardSchema })
      const decrypter = door.createDecrypter(nested(sealing, verifier))
      return (token) => decrypter.decrypt(token)
    },
  },
]

/** The ways by which claims come to be written. */
const WRITERS: readonly {
  readonly what: string
  writer(door: Door, claims: unknown, options?: object): (claims: Claims, call?: object) => unknown
}[] = [
  {
    what: 'a signer',
    writer(door, claims, options) {
      const signer = door.createSigner({
        key,
        expiresIn: 60,
        now,
        claims: claims as StandardSchema<JwtClaims>,
        ...options,
      })
      return (set, call) => signer.sign(set, call)
    },
  },
  {
    what: 'an encrypter',
    writer(door, claims, options) {
      const given = { key: sealing, expiresIn: 60, now, claims: claims as StandardSchema<JwtClaims>, ...options }
      const encrypter = door.createEncrypter(given)
      return (set, call) => encrypter.encrypt(set, call)
    },
  },
]

/** Holds that an error tells nothing of the claims, nor what the schema said. */
function tellsNothing(error: JoseError): void {
  const told = `${JSON.stringify(error)} ${error} ${error.hint}`
  assert.ok(!told.includes(CANARY), told)
}

const rejected = (reason: unknown): Promise<never> => {
  const promise = Promise.reject(reason)
  promise.catch(() => undefined)
  return promise
}

/** What some libraries give as issues: an array that has itself as its member `issues`. */
class Issues extends Array<StandardIssue> {
  get issues(): this {
    return this
  }
}

/** Results that are none, and what becomes of the token. */
const NO_RESULTS: readonly (readonly [what: string, result: unknown, code: ErrorCode])[] = [
  ['nothing', undefined, 'CS_UNAVAILABLE'],
  ['null', null, 'CS_UNAVAILABLE'],
  ['true', true, 'CS_UNAVAILABLE'],
  ['a text', CANARY, 'CS_UNAVAILABLE'],
  ['a number', 1, 'CS_UNAVAILABLE'],
  ['an empty object', {}, 'CS_UNAVAILABLE'],
  ['the claims', SET, 'CS_UNAVAILABLE'],
  ['an empty array', [], 'CS_UNAVAILABLE'],
  ['an array of the claims', [SET], 'CS_UNAVAILABLE'],
  ['a function', () => ({ value: SET }), 'CS_UNAVAILABLE'],
  ['no issues, and no value', { issues: undefined }, 'CS_UNAVAILABLE'],
  ['an empty array of issues', { issues: [] }, 'CS_CLAIMS_SCHEMA'],
  ['a value beside issues', { value: SET, issues: [issue(['role'])] }, 'CS_CLAIMS_SCHEMA'],
  ['a value beside an empty array of issues', { value: SET, issues: [] }, 'CS_CLAIMS_SCHEMA'],
  ['a value beside issues that are null', { value: SET, issues: null }, 'CS_CLAIMS_SCHEMA'],
  ['a value beside issues that are false', { value: SET, issues: false }, 'CS_CLAIMS_SCHEMA'],
  ['a value beside issues that are a text', { value: SET, issues: CANARY }, 'CS_CLAIMS_SCHEMA'],
  ['issues that are no issues', { issues: [undefined, null, CANARY, 1, [], () => 1] }, 'CS_CLAIMS_SCHEMA'],
  ['issues with holes', { issues: new Array(3) }, 'CS_CLAIMS_SCHEMA'],
  ['an array that is its own issues', Issues.from([issue(['role'])]), 'CS_CLAIMS_SCHEMA'],
  ['an array that is its own issues, and empty', new Issues(), 'CS_CLAIMS_SCHEMA'],
  ['issues that are inherited', Object.create({ issues: [issue(['role'])] }), 'CS_CLAIMS_SCHEMA'],
]

/** Paths, and how they are told. */
const PATHS: readonly (readonly [path: unknown, told: string])[] = [
  [['role'], 'role'],
  [['nested', 'list', 1, 'deep'], 'nested.list.1.deep'],
  [[{ key: 'nested' }, { key: 'list' }, { key: 0 }], 'nested.list.0'],
  [[{ type: 'object', key: 'role', input: SET, value: CANARY }], 'role'],
  [[Symbol('role')], 'Symbol(role)'],
  [['__proto__', 'constructor'], '__proto__.constructor'],
  [[], ''],
  [undefined, ''],
  [null, ''],
  [CANARY, ''],
  [{ 0: CANARY, length: 1 }, ''],
  [['role', { key: SET }], 'role.?'],
  [['role', { key: [CANARY] }], 'role.?'],
  [['role', { key: { toString: 1, valueOf: 1 } }], 'role.?'],
  [['role', { value: CANARY }], 'role.?'],
  [['role', [CANARY]], 'role.?'],
  [['role', null, undefined, () => CANARY], 'role.?.?.?'],
  [['x'.repeat(5000)], `${'x'.repeat(100)}…`],
  [Array(5000).fill('a'), `${'a.'.repeat(50)}…`],
]

for (const { name, door } of DOORS) {
  const isSync = name === 'countersign/sync'

  // What is no schema.

  const noSchemas: readonly (readonly [what: string, value: unknown])[] = [
    ['null', null],
    ['true', true],
    ['a text', 'schema'],
    ['an empty object', {}],
    ['an array', [schema(pass)]],
    ['a function', pass],
    ['a function in its place', { '~standard': pass }],
    ['an array in its place', { '~standard': [properties(pass)] }],
    ['nothing in its place', { '~standard': undefined }],
    ['version 2', { '~standard': { ...properties(pass), version: 2 } }],
    ['version 0', { '~standard': { ...properties(pass), version: 0 } }],
    ["version '1'", { '~standard': { ...properties(pass), version: '1' } }],
    ['no version', { '~standard': { ...properties(pass), version: undefined } }],
    ['nothing that validates', { '~standard': { version: 1, vendor: 'test' } }],
    ['an object that validates', { '~standard': { version: 1, vendor: 'test', validate: {} } }],
    ['its properties alone', properties(pass)],
    ['a function with version 2', Object.assign(() => {}, { '~standard': { ...properties(pass), version: 2 } })],
  ]
  for (const [what, value] of noSchemas) {
    test(`${name}: ${what} is no schema, for no door`, () => {
      const refused = { name: 'TypeError', message: /claims is no schema/ }
      for (const { opener } of WAYS) assert.throws(() => opener(door, value), refused)
      for (const { writer } of WRITERS) assert.throws(() => writer(door, value), refused)
    })
  }

  // What does not fit.

  for (const { what, token, opener } of WAYS) {
    for (const [result, given, code] of NO_RESULTS) {
      test(`${name}: ${what} refuses a token where the schema gives ${result}`, async () => {
        const open = opener(
          door,
          schema(() => given),
        )
        for (let time = 0; time < 2; time++) {
          const error = await fails(() => open(token), code)
          assert.equal(error.unavailable, code === 'CS_UNAVAILABLE')
          tellsNothing(error)
        }
      })
    }

    test(`${name}: ${what} refuses a token as unavailable where the schema throws, whatever it throws`, async () => {
      for (const reason of [new Error(CANARY), new TypeError(SIGNED), CANARY, undefined, null, SET]) {
        const throwing = schema(() => {
          throw reason
        })
        const error = await fails(() => opener(door, throwing)(token), 'CS_UNAVAILABLE')
        assert.equal(error.unavailable, true)
        assert.equal(error.cause, reason)
        tellsNothing(error)
      }
      const own = new JoseError('CS_CLAIM_VALUE', 'as it is')
      const passing = schema(() => {
        throw own
      })
      assert.equal(await fails(() => opener(door, passing)(token)), own)
    })

    test(`${name}: ${what} tells where the claims do not fit, and nothing that they or the schema say`, async () => {
      for (const [path, told] of PATHS) {
        const error = await fails(() => opener(door, refuse(issue(path)))(token), 'CS_CLAIMS_SCHEMA')
        assert.deepEqual(
          error.issues.map(({ code, path, expected, actual }) => ({ code, path, expected, actual })),
          [{ code: 'CS_CLAIMS_SCHEMA', path: told, expected: undefined, actual: undefined }],
        )
        assert.ok(error.message.length < 250, error.message)
        tellsNothing(error)
      }
    })

    test(`${name}: ${what} tells all places at once, as far as somebody would read them`, async () => {
      const issues = Array.from({ length: 500 }, (_, index) => issue(['list', index]))
      const one = await fails(() => opener(door, refuse(...issues.slice(0, 3)))(token), 'CS_CLAIMS_SCHEMA')
      assert.deepEqual(
        one.issues.map(({ path }) => path),
        ['list.0', 'list.1', 'list.2'],
      )
      assert.match(one.message, /"list\.0", "list\.1", "list\.2"$/)
      for (const given of [issues, Issues.from(issues)]) {
        const all = await fails(
          () =>
            opener(
              door,
              schema(() => ({ issues: given })),
            )(token),
          'CS_CLAIMS_SCHEMA',
        )
        assert.equal(all.issues.length, 20)
        assert.ok(all.message.length < 200)
        assert.ok(Object.isFrozen(all.issues) && all.issues.every(Object.isFrozen))
      }
    })

    test(`${name}: ${what} does not ask a schema about a token that is refused otherwise`, async () => {
      let asked = 0
      const counting = schema((value) => ({ value, asked: asked++ }))
      const open = opener(door, counting)
      const late = { ...SET, exp: NOW - 31 }
      const bare = token === BARE
      const signed = mac(HS, late, SECRET)
      const expired = bare
        ? toCompact(await sealed(DIR, JSON.stringify(late)))
        : token === NESTED
          ? toCompact(await sealed({ ...DIR, cty: 'JWT' }, signed))
          : signed
      await fails(() => open(expired), 'CS_EXPIRED')
      await fails(() => open(`${token.slice(0, -6)}AAAAAA`))
      await fails(() => open('x'), 'CS_MALFORMED')
      assert.equal(asked, 0)
      await open(token)
      assert.equal(asked, 1)
    })

    // What fits.

    test(`${name}: ${what} gives what the schema makes as claims, and all that was signed or encrypted as claimsSet`, async () => {
      const made = new Map([['role', 'reader']])
      const outputs = [
        made,
        { role: 'reader' },
        'reader',
        0,
        false,
        null,
        undefined,
        [],
        made.keys(),
        Symbol('x'),
        pass,
      ]
      for (const output of outputs) {
        const { claims, claimsSet } = await opener(
          door,
          schema(() => ({ value: output })),
        )(token)
        assert.equal(claims, output)
        assert.deepEqual(claimsSet, SET)
      }
      const stripped = await opener(
        door,
        schema(({ role }) => ({ value: { role }, issues: undefined })),
      )(token)
      assert.deepEqual(stripped.claims, { role: CANARY })
      assert.deepEqual(stripped.claimsSet, SET)
    })

    test(`${name}: ${what} gives the schema the whole claims set, and what it writes there is its own affair`, async () => {
      const seen: unknown[] = []
      const writing = schema((claims) => {
        seen.push(structuredClone(claims))
        Object.assign(claims, { sub: 'root', iss: 'https://other.example' })
        ;(claims['nested'] as { list: unknown[] }).list.push('more')
        delete (claims as Record<string, unknown>)['role']
        return { value: claims }
      })
      const open = opener(door, writing)
      for (let time = 0; time < 2; time++) {
        const { claims, claimsSet } = await open(token)
        assert.equal((claims as JwtClaims).sub, 'root')
        assert.deepEqual(claimsSet, SET)
      }
      assert.deepEqual(seen, [SET, SET])
    })

    test(`${name}: ${what} takes a schema in every form that libraries give it`, async () => {
      class Inherited {
        get ['~standard'](): object {
          return properties(pass)
        }
      }
      const asked: unknown[] = []
      const properly = {
        version: 1,
        vendor: 'test',
        validate(this: unknown, value: unknown): object {
          asked.push(this)
          return { value }
        },
      }
      const forms = [
        new Inherited(),
        Object.create(schema(pass)),
        Object.assign(() => {}, schema(pass)),
        Object.assign(class {}, schema(pass)),
        Object.setPrototypeOf(() => {}, schema(pass)),
        Object.freeze({ '~standard': Object.freeze(properties(pass)) }),
        Object.assign(Object.create(null), schema(pass)),
        { '~standard': properly },
      ]
      for (const form of forms) assert.deepEqual((await opener(door, form)(token)).claims, SET)
      assert.deepEqual(asked, [properly])
    })

    // Promises.

    if (isSync) {
      test(`${name}: ${what} refuses an async schema at once, and a promise of one when it comes`, async () => {
        const refused = { name: 'TypeError', message: /countersign\/sync cannot await/ }
        assert.throws(
          () =>
            opener(
              door,
              schema(async (value) => ({ value })),
            ),
          refused,
        )
        const promised = [
          () => Promise.resolve({ value: SET }),
          () => Promise.resolve({ issues: [] }),
          () => rejected('x'),
        ]
        for (const validate of promised) assert.throws(() => opener(door, schema(validate))(token), refused)
      })
    } else {
      test(`${name}: ${what} waits for what a schema promises, and holds it to the same`, async () => {
        const open = opener(
          door,
          schema(async ({ role }) => ({ value: { role } })),
        )
        assert.deepEqual((await open(token)).claims, { role: CANARY })
        for (const [result, given, code] of NO_RESULTS) {
          const error = await fails(
            () =>
              opener(
                door,
                schema(async () => given),
              )(token),
            code,
          )
          assert.equal(error.unavailable, code === 'CS_UNAVAILABLE', result)
          tellsNothing(error)
        }
        for (const reason of [new Error(CANARY), undefined]) {
          const error = await fails(
            () =>
              opener(
                door,
                schema(() => rejected(reason)),
              )(token),
            'CS_UNAVAILABLE',
          )
          assert.deepEqual([error.unavailable, error.cause], [true, reason])
          tellsNothing(error)
        }
      })
    }
  }

  test(`${name}: a schema belongs to the verifier where the claims are signed inside, and to the signer`, async () => {
    const verifier = door.createVerifier({ ...POLICY, keys: key })
    const options = { ...nested(sealing, verifier), claims: schema(pass) }
    assert.throws(() => door.createDecrypter(options as never), /claims and then exclude each other/)
    const encrypter = door.createEncrypter({
      key: sealing,
      claims: schema<JwtClaims>(pass) as StandardSchema<JwtClaims>,
    })
    const signer = door.createSigner({ key, expiresIn: 60, now })
    const refused = { name: 'TypeError', message: /claims is for the signer to say/ }
    await assert.rejects(async () => encrypter.encrypt({}, { sign: signer }), refused)
  })

  // What is about to be signed or encrypted.

  for (const { what, writer } of WRITERS) {
    test(`${name}: ${what} makes nothing of claims that do not fit, and tells where and no more`, async () => {
      for (const [path, told] of PATHS) {
        const error = await fails(() => writer(door, refuse(issue(path)))(SET), 'CS_CLAIMS_SCHEMA')
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          [told],
        )
        tellsNothing(error)
      }
    })

    for (const [result, given, code] of NO_RESULTS) {
      test(`${name}: ${what} makes nothing where the schema gives ${result}`, async () => {
        const error = await fails(
          () =>
            writer(
              door,
              schema(() => given),
            )(SET),
          code,
        )
        tellsNothing(error)
      })
    }

    test(`${name}: ${what} makes nothing where the schema throws`, async () => {
      const throwing = schema(() => {
        throw new Error(CANARY)
      })
      const error = await fails(() => writer(door, throwing)(SET), 'CS_UNAVAILABLE')
      assert.equal(error.unavailable, true)
      tellsNothing(error)
    })

    test(`${name}: ${what} shows the schema the claims as they will be read`, async () => {
      const seen: Claims[] = []
      const looking = schema((value) => ({ value, seen: seen.push(value) }))
      const options = {
        issuer: 'https://issuer.example',
        audience: ['api', 'b'],
        subject: 'alice',
        notBefore: 5,
        jti: () => 'id',
      }
      const set = {
        when: new Date(0),
        none: undefined,
        list: [undefined, Number.NaN, -0],
        map: new Map([['a', 1]]),
        own: { toJSON: () => 'what JSON says' },
        ['__proto__']: { admin: true },
        number: new Number(5),
      }
      await writer(door, looking, options)(set)
      assert.deepEqual(
        JSON.stringify(seen),
        JSON.stringify([
          {
            iss: 'https://issuer.example',
            sub: 'alice',
            aud: ['api', 'b'],
            ...{ when: '1970-01-01T00:00:00.000Z', list: [null, null, 0], map: {}, own: 'what JSON says' },
            ['__proto__']: { admin: true },
            number: 5,
            ...{ jti: 'id', iat: NOW, nbf: NOW + 5, exp: NOW + 60 },
          },
        ]),
      )
      assert.equal(Object.getPrototypeOf(seen[0]), Object.prototype)
    })

    test(`${name}: ${what} shows the schema each name as it is, whatever was parsed before it (RFC 8259 §7)`, async () => {
      const seen: string[][] = []
      const looking = schema((value) => ({ value, seen: seen.push(Object.keys(value)) }))
      const write = writer(door, looking)
      for (const claim of ['\n', '"', '\\', '\t', '\u0001', 'a']) {
        JSON.parse('{"h":[],"\\\\":0}')
        await write({ h: 1, [claim]: 2 })
      }
      assert.deepEqual(
        seen.map((names) => names.find((each) => !['h', 'iat', 'exp'].includes(each))),
        ['\n', '"', '\\', '\t', '\u0001', 'a'],
      )
    })

    test(`${name}: ${what} supplies registered claims that the schema wants, from its options and from the call`, async () => {
      const wants = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']
      const wanting = schema((value) => {
        const missing = wants.filter((claim) => value[claim] === undefined)
        return missing.length === 0 ? { value } : { issues: missing.map((claim) => issue([claim])) }
      })
      const options = { issuer: CLAIMS.iss, audience: 'api', notBefore: 0, jti: true }
      await writer(door, wanting, { ...options, subject: 'alice' })({})
      await writer(door, wanting, options)({}, { subject: 'alice' })
      await writer(door, wanting, options)({ sub: 'alice' })
      await writer(door, wanting)({ ...CLAIMS, nbf: NOW }, { jti: 'id' })
      const error = await fails(
        () => writer(door, wanting, { expiresIn: 'never' })({ sub: 'alice' }),
        'CS_CLAIMS_SCHEMA',
      )
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ['iss', 'aud', 'exp', 'nbf', 'jti'],
      )
    })

    test(`${name}: ${what} writes what it was given, and not what the schema makes of it`, async () => {
      const changing = schema((claims) => {
        Object.assign(claims, { sub: 'root' })
        ;(claims['nested'] as { list: unknown[] }).list.push('root')
        return { value: { ...claims, admin: true } }
      })
      const set = structuredClone(SET)
      const token = (await writer(door, changing)(set)) as string
      assert.deepEqual(set, SET)
      const open = token.split('.').length === 3 ? WAYS[0] : WAYS[2]
      assert.deepEqual(
        (
          await open?.opener(
            door,
            schema((value) => ({ value })),
          )(token)
        )?.claimsSet,
        SET,
      )
    })

    if (isSync) {
      test(`${name}: ${what} refuses an async schema at once, and a promise of one when it comes`, () => {
        const refused = { name: 'TypeError', message: /countersign\/sync cannot await/ }
        assert.throws(
          () =>
            writer(
              door,
              schema(async (value) => ({ value })),
            ),
          refused,
        )
        assert.throws(
          () =>
            writer(
              door,
              schema((value) => Promise.resolve({ value })),
            )({}),
          refused,
        )
      })
    } else {
      test(`${name}: ${what} waits for a schema that promises, before it makes anything`, async () => {
        const later = schema(async ({ role }) => (role === 'reader' ? { value: role } : { issues: [issue(['role'])] }))
        await writer(door, later)({ role: 'reader' })
        tellsNothing(await fails(() => writer(door, later)(SET), 'CS_CLAIMS_SCHEMA'))
        tellsNothing(
          await fails(
            () =>
              writer(
                door,
                schema(() => rejected(CANARY)),
              )(SET),
            'CS_UNAVAILABLE',
          ),
        )
      })
    }
  }

  test(`${name}: the schema of a signer counts for a nested token, before anything is signed or encrypted`, async () => {
    const only = schema<JwtClaims>((value) => (value['role'] === 'reader' ? { value } : { issues: [issue(['role'])] }))
    const signer = door.createSigner({ ...{ key, expiresIn: 60, now }, claims: only as StandardSchema<JwtClaims> })
    const encrypter = door.createEncrypter({ key: sealing })
    tellsNothing(await fails(() => encrypter.encrypt({ role: CANARY }, { sign: signer }), 'CS_CLAIMS_SCHEMA'))
    const token = await encrypter.encrypt({ ...CLAIMS, role: 'reader' }, { sign: signer })
    const verifier = door.createVerifier({ ...POLICY, keys: key, claims: only })
    assert.equal((await door.createDecrypter(nested(sealing, verifier)).decrypt(token)).claimsSet['role'], 'reader')
  })

  test(`${name}: what fits on the one side fits on the other, and nothing else does`, async () => {
    const most = 100
    const fits = ({ level }: Claims): boolean => Number.isInteger(level) && Number(level) >= 0 && Number(level) <= most
    const levels = schema<{ level: number; double: number }>((value) =>
      fits(value)
        ? { value: { level: value['level'], double: Number(value['level']) * 2 } }
        : { issues: [issue(['level'], JSON.stringify(value))] },
    )
    const signer = door.createSigner({
      key,
      expiresIn: 60,
      now,
      claims: levels as StandardSchema<never>,
    }) as unknown as {
      sign(claims: object): string | Promise<string>
    }
    const plain = door.createSigner({ key, expiresIn: 60, now })
    const verifier = door.createVerifier({ ...POLICY, keys: key, claims: levels })
    const level = fc.oneof(fc.integer({ min: -50, max: 150 }), fc.double(), fc.string(), fc.constantFrom(null, [], {}))
    await fc.assert(
      fc.asyncProperty(level, async (level) => {
        const set = { ...CLAIMS, level }
        const anyway = await plain.sign(set)
        if (fits(JSON.parse(JSON.stringify(set)))) {
          const { claims } = await verifier.verify(await signer.sign(set))
          // JSON has no -0.
          assert.deepEqual(claims, { level: Number(level) + 0, double: Number(level) * 2 + 0 })
          assert.deepEqual((await verifier.verify(anyway)).claims, claims)
        } else {
          await fails(() => signer.sign(set), 'CS_CLAIMS_SCHEMA')
          const error = await fails(() => verifier.verify(anyway), 'CS_CLAIMS_SCHEMA')
          assert.deepEqual(
            error.issues.map(({ path }) => path),
            ['level'],
          )
        }
      }),
      { numRuns: 100 },
    )
  })
}

test('a key that signs elsewhere is not asked to sign claims that do not fit', async () => {
  const own = await generateKey('ES256')
  const octets = new Uint8Array(64)
  let asked = 0
  const sign = async (): Promise<Uint8Array> => {
    asked++
    return octets
  }
  const key = remoteKey({ jwk: publicMembers(await exportJwk(own)), sign })
  for (const { writer } of WRITERS.slice(0, 1)) {
    for (const [, given, code] of NO_RESULTS) {
      const write = writer(
        DOORS[0].door,
        schema(async () => given),
        { key },
      )
      await fails(() => write({}), code)
    }
    assert.equal(asked, 0)
    await fails(() => writer(DOORS[0].door, schema(pass), { key })({}))
    assert.equal(asked, 1)
  }
})

test('the type of the claims is that of what the schema makes', async () => {
  interface Output {
    readonly role: 'reader' | 'writer'
    readonly since: Date
  }
  const claims: StandardSchema<unknown, Output> = schema(() => ({ value: { role: 'reader', since: new Date(0) } }))
  const { claims: made, claimsSet } = await createVerifier({ ...POLICY, keys: key, claims }).verify(SIGNED)
  const [role, since, subject]: ['reader' | 'writer', Date, string | undefined] = [made.role, made.since, claimsSet.sub]
  assert.deepEqual([role, since.getTime(), subject], ['reader', 0, CANARY])
  // @ts-expect-error: the schema makes no such claim
  assert.equal(made.sub, undefined)
  const plain = await createVerifier({ ...POLICY, keys: key }).verify(SIGNED)
  assert.equal(plain.claims satisfies JwtClaims, plain.claimsSet)
})

test('the type of the claims to sign is that of what the schema takes, but for what the options supply', async () => {
  interface Input {
    readonly sub: string
    readonly exp: number
    readonly role: string
  }
  const claims: StandardSchema<Input, unknown> = {
    '~standard': { ...schema(pass)['~standard'], types: undefined } as never,
  }
  for (const { door } of DOORS) {
    const signer = door.createSigner({ key, expiresIn: 60, subject: 'alice', now, claims })
    await signer.sign({ role: 'reader' })
    await signer.sign({ role: 'reader', sub: 'bob' })
    // @ts-expect-error: role is missing
    await signer.sign({})
    // @ts-expect-error: role is a string
    await signer.sign({ role: 5 })
  }
})
