import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Key, type RevocationCheck, secretKey } from 'countersign'
import type { KeyRing } from 'countersign/keyring'
import fc from 'fast-check'
import { MINUTE, rig as ring } from '../keyring/rig.ts'
import { DOORS } from '../support/doors.ts'
import { type AnyVerifier, b64, CLAIMS, input, mac, NOW, now, POLICY, refuses } from '../support/forge.ts'
import { answer, bodyOf, issue, loaded, unreachable } from '../support/remote.ts'

// 25. Cached verification results

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => 3 * index + 1)
const OTHER = Uint8Array.from({ length: 32 }, (_, index) => 5 * index + 2)
const HS = { alg: 'HS256' }
const key = secretKey(SECRET, 'HS256')
const other = secretKey(OTHER, 'HS256')
/** The same octets as another object: whoever removes a key and adds it again has another one. */
const again = secretKey(SECRET, 'HS256')
const TOKEN = mac(HS, CLAIMS, SECRET)

/** A verifier of either door. */
interface Remembering {
  verify(token: string): Remembered | PromiseLike<Remembered>
}
interface Remembered {
  readonly claimsSet: object
}

/** Whether a token is answered from the cache: then its claims are those that were given out before. */
async function isRemembered(verifier: Remembering, token: string = TOKEN): Promise<boolean> {
  const { claimsSet } = await verifier.verify(token)
  return (await verifier.verify(token)).claimsSet === claimsSet
}

/** Has a token remembered, so that all that comes after is about a hit. */
async function warm<V extends Remembering>(verifier: V, token: string = TOKEN): Promise<V> {
  assert.ok(await isRemembered(verifier, token), 'the token is not remembered')
  return verifier
}

const [a, b] = [await issue('a'), await issue('b')]

for (const { name, door } of DOORS) {
  // The key is there no more.

  const gone: readonly (readonly [how: string, found: () => unknown, ...codes: string[]])[] = [
    ['nothing', () => undefined, 'CS_NO_KEY'],
    ['null', () => null, 'CS_NO_KEY'],
    ['no keys', () => [], 'CS_NO_KEY'],
    ['another key', () => other, 'CS_SIGNATURE'],
    ['other keys', () => [other, secretKey(OTHER.toReversed(), 'HS256')], 'CS_SIGNATURE'],
    ['the key for another algorithm', () => secretKey(Uint8Array.of(...SECRET, ...OTHER), 'HS512'), 'CS_KEY_TYPE'],
    ['an object that looks like the key', () => ({ ...key }), 'CS_NO_KEY'],
    ['an heir of the key', () => Object.create(key), 'CS_NO_KEY'],
  ]
  for (const [how, found, ...codes] of gone) {
    test(`${name}: attack 25: a token is refused from the cache once its key function gives ${how}`, async () => {
      let find: () => unknown = () => key
      const verifier = await warm(door.createVerifier({ ...POLICY, keys: () => find() as Key, cache: true }))
      find = found
      await refuses(verifier, TOKEN, ...codes)
      await refuses(verifier, TOKEN, ...codes)
      find = () => key
      await warm(verifier)
    })
  }

  test(`${name}: attack 25: a token is refused from the cache once its key is not among several any more`, async () => {
    let keys = [other, key]
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: () => keys, cache: true }))
    keys = [key, other]
    assert.ok(await isRemembered(verifier))
    keys = [other]
    await refuses(verifier, TOKEN, 'CS_SIGNATURE')
    keys = [again]
    await warm(verifier)
  })

  test(`${name}: attack 25: an array of keys that its owner shortens afterwards counts as it was, cache or not`, async () => {
    const keys = [other, key]
    const verifiers = [true, false].map((cache) => door.createVerifier({ ...POLICY, keys, cache }))
    for (const verifier of verifiers) await verifier.verify(TOKEN)
    keys.pop()
    for (const verifier of verifiers) await verifier.verify(TOKEN)
  })

  test(`${name}: attack 25: a token is refused from the cache once a remote set is fetched without its key`, async () => {
    const { keys, state } = await loaded(bodyOf(a, b), { 'cache-control': 'max-age=300' })
    const verifier = await warm(door.createVerifier({ ...POLICY, keys, cache: true }), a.token)
    await warm(verifier, b.token)
    state.answer = answer(bodyOf(b))
    state.time += 301
    await keys.load()
    await refuses(verifier, a.token, 'CS_NO_KEY')
    await warm(verifier, b.token)
  })

  test(`${name}: attack 25: a token is refused from the cache once its kid is another key of the remote set`, async () => {
    const { keys, state } = await loaded(bodyOf(a), { 'cache-control': 'max-age=300' })
    const verifier = await warm(door.createVerifier({ ...POLICY, keys, cache: true }), a.token)
    state.answer = answer(bodyOf({ ...b, jwk: { ...b.jwk, kid: 'a' } }))
    state.time += 301
    await keys.load()
    await refuses(verifier, a.token, 'CS_SIGNATURE')
  })

  test(`${name}: attack 25: a token is refused from the cache as soon as its key is revoked in a ring`, async () => {
    const { ring: keys, signer, clock, other: instance } = await ring()
    const verifierOf = (each: KeyRing): Remembering =>
      door.createVerifier({ ...POLICY, keys: each, now: () => clock.time, cache: true })
    const elsewhere = await instance()
    const [here, there] = [verifierOf(keys), verifierOf(elsewhere)]
    const token = await signer.sign({ sub: 'alice' })
    await warm(here, token)
    await warm(there, token)
    const [{ kid } = { kid: '' }] = keys.list()
    await keys.revoke(kid, { reason: 'stolen' })
    await refuses(here, token, 'CS_NO_KEY')
    await refuses(here, token, 'CS_NO_KEY')
    clock.time += MINUTE
    await elsewhere.refresh()
    await refuses(there, token, 'CS_NO_KEY')
    const next = await signer.sign({ sub: 'alice' })
    for (const verifier of [here, there]) await warm(verifier, next)
  })

  test(`${name}: attack 25: a token is refused from the cache as soon as a ring has purged its key`, async () => {
    const { ring: keys, signer, clock } = await ring()
    const token = await signer.sign({ sub: 'alice' })
    const verifier = await warm(door.createVerifier({ ...POLICY, keys, ignoreExp: true, cache: true }), token)
    for (const wait of [31, 31, 31]) {
      clock.time += wait * 86_400
      await keys.refresh()
    }
    await refuses(verifier, token, 'CS_NO_KEY')
  })

  // The issuer is trusted no more.

  test(`${name}: attack 25: a token is refused from the cache once the issuers function says another thing`, async () => {
    const first = { keys: key, audience: 'api' }
    const said: readonly (readonly [rules: unknown, code: string])[] = [
      [undefined, 'CS_ISS'],
      [null, 'CS_ISS'],
      [{}, 'CS_ISS'],
      [{ ...first, audience: 'another' }, 'CS_AUD'],
      [{ ...first, keys: other }, 'CS_SIGNATURE'],
      [{ ...first, keys: { kty: 'oct', k: b64(OTHER), alg: 'HS256' } }, 'CS_SIGNATURE'],
      [{ ...first, keys: () => undefined }, 'CS_NO_KEY'],
    ]
    for (const [changed, code] of said) {
      let rules: unknown = first
      const verifier = await warm(door.createVerifier({ issuers: () => rules as typeof first, now, cache: true }))
      rules = changed
      await refuses(verifier, TOKEN, code)
      await refuses(verifier, TOKEN, code)
      rules = first
      await warm(verifier)
    }
  })

  test(`${name}: attack 25: one issuer's remembered token is no other issuer's`, async () => {
    const issuers = {
      'https://a.example': { keys: key, audience: 'api' },
      'https://b.example': { keys: other, audience: 'api' },
    }
    const verifier = door.createVerifier({ issuers, now, cache: true })
    const [ours, theirs] = Object.keys(issuers).map((iss) => mac(HS, { ...CLAIMS, iss }, SECRET)) as [string, string]
    await warm(verifier, ours)
    await refuses(verifier, theirs, 'CS_SIGNATURE')
    await refuses(verifier, mac(HS, { ...CLAIMS, iss: 'https://c.example' }, SECRET), 'CS_ISS')
    await warm(verifier, ours)
  })

  // Time goes on, or back.

  const moments: readonly (readonly [
    how: string,
    claims: object,
    options: object,
    good: number,
    bad: number,
    code: string,
  ])[] = [
    ['exp has passed', { exp: NOW + 600 }, {}, NOW + 629, NOW + 630, 'CS_EXPIRED'],
    [
      'exp has passed by a part of a second',
      { exp: NOW + 600.5 },
      { clockTolerance: 0 },
      NOW + 600.4,
      NOW + 600.5,
      'CS_EXPIRED',
    ],
    ['exp has passed long ago', {}, {}, NOW, NOW + 1e9, 'CS_EXPIRED'],
    ['the clock was set back before nbf', { nbf: NOW }, {}, NOW - 30, NOW - 31, 'CS_NOT_YET_VALID'],
    [
      'the clock was set back before nbf, with no tolerance',
      { nbf: NOW },
      { clockTolerance: 0 },
      NOW,
      NOW - 1,
      'CS_NOT_YET_VALID',
    ],
    ['it is older than maxAge', { iat: NOW }, { maxAge: 60 }, NOW + 90, NOW + 91, 'CS_TOO_OLD'],
    [
      'the clock was set back before iat, and maxAge is demanded',
      {},
      { maxAge: 60 },
      NOW - 30,
      NOW - 31,
      'CS_NOT_YET_VALID',
    ],
  ]
  for (const [how, claims, options, good, bad, code] of moments) {
    test(`${name}: attack 25: a token is refused from the cache once ${how}`, async () => {
      let time = good
      const token = mac(HS, { ...CLAIMS, ...claims }, SECRET)
      const verifier = door.createVerifier({ ...POLICY, keys: key, now: () => time, cache: true, ...options })
      await warm(verifier, token)
      time = bad
      await refuses(verifier, token, code)
      await refuses(verifier, token, code)
      time = good
      await warm(verifier, token)
    })
  }

  test(`${name}: attack 25: a clock that fails on a hit lets nothing pass`, async () => {
    let time: unknown = NOW
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, now: () => time as number, cache: true }))
    for (time of [Number.NaN, Number.POSITIVE_INFINITY, undefined, null, '1790000000', new Date(0)])
      await assert.rejects(async () => verifier.verify(TOKEN), TypeError)
    time = NOW
    await warm(verifier)
  })

  // The hook.

  test(`${name}: attack 25: the revoked hook is asked at each hit, and what it says counts`, async () => {
    let says: unknown = false
    let asked = 0
    const revoked: RevocationCheck = () => {
      asked++
      return says as boolean
    }
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, revoked, cache: true }))
    assert.equal(asked, 2)
    says = true
    await refuses(verifier, TOKEN, 'CS_REVOKED')
    await refuses(verifier, TOKEN, 'CS_REVOKED')
    assert.equal(asked, 4)
    for (says of [undefined, 'false', 0, null]) {
      const error = await refuses(verifier, TOKEN, 'CS_UNAVAILABLE')
      assert.equal(error.unavailable, true)
    }
    says = false
    await warm(verifier)
  })

  test(`${name}: attack 25: a token that may be used once is refused the second time, from the cache or not`, async () => {
    for (const cache of [true, { max: 1 }, false]) {
      const used = new Set<unknown>()
      const revoked: RevocationCheck = ({ claims: { jti } }) => {
        if (used.has(jti)) throw new door.JoseError('CS_REPLAY', 'the token has been used')
        used.add(jti)
        return false
      }
      const verifier = door.createVerifier({ ...POLICY, keys: key, revoked, cache })
      const [first, second] = ['1', '2'].map((jti) => mac(HS, { ...CLAIMS, jti }, SECRET)) as [string, string]
      await verifier.verify(first)
      await refuses(verifier, first, 'CS_REPLAY')
      await verifier.verify(second)
      for (const token of [first, second, first]) await refuses(verifier, token, 'CS_REPLAY')
    }
  })

  // Another token that comes out as the same.

  test(`${name}: attack 25: a token that differs in any one character is not the one that is remembered`, async () => {
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, cache: true }))
    for (let at = 0; at < TOKEN.length; at++) {
      for (const char of TOKEN[at] === 'A' ? 'B' : 'A.') {
        if (char === TOKEN[at]) continue
        await refuses(verifier, `${TOKEN.slice(0, at)}${char}${TOKEN.slice(at + 1)}`)
      }
    }
    await warm(verifier)
  })

  test(`${name}: attack 25: tokens with the same beginning and the same end are not taken for one another`, async () => {
    const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true })
    const filler = 'x'.repeat(3000)
    const claims = (role: string): object => ({ ...CLAIMS, head: filler, role, tail: filler })
    const real = mac(HS, claims('user'), SECRET)
    await warm(verifier, real)
    const forged = `${input(HS, claims('root'))}${real.slice(real.lastIndexOf('.'))}`
    assert.equal(forged.length, real.length)
    for (const part of [1000, 3000]) {
      assert.equal(forged.slice(0, part), real.slice(0, part))
      assert.equal(forged.slice(-part), real.slice(-part))
    }
    await refuses(verifier, forged, 'CS_SIGNATURE')
    assert.deepEqual((await verifier.verify(real)).claims['role'], 'user')
  })

  test(`${name}: attack 25: parts of two remembered tokens make no third one`, async () => {
    const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true })
    const tokens = ['alice', 'bob'].map((sub) => mac({ ...HS, n: sub }, { ...CLAIMS, sub }, SECRET))
    for (const token of tokens) await warm(verifier, token)
    const [[h1, p1, s1], [h2, p2, s2]] = tokens.map((token) => token.split('.')) as [string[], string[]]
    for (const parts of [
      [h1, p1, s2],
      [h1, p2, s1],
      [h2, p1, s1],
      [h1, p2, s2],
      [h2, p1, s2],
      [h2, p2, s1],
    ])
      await refuses(verifier, parts.join('.'), 'CS_SIGNATURE')
    await refuses(verifier, tokens.join('.'))
    await refuses(verifier, tokens.join(''))
  })

  test(`${name}: attack 25: other spellings of a remembered token are refused as they are without a cache`, async () => {
    const bare = door.createVerifier({ ...POLICY, keys: key })
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, cache: true }))
    const extra = [
      'A',
      'AA',
      'AAA',
      'AAAA',
      '=',
      '==',
      ' ',
      '\n',
      '\t',
      '\0',
      '.',
      '..',
      '.A',
      '\ufeff',
      '\u200b',
      '\ud800',
    ]
    const spelled = [
      ...extra.flatMap((text) => [`${TOKEN}${text}`, `${text}${TOKEN}`, TOKEN.replaceAll('.', `${text}.`)]),
      ...extra.map((text) => TOKEN.replaceAll('.', `.${text}`)),
      ...paddings(TOKEN),
      TOKEN.toLowerCase(),
      TOKEN.toUpperCase(),
      `Bearer ${TOKEN}`,
      encodeURIComponent(TOKEN).replaceAll('.', '%2E'),
      `"${TOKEN}"`,
      TOKEN.slice(0, -1),
      TOKEN.slice(0, TOKEN.lastIndexOf('.') + 1),
    ]
    for (const text of spelled) {
      const { code } = await refuses(verifier, text)
      await refuses(bare, text, code)
      await refuses(verifier, text, code)
    }
    await warm(verifier)
  })

  test(`${name}: attack 25: a character outside ASCII is not the one that it ends as (such as U+0141 for A)`, async () => {
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, cache: true }))
    for (let at = 0; at < TOKEN.length; at += 3) {
      const code = TOKEN.charCodeAt(at)
      // What Latin-1, seven bits or sixteen of them would make the same, its full-width form, and both with an accent.
      for (const look of [code | 0x80, code + 0x100, code + 0x4100, code + 0xfee0, code + 0x10000, code + 0x10_0100]) {
        await refuses(verifier, `${TOKEN.slice(0, at)}${String.fromCodePoint(look)}${TOKEN.slice(at + 1)}`)
      }
      await refuses(verifier, `${TOKEN.slice(0, at + 1)}\u0301${TOKEN.slice(at + 1)}`)
    }
    await warm(verifier)
  })

  test(`${name}: attack 25: what becomes the text of a remembered token is not that text`, async () => {
    const verifier = await warm(door.createVerifier({ ...POLICY, keys: key, cache: true }))
    const things: readonly unknown[] = [
      Buffer.from(TOKEN),
      [TOKEN],
      new String(TOKEN),
      { toString: () => TOKEN },
      { valueOf: () => TOKEN, length: TOKEN.length },
      { [Symbol.toPrimitive]: () => TOKEN },
      () => TOKEN,
      undefined,
      null,
    ]
    for (const thing of things) await refuses(verifier, thing, 'CS_MALFORMED')
  })

  test(`${name}: attack 25: what one verifier remembers is nothing to another one`, async () => {
    await warm(door.createVerifier({ ...POLICY, keys: key, cache: true }))
    const others: readonly (readonly [options: object, code: string])[] = [
      [{ keys: other }, 'CS_SIGNATURE'],
      [{ issuer: 'https://other.example' }, 'CS_ISS'],
      [{ audience: 'another' }, 'CS_AUD'],
      [{ subject: 'another' }, 'CS_SUB'],
      [{ typ: 'at+jwt' }, 'CS_TYP'],
      [{ requiredClaims: ['jti'] }, 'CS_CLAIM_MISSING'],
      [{ limits: { tokenBytes: TOKEN.length - 1 } }, 'CS_TOO_LARGE'],
      [{ keys: secretKey(Uint8Array.of(...SECRET, ...OTHER)), algorithms: ['HS512'] }, 'CS_ALG'],
      [{ revoked: () => true }, 'CS_REVOKED'],
    ]
    for (const [options, code] of others) {
      const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true, ...options })
      await refuses(verifier, TOKEN, code)
      await refuses(verifier, TOKEN, code)
    }
  })

  // What is given out is given out more than once.

  test(`${name}: attack 25: nobody can change what the next one gets`, async () => {
    const claims = { ...CLAIMS, roles: ['user'], account: { plan: { name: 'free' } }, ['__proto__']: { admin: false } }
    const text = JSON.stringify(claims)
    const token = mac({ ...HS, x: { y: [1] } }, text, SECRET)
    const verifier = door.createVerifier({ ...POLICY, keys: key, cache: true })
    for (let time = 0; time < 3; time++) {
      const results = [await verifier.verify(token), await verifier.safeVerify(token)]
      for (const result of results) {
        const given = result as { claims: Record<string, unknown>; claimsSet: object; header: object; key: object }
        assert.equal(JSON.stringify(given.claims), text)
        for (const value of everyObject([given.claims, given.claimsSet, given.header])) {
          assert.ok(Object.isFrozen(value), JSON.stringify(value))
          assert.throws(() => Object.assign(value, { role: 'root' }), TypeError)
        }
        for (const name of ['claims', 'claimsSet', 'header', 'key'] as const) {
          try {
            Object.assign(result, { [name]: { sub: 'root' } })
          } catch (error) {
            assert.ok(error instanceof TypeError)
          }
        }
      }
    }
  })

  test(`${name}: attack 25: what a schema makes is made anew at each hit`, async () => {
    const makes: readonly ((value: object) => object)[] = [
      (value) => ({ ...value, roles: ['user'], since: new Date(0) }),
      (value) => JSON.parse(JSON.stringify({ ...value, roles: ['user'] })),
      (value) => Object.assign(Object.create({ inherited: true }), value, { roles: ['user'] }),
    ]
    for (const make of makes) {
      const claims = {
        '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: make(value as object) }) },
      } as const
      const verifier = door.createVerifier<{ roles: string[]; sub: string }>({
        ...POLICY,
        keys: key,
        cache: true,
        claims: claims as never,
      })
      for (let time = 0; time < 3; time++) {
        const result = await verifier.verify(TOKEN)
        assert.deepEqual(result.claims.roles, ['user'])
        assert.equal(result.claims.sub, CLAIMS.sub)
        result.claims.roles.push('root')
        Object.assign(result.claims, { sub: 'root' })
        assert.deepEqual({ ...result.claimsSet }, { ...CLAIMS })
      }
      await warm(verifier)
    }
  })

  test(`${name}: attack 25: a schema that gives back what it was given, or writes into it, changes no hit`, async () => {
    const validates: readonly ((value: Record<string, unknown>) => object)[] = [
      (value) => ({ value }),
      (value) => ({ value: Object.assign(value, { count: Number(value['count'] ?? 0) + 1 }) }),
    ]
    for (const validate of validates) {
      const claims = { '~standard': { version: 1, vendor: 'test', validate } } as never
      const verifier = door.createVerifier<Record<string, unknown>>({ ...POLICY, keys: key, cache: true, claims })
      const first = JSON.stringify((await verifier.verify(TOKEN)).claims)
      for (let time = 0; time < 3; time++) {
        const result = await verifier.verify(TOKEN)
        assert.equal(JSON.stringify(result.claims), first)
        assert.deepEqual(result.claimsSet, CLAIMS)
        Object.assign(result.claims, { sub: 'root', count: 9 })
      }
    }
  })

  // While keys cannot be had.

  test(`${name}: attack 25: while its key cannot be had a token is refused as unavailable, and neither lost nor prolonged`, async () => {
    let [time, down] = [NOW, false]
    const find = (): Key => {
      if (down) throw new Error('connection refused')
      return key
    }
    const options = { ...POLICY, now: () => time, cache: true } as const
    const rules = { audience: 'api', keys: key }
    for (const verifier of [
      door.createVerifier({ ...options, keys: find }),
      door.createVerifier({ now: options.now, cache: true, issuers: () => ({ ...rules, keys: find() }) }),
    ]) {
      ;[time, down] = [NOW, false]
      const { claimsSet } = await verifier.verify(TOKEN)
      down = true
      for (let tries = 0; tries < 3; tries++) {
        const error = await refuses(verifier, TOKEN, 'CS_UNAVAILABLE')
        assert.equal(error.unavailable, true)
      }
      down = false
      assert.equal((await verifier.verify(TOKEN)).claimsSet, claimsSet)
      down = true
      await refuses(verifier, TOKEN, 'CS_UNAVAILABLE')
      ;[time, down] = [CLAIMS.exp + 30, false]
      await refuses(verifier, TOKEN, 'CS_EXPIRED')
    }
  })

  test(`${name}: attack 25: a remote set that is too old refuses remembered tokens, too, and they come back with it`, async () => {
    const { keys, state } = await loaded(bodyOf(a), { 'cache-control': 'max-age=300' }, { maxStale: 600 })
    const verifier = await warm(door.createVerifier({ ...POLICY, keys, cache: true }), a.token)
    state.answer = unreachable
    state.time += 300
    await keys.load()
    for (const later of [0, 300, 299]) {
      state.time += later
      await warm(verifier, a.token)
    }
    state.time += 1
    for (let tries = 0; tries < 2; tries++) {
      const error = await refuses(verifier, a.token, 'CS_UNAVAILABLE', 'CS_JWKS_FETCH')
      assert.equal(error.unavailable, true)
    }
    state.answer = answer(bodyOf(a))
    state.time += 200
    await keys.load()
    await warm(verifier, a.token)
    state.answer = answer(bodyOf(b))
    state.time += 5000
    await keys.load()
    await refuses(verifier, a.token, 'CS_NO_KEY')
  })

  test(`${name}: attack 25: a ring that is cut off from its store refuses what it revoked, remembered or not`, async () => {
    const { ring: keys, signer, clock, store } = await ring()
    const verifier = door.createVerifier({ ...POLICY, keys, now: () => clock.time, cache: true })
    const token = await signer.sign({ sub: 'alice' })
    await warm(verifier, token)
    store.fail(() => Promise.reject(new Error('connection refused')))
    clock.time += MINUTE
    await keys.refresh().catch(() => undefined)
    await warm(verifier, token)
    await refuses({ verify: () => keys.revoke(keys.list()[0]?.kid ?? '') }, '', 'CS_UNAVAILABLE')
    const error = await refuses(verifier, token, 'CS_NO_KEY')
    assert.equal(error.unavailable, true)
    await refuses(verifier, token, 'CS_NO_KEY')
  })
}

// A cache may save work, and nothing else.

/** A world in which everything that decides about a token changes. */
interface World {
  time: number
  keys: 'first' | 'second' | 'both' | 'again' | 'none' | 'down'
  revoked: 'no' | 'yes' | 'down'
  audience: string
}

const KEYS: Readonly<Record<Exclude<World['keys'], 'down'>, Key | Key[] | undefined>> = {
  first: key,
  second: other,
  both: [other, key],
  again,
  none: undefined,
}
const POOL: readonly string[] = [
  TOKEN,
  mac(HS, { ...CLAIMS, exp: NOW + 60, sub: 'brief' }, SECRET),
  mac(HS, { ...CLAIMS, nbf: NOW + 60, sub: 'later' }, SECRET),
  mac(HS, { ...CLAIMS, sub: 'of the other key' }, OTHER),
  mac(HS, { ...CLAIMS, aud: ['api', 'more'], sub: 'for two' }, SECRET),
  mac(HS, { ...CLAIMS, iss: 'https://nobody.example' }, SECRET),
  `${input(HS, { ...CLAIMS, sub: 'forged' })}${TOKEN.slice(TOKEN.lastIndexOf('.'))}`,
  `${TOKEN}A`,
  'x',
]

const change = fc.oneof(
  fc.record({ time: fc.constantFrom(NOW, NOW - 100, NOW + 59, NOW + 95, NOW + 629, NOW + 630, NOW + 1e6) }),
  fc.record({ keys: fc.constantFrom<World['keys']>('first', 'first', 'second', 'both', 'again', 'none', 'down') }),
  fc.record({ revoked: fc.constantFrom<World['revoked']>('no', 'no', 'yes', 'down') }),
  fc.record({ audience: fc.constantFrom('api', 'api', 'more', 'another') }),
)
const which = fc.nat({ max: POOL.length - 1 })
const life = fc.array(fc.oneof({ weight: 2, arbitrary: which }, { weight: 1, arbitrary: change }), { maxLength: 40 })

for (const { name, door } of DOORS) {
  test(`${name}: attack 25: with a cache of any size a verifier says what it says without, whatever happens`, async () => {
    await fc.assert(
      fc.asyncProperty(life, fc.integer({ min: 1, max: 4 }), async (steps, max) => {
        const world: World = { time: NOW, keys: 'first', revoked: 'no', audience: 'api' }
        const keys = (): Key | Key[] | undefined => {
          if (world.keys === 'down') throw new Error('connection refused')
          return KEYS[world.keys]
        }
        const revoked: RevocationCheck = () => {
          if (world.revoked === 'down') throw new Error('connection refused')
          return world.revoked === 'yes'
        }
        const make = (cache: boolean | { max: number }): AnyVerifier[] => [
          door.createVerifier({ ...POLICY, keys, now: () => world.time, revoked, cache }),
          door.createVerifier({
            issuers: (iss) => (iss === CLAIMS.iss ? { keys, audience: world.audience } : undefined),
            now: () => world.time,
            revoked,
            cache,
          }),
        ]
        const [cached, bare] = [make({ max }), make(false)]
        for (const step of steps) {
          if (typeof step === 'object') Object.assign(world, step)
          else {
            for (const [index, verifier] of cached.entries()) {
              const said = await outcome(verifier, POOL[step] ?? '')
              assert.deepEqual(said, await outcome(bare[index] as AnyVerifier, POOL[step] ?? ''))
            }
          }
        }
      }),
      { numRuns: 150 },
    )
  })
}

/** All that a verifier says of a token. */
async function outcome(verifier: AnyVerifier, token: string): Promise<object> {
  try {
    const { key: used, ...said } = (await verifier.verify(token)) as { readonly key: Key }
    return { ...said, bits: used.bits }
  } catch (error) {
    return { refused: JSON.stringify(error) }
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A token with other bits in what is left over at the end of each part, which stand for no octet (attack 16). */
function paddings(text: string): readonly string[] {
  const parts = text.split('.')
  return parts.flatMap((part, index) => {
    const free = { 2: 16, 3: 4 }[part.length % 4] ?? 1
    const last = ALPHABET.indexOf(part.at(-1) ?? '')
    return Array.from({ length: free - 1 }, (_, bits) =>
      parts.with(index, `${part.slice(0, -1)}${ALPHABET[last + bits + 1]}`).join('.'),
    )
  })
}

/** Objects and arrays at every level. */
function everyObject(value: unknown): readonly object[] {
  if (typeof value !== 'object' || value === null) return []
  return [...(Array.isArray(value) ? [] : [value]), ...Object.values(value).flatMap(everyObject)]
}
