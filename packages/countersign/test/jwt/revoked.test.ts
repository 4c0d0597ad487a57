import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CheckedToken,
  createEncrypter,
  createSigner,
  createVerifier,
  importKey,
  JoseError,
  type JoseHeader,
  type RevocationCheck,
  secretKey,
} from 'countersign'
import fc from 'fast-check'
import { headerOf, OCTETS, sealed, toCompact } from '../jwe/keys.ts'
import { DOORS } from '../support/doors.ts'
import { CLAIMS, fails, mac, NOW, now, POLICY } from '../support/forge.ts'
import { nested } from '../support/jwe.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 3 * index + 1)
const HS = { alg: 'HS256', typ: 'JWT', kid: 'signing' }
const key = secretKey(SECRET, 'HS256', { kid: 'signing' })
const sealing = secretKey(OCTETS, 'A256GCM', { kid: 'sealing' })
/** Stands for all that no error may tell. */
const CANARY = 'canary-4711'
const SET = { ...CLAIMS, sub: CANARY, jti: `${CANARY}-id`, note: [CANARY], [CANARY]: 1 }
const SIGNED = mac(HS, SET, SECRET)
const DIR = { alg: 'dir', enc: 'A256GCM', kid: 'sealing' }
const BARE = toCompact(await sealed({ ...DIR, typ: 'JWT' }, JSON.stringify(SET)))
const NESTED = toCompact(await sealed({ ...DIR, cty: 'JWT' }, SIGNED))

type Hooks = RevocationCheck | readonly RevocationCheck[]
type Door = (typeof DOORS)[number]['door']

/** The ways by which a hook comes to be asked. */
interface Way {
  readonly what: string
  readonly token: string
  /** What opens tokens, with these hooks. */
  opener(door: Door, revoked: unknown, options?: object): (token: string) => unknown
}

const WAYS: readonly Way[] = [
  {
    what: 'a verifier',
    token: SIGNED,
    opener(door, revoked, options) {
      const verifier = door.createVerifier({ ...POLICY, keys: key, revoked: revoked as Hooks, ...options })
      return (token) => verifier.verify(token)
    },
  },
  {
    what: 'a verifier that remembers',
    token: SIGNED,
    opener(door, revoked, options) {
      const verifier = door.createVerifier({ ...POLICY, keys: key, revoked: revoked as Hooks, cache: true, ...options })
      return (token) => verifier.verify(token)
    },
  },
  {
    what: 'a verifier of several issuers',
    token: SIGNED,
    opener(door, revoked, options) {
      const { iss, aud: audience } = CLAIMS
      const issuers = { [iss]: { keys: key, audience } }
      const verifier = door.createVerifier({ issuers, now, revoked: revoked as Hooks, ...options })
      return (token) => verifier.verify(token)
    },
  },
  {
    what: 'a decrypter of bare claims',
    token: BARE,
    opener(door, revoked, options) {
      const decrypter = door.createDecrypter({ ...POLICY, keys: sealing, revoked: revoked as Hooks, ...options })
      return (token) => decrypter.decrypt(token)
    },
  },
  {
    what: 'the verifier in a decrypter of nested tokens',
    token: NESTED,
    opener(door, revoked, options) {
      const verifier = door.createVerifier({ ...POLICY, keys: key, revoked: revoked as Hooks, ...options })
      const decrypter = door.createDecrypter(nested(sealing, verifier))
      return (token) => decrypter.decrypt(token)
    },
  },
]

/** Holds that an error tells nothing of the token. */
function tellsNothing(error: JoseError, token: string): void {
  const told = `${JSON.stringify(error)} ${error}`
  assert.ok(!told.includes(CANARY), told)
  for (const part of token.split('.').filter((text) => text.length > 8)) assert.ok(!told.includes(part), told)
}

const rejected = (reason: unknown): Promise<never> => {
  const promise = Promise.reject(reason)
  promise.catch(() => undefined)
  return promise
}
const thrown = (reason: unknown) => (): never => {
  throw reason
}

/** What is neither true nor false. */
const NO_ANSWERS: readonly (readonly [what: string, value: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ["'false'", 'false'],
  ["'true'", 'true'],
  ["''", ''],
  ['0', 0],
  ['1', 1],
  ['NaN', Number.NaN],
  ['0n', 0n],
  ['a Boolean object of false', new Boolean(false)],
  ['a symbol', Symbol('false')],
  ['an empty array', []],
  ['[false]', [false]],
  ['{ revoked: false }', { revoked: false }],
  ['a function', () => false],
  // biome-ignore lint/suspicious/noThenProperty: it is what a hostile hook gives.
  ['a function with then', Object.assign(() => false, { then: (done: (value: boolean) => void) => done(false) })],
  ['the claims', SET],
]

for (const { name, door } of DOORS) {
  const isSync = name === 'countersign/sync'

  for (const { what, token, opener } of WAYS) {
    test(`${name}: ${what} refuses a token that a hook says true to, once and again`, async () => {
      const open = opener(door, () => true)
      for (let time = 0; time < 3; time++) {
        const error = await fails(() => open(token), 'CS_REVOKED')
        assert.equal(error.unavailable, false)
        tellsNothing(error, token)
      }
    })

    for (const [answer, value] of NO_ANSWERS) {
      test(`${name}: ${what} refuses a token as unavailable where a hook gives ${answer}`, async () => {
        const open = opener(door, () => value)
        for (let time = 0; time < 2; time++) {
          const error = await fails(() => open(token), 'CS_UNAVAILABLE')
          assert.equal(error.unavailable, true)
          tellsNothing(error, token)
        }
      })
    }

    test(`${name}: ${what} refuses a token as unavailable where a hook throws, whatever it throws`, async () => {
      for (const reason of [
        new Error(CANARY),
        new TypeError(SIGNED),
        CANARY,
        undefined,
        null,
        false,
        { sub: CANARY },
      ]) {
        const error = await fails(() => opener(door, thrown(reason))(token), 'CS_UNAVAILABLE')
        assert.equal(error.unavailable, true)
        assert.equal(error.cause, reason)
        tellsNothing(error, token)
      }
    })

    test(`${name}: ${what} refuses a token as unavailable where what a hook gives cannot be waited for`, async () => {
      const thenable = {
        // biome-ignore lint/suspicious/noThenProperty: it is what a hostile hook gives.
        get then(): never {
          throw new Error(CANARY)
        },
      }
      const error = await fails(() => opener(door, () => thenable)(token), 'CS_UNAVAILABLE')
      assert.equal(error.unavailable, true)
      tellsNothing(error, token)
    })

    test(`${name}: ${what} passes a JoseError of a hook on as it is`, async () => {
      for (const own of [
        new JoseError('CS_REPLAY', 'once'),
        new JoseError('CS_UNAVAILABLE', 'x', { unavailable: true }),
      ])
        assert.equal(await fails(() => opener(door, thrown(own))(token)), own)
    })

    test(`${name}: ${what} asks several hooks in turn, and nobody behind the first that does not say false`, async () => {
      const asked: string[] = []
      const hook = (id: string, value: unknown) => (): unknown => {
        asked.push(id)
        return value
      }
      const no = [hook('a', false), hook('b', false)]
      await opener(door, no)(token)
      assert.deepEqual(asked.splice(0), ['a', 'b'])
      await fails(() => opener(door, [...no, hook('c', true), hook('d', false)])(token), 'CS_REVOKED')
      assert.deepEqual(asked.splice(0), ['a', 'b', 'c'])
      await fails(() => opener(door, [...no, hook('c', undefined), hook('d', true)])(token), 'CS_UNAVAILABLE')
      assert.deepEqual(asked.splice(0), ['a', 'b', 'c'])
      await fails(() => opener(door, [thrown(new Error('down')), hook('d', false)])(token), 'CS_UNAVAILABLE')
      assert.deepEqual(asked, [])
    })

    test(`${name}: ${what} goes by the hooks as they were when it was made`, async () => {
      const hooks: RevocationCheck[] = [() => true]
      const open = opener(door, hooks)
      hooks.pop()
      await fails(() => open(token), 'CS_REVOKED')
    })

    test(`${name}: ${what} tells a hook the claims as they were signed or encrypted, the header and the key`, async () => {
      const seen: CheckedToken[] = []
      const open = opener(door, (checked: CheckedToken) => {
        seen.push(checked)
        return false
      })
      await open(token)
      const [checked] = seen
      const bare = token === BARE
      assert.deepEqual(checked?.claims, SET)
      assert.equal(checked?.key, bare ? sealing : key)
      assert.deepEqual(checked?.header, bare ? headerOf(BARE.split('.')[0]) : HS)
    })

    test(`${name}: ${what} tells a hook the claims as they were signed, whatever a schema makes of them`, async () => {
      const schemas: readonly ((claims: Record<string, unknown>) => unknown)[] = [
        () => ({ sub: 'somebody else', jti: 'another' }),
        () => undefined,
        ({ sub }) => sub,
        (claims) => Object.assign(claims, { sub: 'somebody else', jti: 'another', note: [] }),
        (claims) => {
          for (const claim of Object.keys(claims)) delete claims[claim]
          return claims
        },
        (claims) => {
          ;(claims['note'] as string[]).length = 0
          return claims
        },
      ]
      for (const make of schemas) {
        const validate = (claims: unknown): unknown => ({ value: make(claims as Record<string, unknown>) })
        const claims = { '~standard': { version: 1, vendor: 'test', validate } }
        const seen: unknown[] = []
        const hook = (checked: CheckedToken): boolean => seen.push(JSON.parse(JSON.stringify(checked.claims))) < 0
        const open = opener(door, [hook, hook], { claims })
        const { claimsSet } = (await open(token)) as { readonly claimsSet: object }
        assert.deepEqual(seen, [SET, SET])
        assert.deepEqual(claimsSet, SET)
      }
    })

    test(`${name}: ${what} does not ask the hooks about a token that the schema refuses`, async () => {
      let asked = 0
      const refuse = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [] }) } }
      const open = opener(door, () => asked++ < 0, { claims: refuse })
      await fails(() => open(token), 'CS_CLAIMS_SCHEMA')
      assert.equal(asked, 0)
    })

    test(`${name}: ${what} refuses what is no hook`, () => {
      const hooks: readonly unknown[] = [
        null,
        true,
        false,
        'revoked',
        1,
        {},
        { revoked: () => false },
        new Map(),
        Symbol('x'),
      ]
      for (const hook of hooks) {
        assert.throws(() => opener(door, hook), TypeError)
        assert.throws(() => opener(door, [() => false, hook]), TypeError)
      }
      // biome-ignore lint/suspicious/noSparseArray: it is what is refused.
      for (const none of [[], [undefined], [,], [[() => false]]]) assert.throws(() => opener(door, none), TypeError)
    })

    if (isSync) {
      test(`${name}: ${what} refuses an async hook at once, and a promise when it comes`, async () => {
        const hook = async (): Promise<boolean> => false
        for (const given of [hook, [() => false, hook], hook.bind(null)])
          assert.throws(() => opener(door, given), { name: 'TypeError', message: /countersign\/sync cannot await/ })
        const promises = [false, true, undefined].map((value) => () => Promise.resolve(value))
        for (const given of [...promises, () => rejected(new Error('down')), [() => false, ...promises]])
          assert.throws(() => opener(door, given)(token), {
            name: 'TypeError',
            message: /countersign\/sync cannot await/,
          })
      })
    } else {
      test(`${name}: ${what} waits for what a hook promises, and holds it to the same`, async () => {
        await opener(door, async () => false)(token)
        await fails(() => opener(door, async () => true)(token), 'CS_REVOKED')
        await fails(() => opener(door, [async () => false, () => Promise.resolve(true)])(token), 'CS_REVOKED')
        const no = NO_ANSWERS.filter(([, value]) => typeof value !== 'function')
        for (const [answer, value] of no) {
          const error = await fails(() => opener(door, async () => value)(token), 'CS_UNAVAILABLE')
          assert.equal(error.unavailable, true, answer)
          tellsNothing(error, token)
        }
        for (const reason of [new Error(CANARY), CANARY, undefined]) {
          const error = await fails(() => opener(door, () => rejected(reason))(token), 'CS_UNAVAILABLE')
          assert.deepEqual([error.unavailable, error.cause], [true, reason])
          tellsNothing(error, token)
        }
        const own = new JoseError('CS_REPLAY', 'once')
        assert.equal(await fails(() => opener(door, () => rejected(own))(token)), own)
      })

      test(`${name}: ${what} asks the second hook once the first has answered`, async () => {
        const order: string[] = []
        const first = async (): Promise<boolean> => {
          order.push('first asked')
          await Promise.resolve()
          order.push('first answers')
          return false
        }
        const second = (): boolean => order.push('second asked') < 0
        await opener(door, [first, second])(token)
        assert.deepEqual(order, ['first asked', 'first answers', 'second asked'])
      })
    }
  }

  const refusedTokens: readonly (readonly [why: string, token: string])[] = [
    ['is no token', 'x'],
    ['has a signature that does not verify', mac(HS, SET, SECRET.toReversed())],
    ['is not signed', `${SIGNED.slice(0, SIGNED.lastIndexOf('.'))}.`],
    ['has expired', mac(HS, { ...SET, exp: NOW - 31 }, SECRET)],
    ['is not valid yet', mac(HS, { ...SET, nbf: NOW + 31 }, SECRET)],
    ['is of another issuer', mac(HS, { ...SET, iss: 'https://other.example' }, SECRET)],
    ['is for another audience', mac(HS, { ...SET, aud: 'another' }, SECRET)],
    ['is of another type', mac({ ...HS, typ: 'at+jwt' }, SET, SECRET)],
    ['has a claim of a wrong type', mac(HS, { ...SET, jti: 5 }, SECRET)],
    ['has a claim twice', mac(HS, '{"jti":"1","jti":"2"}', SECRET)],
  ]
  for (const [why, refused] of refusedTokens) {
    test(`${name}: no hook is asked about a token that ${why}`, async () => {
      let asked = 0
      const hook: RevocationCheck = () => asked++ < 0
      const verifiers = WAYS.slice(0, 3).map(({ opener }) => opener(door, hook))
      for (const open of verifiers) await fails(() => open(refused))
      const inside = toCompact(await sealed({ ...DIR, cty: 'JWT' }, refused))
      await fails(() => door.createDecrypter(nested(sealing, createdBy(door, hook))).decrypt(inside))
      assert.equal(asked, 0)
    })
  }

  test(`${name}: no hook is asked about an encrypted token that is refused otherwise`, async () => {
    let asked = 0
    const hook: RevocationCheck = () => asked++ < 0
    const decrypter = door.createDecrypter({ ...POLICY, keys: sealing, revoked: hook })
    const make = async (header: object, set: object): Promise<string> =>
      toCompact(await sealed({ ...DIR, ...header }, JSON.stringify(set)))
    await fails(async () => decrypter.decrypt(await make({}, { ...SET, exp: NOW - 31 })), 'CS_EXPIRED')
    await fails(async () => decrypter.decrypt(await make({ typ: 'at+jwt' }, SET)), 'CS_TYP')
    await fails(async () => decrypter.decrypt(await make({ cty: 'JWT' }, SET)), 'CS_NESTED')
    await fails(async () => decrypter.decrypt(await make({ iss: 'https://other.example' }, SET)), 'CS_ISS')
    await fails(async () => decrypter.decrypt(`${BARE.slice(0, -2)}AA`))
    assert.equal(asked, 0)
  })

  const replicas = [
    [{ iss: 'https://other.example' }, 'CS_ISS'],
    [{ sub: 'somebody else' }, 'CS_SUB'],
    [{ aud: ['api'] }, 'CS_AUD'],
  ] as const
  for (const [header, code] of replicas) {
    test(`${name}: no hook is asked about a nested token whose outer ${Object.keys(header)} is a lie (RFC 7519 §5.3)`, async () => {
      let asked = 0
      const hook: RevocationCheck = () => asked++ < 0
      const lying = toCompact(await sealed({ ...DIR, cty: 'JWT', ...header }, SIGNED))
      for (const cache of [false, true]) {
        const verifier = door.createVerifier({ ...POLICY, keys: key, revoked: hook, cache })
        const decrypter = door.createDecrypter(nested(sealing, verifier))
        for (let time = 0; time < 2; time++) await fails(() => decrypter.decrypt(lying), code)
        assert.equal(asked, 0)
        await decrypter.decrypt(NESTED)
        await decrypter.decrypt(toCompact(await sealed({ ...DIR, cty: 'JWT', iss: CLAIMS.iss, aud: 'api' }, SIGNED)))
        assert.equal(asked, 2)
        asked = 0
      }
      await fails(
        () => door.createDecrypter(nested(sealing, door.createVerifier({ ...POLICY, keys: key }))).decrypt(lying),
        code,
      )
    })
  }

  test(`${name}: revoked belongs to the verifier where the claims are signed inside`, () => {
    const verifier = door.createVerifier({ ...POLICY, keys: key })
    const options = { ...nested(sealing, verifier), revoked: () => false }
    assert.throws(() => door.createDecrypter(options as never), /revoked and then exclude each other/)
  })

  test(`${name}: safeVerify and safeDecrypt say it as a value`, async () => {
    const verifier = door.createVerifier({ ...POLICY, keys: key, revoked: () => true })
    const decrypter = door.createDecrypter({ ...POLICY, keys: sealing, revoked: thrown(new Error(CANARY)) })
    const [revoked, failed] = [await verifier.safeVerify(SIGNED), await decrypter.safeDecrypt(BARE)]
    assert.equal(revoked.ok ? '' : revoked.error.code, 'CS_REVOKED')
    assert.equal(failed.ok ? '' : failed.error.code, 'CS_UNAVAILABLE')
    assert.ok(!JSON.stringify([revoked, failed]).includes(CANARY))
  })

  test(`${name}: a token is accepted exactly where every hook says false`, async () => {
    const answer = fc.constantFrom<unknown>(false, false, false, true, undefined, 'false', 0, new Error('down'))
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), async (answers) => {
        const hooks = answers.map((value) => (value instanceof Error ? thrown(value) : () => value))
        const first = answers.findIndex((value) => value !== false)
        for (const { token, opener } of WAYS) {
          const open = opener(door, hooks)
          if (first < 0) await open(token)
          else await fails(() => open(token), answers[first] === true ? 'CS_REVOKED' : 'CS_UNAVAILABLE')
        }
      }),
      { numRuns: 40 },
    )
  })
}

const createdBy = (door: Door, revoked: RevocationCheck): ReturnType<Door['createVerifier']> =>
  door.createVerifier({ ...POLICY, keys: key, revoked })

test('a hook goes by the claims of a token that came the whole way', async () => {
  const revokedIds = new Set(['2'])
  const headers: JoseHeader[] = []
  const revoked: RevocationCheck = async ({ claims: { jti = '' }, header }) => {
    headers.push(header)
    return revokedIds.has(jti)
  }
  const signer = createSigner({ key, expiresIn: 60, now })
  const verifier = createVerifier({ ...POLICY, keys: key, revoked })
  await verifier.verify(await signer.sign({ ...CLAIMS }, { jti: '1' }))
  await fails(async () => verifier.verify(await signer.sign({ ...CLAIMS }, { jti: '2' })), 'CS_REVOKED')
  assert.deepEqual(
    headers.map(({ kid }) => kid),
    ['signing', 'signing'],
  )
  const encrypter = createEncrypter({ key: sealing, expiresIn: 60, now })
  for (const { door } of DOORS) {
    const decrypter = door.createDecrypter({ ...POLICY, keys: sealing, revoked: ({ claims }) => claims.jti === '2' })
    await decrypter.decrypt(await encrypter.encrypt({ ...CLAIMS }, { jti: '1' }))
    await fails(async () => decrypter.decrypt(await encrypter.encrypt({ ...CLAIMS }, { jti: '2' })), 'CS_REVOKED')
  }
})

for (const { name, door } of DOORS.slice(1)) {
  test(`${name}: no hook is asked behind a key that would have to be waited for`, async () => {
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const elsewhere = importKey(await crypto.subtle.importKey('raw', SECRET, hmac, false, ['sign', 'verify']))
    let asked = 0
    const verifier = door.createVerifier({ ...POLICY, keys: () => elsewhere, revoked: () => ++asked < 0 })
    assert.throws(() => verifier.verify(SIGNED), { name: 'TypeError', message: /countersign\/sync cannot await/ })
    // As much more of the same work as lets what was begun come to its end.
    for (let turn = 0; turn < 20; turn++) await crypto.subtle.digest('SHA-256', SECRET)
    assert.equal(asked, 0)
  })
}
