import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { capabilities, importKey, type Key, keySet, publicKey, remoteKey, secretKey } from 'countersign'
import {
  type JoseError,
  type JwsPart,
  type PayloadStream,
  signJws,
  type VerifiedStream,
  verifyJws,
} from 'countersign/jws'
import fc from 'fast-check'
import { fails } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'

const isRsa = (alg: string): boolean => /^[RP]S/.test(alg)
const ALGORITHMS = capabilities().signature
const IN_PIECES = ALGORITHMS.filter((alg) => /^([HRP]S|ES)/.test(alg))
const WHOLE_ONLY = ALGORITHMS.filter((alg) => !IN_PIECES.includes(alg))

interface Pair {
  readonly signing: Key
  readonly verifying: Key
}

async function pairOf(alg: string): Promise<Pair> {
  const signing = importKey(jwkFor(isRsa(alg) ? 'RS256' : alg), { alg })
  return { signing, verifying: signing.kind === 'secret' ? signing : await publicKey(signing) }
}

const { signing: secret } = await pairOf('HS256')
const stranger = importKey(jwkFor('HS256', 1), { alg: 'HS256' })

/** 200,000 octets that are not the same anywhere, and end in the middle of a group of three. */
const PAYLOAD = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 2_654_435_761) >>> 13)
const DETACHED = { detached: true } as const

/** Octets in pieces of some sizes, over and over; a size of zero gives an empty piece. */
async function* inPieces(octets: Uint8Array, ...sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  for (let at = 0, index = 0; at < octets.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    yield octets.slice(at, at + size)
    at += size
  }
}

/** A payload that counts what is asked of it. */
interface Watched extends PayloadStream {
  reads: number
  ended: number
}

function watched(pieces: readonly unknown[], onReturn?: () => unknown): Watched {
  const watch: Watched = {
    reads: 0,
    ended: 0,
    [Symbol.asyncIterator]() {
      let index = 0
      return {
        async next() {
          watch.reads++
          const value = pieces[index++]
          if (value instanceof Error) throw value
          return (value === undefined ? { done: true, value } : { done: false, value }) as IteratorResult<Uint8Array>
        },
        return() {
          watch.ended++
          return (onReturn ? onReturn() : Promise.resolve({ done: true, value: undefined })) as never
        },
      }
    },
  }
  return watch
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-streams-'))
const file = join(folder, 'payload')
writeFileSync(file, PAYLOAD)
after(() => rmSync(folder, { recursive: true }))

// What is refused.

for (const alg of WHOLE_ONLY) {
  test(`${alg} takes no payload in pieces, and says why before the first is read`, async () => {
    const { signing, verifying } = await pairOf(alg)
    const why = alg.startsWith('ML-DSA') ? /the platform takes its message whole/ : /twice \(RFC 8032 §5\.1\.6\)/
    const refused = async (act: (payload: PayloadStream) => Promise<unknown>): Promise<void> => {
      const payload = watched([PAYLOAD])
      const error = await fails(() => act(payload), 'CS_UNSUPPORTED')
      assert.match(error.message, new RegExp(`^${alg} `))
      assert.match(error.message, why)
      assert.match(error.hint, /octets/)
      assert.equal(payload.reads, 0)
    }
    await refused((payload) => signJws(payload, { key: signing, ...DETACHED }))
    await refused((payload) => signJws(payload, { signers: [{ key: secret }, { key: signing }], ...DETACHED }))
    const jws = await signJws(PAYLOAD, { key: signing, ...DETACHED })
    await refused((detachedPayload) => verifyJws(jws, { keys: verifying, detachedPayload }))
  })

  test(`${alg} beside an algorithm that takes pieces is passed over`, async () => {
    const { signing, verifying } = await pairOf(alg)
    const jws = await signJws(PAYLOAD, { signers: [{ key: signing }, { key: secret }], ...DETACHED })
    const keys = (header: { readonly alg: string }): Key => (header.alg === alg ? verifying : secret)
    const { key } = await verifyJws(jws, { keys, detachedPayload: inPieces(PAYLOAD, 1000) })
    assert.equal(key, secret)
  })
}

test('a key that is out of reach takes no payload in pieces', async () => {
  const { verifying } = await pairOf('ES256')
  const payload = watched([PAYLOAD])
  const key = remoteKey({ jwk: verifying, sign: () => assert.fail('the signer was called') })
  const error = await fails(() => signJws(payload, { key, ...DETACHED }), 'CS_UNSUPPORTED')
  assert.match(error.message, /its key works on whole messages/)
  assert.equal(payload.reads, 0)
})

test('a payload in pieces is signed detached alone: a mistake of the program is a TypeError', async () => {
  for (const detached of [undefined, false]) {
    const payload = watched([PAYLOAD])
    const options = { key: secret, ...(detached !== undefined && { detached }) }
    await assert.rejects(signJws(payload, options), { name: 'TypeError', message: /detached: true/ })
    assert.equal(payload.reads, 0)
  }
})

test('nothing is read of a payload whose JWS is refused before: a wrong key, form, header or length', async () => {
  const jws = await signJws(PAYLOAD, { key: secret, ...DETACHED })
  const attached = await signJws('x', { key: secret })
  const cases: readonly (readonly [token: string, keys: Key, code: string])[] = [
    ['not a token', secret, 'CS_MALFORMED'],
    [attached, secret, 'CS_MALFORMED'],
    [jws, (await pairOf('HS512')).verifying, 'CS_KEY_TYPE'],
    [jws, (await pairOf('ES256')).verifying, 'CS_KEY_TYPE'],
    [jws.slice(0, -3), secret, 'CS_SIGNATURE'],
  ]
  for (const [token, keys, code] of cases) {
    const detachedPayload = watched([PAYLOAD])
    await fails(() => verifyJws(token, { keys, detachedPayload }), code)
    assert.equal(detachedPayload.reads, 0)
  }
})

test('a payload in pieces that differs anywhere, or is cut, does not verify', async () => {
  const octets = PAYLOAD.subarray(0, 1000)
  for (const b64 of [true, false]) {
    const jws = await signJws(octets, { key: secret, b64, ...DETACHED })
    const verify = (payload: Uint8Array): Promise<unknown> =>
      verifyJws(jws, { keys: secret, detachedPayload: inPieces(payload, 7) })
    await verify(octets)
    for (let at = 0; at < octets.length; at += 37) {
      await fails(() => verify(octets.map((octet, index) => (index === at ? octet ^ 1 : octet))), 'CS_SIGNATURE')
      await fails(() => verify(octets.subarray(0, at)), 'CS_SIGNATURE')
    }
    await fails(() => verify(Buffer.concat([octets, Buffer.alloc(1)])), 'CS_SIGNATURE')
    await fails(() => verifyJws(jws, { keys: stranger, detachedPayload: inPieces(octets, 7) }), 'CS_SIGNATURE')
  }
})

test('a payload that fails is an unknown answer with its cause, and no refusal of the token', async () => {
  const jws = await signJws(PAYLOAD, { key: secret, ...DETACHED })
  const cause = new Error('the disk is gone')
  for (const pieces of [[cause], [PAYLOAD, cause], [PAYLOAD.subarray(0, 4), PAYLOAD.subarray(4), cause]]) {
    const told = await Promise.all([
      fails(() => signJws(watched(pieces), { key: secret, ...DETACHED }), 'CS_UNAVAILABLE'),
      fails(() => verifyJws(jws, { keys: secret, detachedPayload: watched(pieces) }), 'CS_UNAVAILABLE'),
    ])
    for (const error of told) assert.deepEqual([error.unavailable, error.cause], [true, cause])
  }
})

test('a file that is not there is an unknown answer, and ends no process', async () => {
  const missing = (): PayloadStream => createReadStream(join(folder, 'absent'))
  const told = (error: JoseError): void => assert.equal((error.cause as { code?: string }).code, 'ENOENT')
  told(await fails(() => signJws(missing(), { key: secret, ...DETACHED }), 'CS_UNAVAILABLE'))
  const jws = await signJws(PAYLOAD, { key: secret, ...DETACHED })
  told(await fails(() => verifyJws(jws, { keys: secret, detachedPayload: missing() }), 'CS_UNAVAILABLE'))
  // Here the file says so while the keys are still on their way.
  const keys = async (): Promise<Key> => {
    for (let turns = 0; turns < 20; turns++) await turn()
    return secret
  }
  await fails(() => verifyJws(jws, { keys, detachedPayload: missing() }), 'CS_UNAVAILABLE')
})

for (const [what, piece] of [
  ['text', 'text'],
  ['null', null],
  ['a number', 1],
  ['an array', [1]],
  ['an ArrayBuffer', new ArrayBuffer(2)],
  ['a wider array', new Uint16Array(2)],
  ['a DataView', new DataView(new ArrayBuffer(2))],
] as const) {
  test(`a piece that is ${what} is a mistake of the program, and the payload is left`, async () => {
    for (const b64 of [true, false]) {
      const jws = await signJws(PAYLOAD, { key: secret, b64, ...DETACHED })
      const [signing, verifying] = [watched([PAYLOAD, piece, PAYLOAD]), watched([PAYLOAD, piece, PAYLOAD])]
      const message = /^the payload gave .* and not octets$/
      await assert.rejects(signJws(signing, { key: secret, b64, ...DETACHED }), { name: 'TypeError', message })
      await assert.rejects(verifyJws(jws, { keys: secret, detachedPayload: verifying }), { name: 'TypeError', message })
      for (const { reads, ended } of [signing, verifying]) {
        assert.equal(reads, 2)
        assert.ok(ended > 0, 'return was not called')
      }
    }
  })
}

for (const [how, onReturn] of [
  ['throws', () => assert.fail('from return')],
  ['rejects', () => Promise.reject(new Error('from return'))],
  ['gives no promise', () => ({ done: true })],
  ['gives nothing', () => undefined],
] as const) {
  test(`a payload whose return ${how} does not hide why it is left`, async () => {
    const mistake = { name: 'TypeError', message: /gave a string and not octets/ }
    await assert.rejects(signJws(watched(['text'], onReturn), { key: secret, ...DETACHED }), mistake)
    const jws = await signJws(PAYLOAD, { key: secret, ...DETACHED })
    const verify = (keys: Key, payload: Watched): Promise<unknown> => verifyJws(jws, { keys, detachedPayload: payload })
    await assert.rejects(verify(secret, watched(['text'], onReturn)), mistake)
    await fails(() => verify(stranger, watched([PAYLOAD], onReturn)), 'CS_SIGNATURE')
    await fails(() => verify(secret, watched([new Error('gone')], onReturn)), 'CS_UNAVAILABLE')
  })
}

test('a payload that has neither return nor anything else but next will do', async () => {
  const bare = (...pieces: readonly unknown[]): PayloadStream => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: pieces.length === 0, value: (pieces as unknown[]).shift() }) as never,
    }),
  })
  const jws = await signJws(bare(PAYLOAD), { key: secret, ...DETACHED })
  await verifyJws(jws, { keys: secret, detachedPayload: bare(PAYLOAD) })
  await assert.rejects(signJws(bare('text'), { key: secret, ...DETACHED }), TypeError)
})

test('a file is closed where its reading stops early, and where its JWS is refused before', async () => {
  const jws = await signJws(PAYLOAD, { key: secret, ...DETACHED })
  const broken = createReadStream(file, { encoding: 'utf8' })
  await assert.rejects(signJws(broken, { key: secret, ...DETACHED }), TypeError)
  assert.equal(broken.destroyed, true)
  for (const [token, keys] of [
    [`${jws.slice(0, -8)}AAAAAAAA`, secret],
    [jws, stranger],
    ['not a token', secret],
    [jws.slice(0, -3), secret],
    [jws, keySet({ keys: [] })],
  ] as const) {
    const stream = createReadStream(file)
    await fails(() => verifyJws(token, { keys, detachedPayload: stream }))
    if (!stream.closed) await once(stream, 'close')
    assert.equal(stream.destroyed, true)
  }
})

test('an HTTP request whose body is refused unread can still be answered', async () => {
  const server = createServer(async (request, response) => {
    const token = String(request.headers['signature'])
    const { code } = await fails(() => verifyJws(token, { keys: secret, detachedPayload: request }))
    response.writeHead(401).end(code)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const foreign = await signJws(PAYLOAD, { key: (await pairOf('HS512')).signing, ...DETACHED })
  const changed = await signJws(PAYLOAD, { key: stranger, ...DETACHED })
  try {
    for (const signature of [changed, foreign, 'not a token']) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: PAYLOAD, headers: { signature } })
      assert.equal(answer.status, 401)
    }
  } finally {
    server.close()
  }
})

test('a payload that was let go, or is being read elsewhere, does not verify', async () => {
  const jws = await signJws('hello', { key: secret, ...DETACHED })
  const hello = Buffer.from('hello')
  const verify = (detachedPayload: PayloadStream): Promise<unknown> => verifyJws(jws, { keys: secret, detachedPayload })

  const destroyed = Readable.from([hello])
  destroyed.destroy()
  await fails(() => verify(destroyed), 'CS_UNAVAILABLE')

  const locked = new Blob([hello]).stream()
  const reader = locked.getReader()
  await assert.rejects(verify(locked))
  assert.deepEqual(Buffer.from((await reader.read()).value ?? []), hello, 'it was taken from its reader')

  const used = inPieces(hello, 2)
  await verify(used)
  await fails(() => verify(used), 'CS_SIGNATURE')

  const begun = inPieces(hello, 2)
  await begun.next()
  await fails(() => verify(begun), 'CS_SIGNATURE')
})

test('more than 16 signatures and keys to try on one payload in pieces are refused before it is read', async () => {
  const keys = Array.from({ length: 8 }, (_, index) => secretKey(Buffer.alloc(32, index + 1), 'HS256'))
  const parts = (count: number): { readonly signers: readonly { readonly key: Key }[] } => ({
    signers: Array(count).fill({ key: keys[7] as Key }),
  })
  const two = await signJws(PAYLOAD, { ...parts(2), ...DETACHED })
  assert.equal((await verifyJws(two, { keys, detachedPayload: inPieces(PAYLOAD, 5000) })).key, keys[7])
  const three = await signJws(PAYLOAD, { ...parts(3), ...DETACHED })
  const detachedPayload = watched([PAYLOAD])
  await fails(() => verifyJws(three, { keys, detachedPayload }), 'CS_TOO_LARGE')
  assert.equal(detachedPayload.reads, 0)
})

// What is accepted.

const SIZES: readonly (readonly number[])[] = [
  [0, 1],
  [1],
  [2],
  [3],
  [0, 2, 1],
  [64 * 1024 + 1],
  [48 * 1024],
  [200_000],
]

for (const alg of IN_PIECES) {
  for (const b64 of [true, false]) {
    test(`${alg}, b64: ${b64}: signed in pieces verifies whole, and the other way round (RFC 7515 §5, RFC 7797 §3)`, async () => {
      const { signing, verifying } = await pairOf(alg)
      const options = { key: signing, b64, ...DETACHED }
      const octets = PAYLOAD.subarray(0, 10_000)
      const whole = await signJws(octets, options)
      for (const size of [1000, 64 * 1024 + 1]) {
        const pieced = await signJws(inPieces(octets, size), options)
        if (/^[HR]S/.test(alg)) assert.equal(pieced, whole)
        const { payload } = await verifyJws(pieced, { keys: verifying, detachedPayload: octets })
        assert.deepEqual(payload, octets)
        for (const jws of [whole, pieced]) {
          const verified = await verifyJws(jws, { keys: verifying, detachedPayload: inPieces(octets, size) })
          assert.deepEqual(Object.keys(verified).sort(), ['header', 'key', 'protectedHeader'])
          assert.equal(verified.header.alg, alg)
          assert.equal(verified.key, verifying)
        }
      }
    })
  }
}

for (const b64 of [true, false]) {
  for (const sizes of SIZES) {
    test(`b64: ${b64}: pieces of ${sizes.join(' and ')} octets are the same payload as the whole`, async () => {
      const octets = sizes.some((size) => size > 3) ? PAYLOAD : PAYLOAD.subarray(0, 2000)
      for (const payload of [octets, octets.subarray(1), octets.subarray(2), octets.subarray(0, 1), new Uint8Array()]) {
        const whole = await signJws(payload, { key: secret, b64, ...DETACHED })
        assert.equal(await signJws(inPieces(payload, ...sizes), { key: secret, b64, ...DETACHED }), whole)
        await verifyJws(whole, { keys: secret, detachedPayload: inPieces(payload, ...sizes) })
      }
    })
  }

  test(`b64: ${b64}: pieces of any sizes are the same payload as the whole`, async () => {
    const sizes = fc
      .array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 12 })
      .filter((all) => all.some((size) => size > 0))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), sizes, async (octets, all) => {
        const whole = await signJws(octets, { key: secret, b64, ...DETACHED })
        assert.equal(await signJws(inPieces(octets, ...all), { key: secret, b64, ...DETACHED }), whole)
        await verifyJws(whole, { keys: secret, detachedPayload: inPieces(octets, ...all) })
      }),
      { numRuns: 150 },
    )
  })

  test(`b64: ${b64}: a reader may use the memory of a piece again for the next one`, async () => {
    for (const memory of [new Uint8Array(1000), Buffer.alloc(1000), Buffer.allocUnsafe(1000)]) {
      const reused = async function* (): AsyncGenerator<Uint8Array, void> {
        for (let at = 0; at < PAYLOAD.length; at += memory.length) {
          memory.set(PAYLOAD.subarray(at, at + memory.length))
          yield memory
        }
        memory.fill(0)
      }
      const whole = await signJws(PAYLOAD, { key: secret, b64, ...DETACHED })
      assert.equal(await signJws(reused(), { key: secret, b64, ...DETACHED }), whole)
      await verifyJws(whole, { keys: secret, detachedPayload: reused() })
    }
  })
}

const SOURCES: Readonly<Record<string, () => PayloadStream>> = {
  'an async generator': () => inPieces(PAYLOAD, 1000),
  'a file that is read': () => createReadStream(file),
  'a file that is read in odd pieces': () => createReadStream(file, { highWaterMark: 1001 }),
  'the Web stream of a Blob': () => new Blob([PAYLOAD]).stream(),
  'a Web stream of a Node one': () => Readable.toWeb(createReadStream(file)) as unknown as PayloadStream,
  'Readable.from': () => Readable.from([PAYLOAD.subarray(0, 70_000), Buffer.from(PAYLOAD.subarray(70_000))]),
  'a Web stream of its own': () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < PAYLOAD.length; at += 4097) controller.enqueue(PAYLOAD.slice(at, at + 4097))
        controller.close()
      },
    }),
}
for (const [what, source] of Object.entries(SOURCES)) {
  test(`${what} is a payload in pieces`, async () => {
    for (const b64 of [true, false]) {
      const whole = await signJws(PAYLOAD, { key: secret, b64, ...DETACHED })
      assert.equal(await signJws(source(), { key: secret, b64, ...DETACHED }), whole)
      await verifyJws(whole, { keys: secret, detachedPayload: source() })
    }
  })
}

test('a payload that ends is not told to return', async () => {
  const signing = watched([PAYLOAD])
  const jws = await signJws(signing, { key: secret, ...DETACHED })
  const verifying = watched([PAYLOAD])
  await verifyJws(jws, { keys: secret, detachedPayload: verifying })
  for (const { reads, ended } of [signing, verifying]) assert.deepEqual([reads, ended], [2, 0])
})

test('several signers sign one payload in one pass, and several signatures are verified in one', async () => {
  const pairs = await Promise.all(IN_PIECES.map(pairOf))
  for (const b64 of [true, false]) {
    const signing = watched([PAYLOAD])
    const jws = await signJws(signing, { signers: pairs.map((pair) => ({ key: pair.signing })), b64, ...DETACHED })
    assert.equal(signing.reads, 2)
    assert.deepEqual(Object.keys(jws), ['signatures'])
    for (const [index, { verifying }] of pairs.entries()) {
      const alone = { signatures: [jws.signatures[index] as (typeof jws.signatures)[0]] }
      assert.equal((await verifyJws(alone, { keys: verifying, detachedPayload: PAYLOAD })).key, verifying)
      const detachedPayload = watched([PAYLOAD])
      assert.equal((await verifyJws(jws, { keys: verifying, detachedPayload })).key, verifying)
      assert.equal(detachedPayload.reads, 2)
    }
  }
})

test('flattened and general JWS take a payload in pieces as a compact one does', async () => {
  for (const serialization of ['compact', 'flattened', 'general'] as const) {
    for (const b64 of [true, false]) {
      const options = { key: secret, b64, serialization, ...DETACHED } as const
      const jws = await signJws(inPieces(PAYLOAD, 9999), options)
      assert.deepEqual(jws, await signJws(PAYLOAD, options))
      await verifyJws(jws, { keys: secret, detachedPayload: inPieces(PAYLOAD, 1234) })
    }
  }
})

test('of several signatures over a payload in pieces the first that verifies counts, as over a whole one', async () => {
  const { signing, verifying } = await pairOf('ES256')
  const jws = await signJws(PAYLOAD, { signers: [{ key: stranger }, { key: signing }, { key: secret }], ...DETACHED })
  const choices = [verifying, secret, stranger, [secret, verifying], [secret, stranger], [verifying, secret, stranger]]
  for (const keys of choices) {
    const whole = await verifyJws(jws, { keys, detachedPayload: PAYLOAD })
    const pieced = await verifyJws(jws, { keys, detachedPayload: inPieces(PAYLOAD, 4444) })
    assert.equal(pieced.key, whole.key)
    assert.deepEqual(pieced.header, whole.header)
  }
  const { verifying: none } = await pairOf('ES384')
  const error = await fails(
    () => verifyJws(jws, { keys: none, detachedPayload: inPieces(PAYLOAD, 4444) }),
    'CS_SIGNATURE',
  )
  assert.equal(error.message, 'none of the signatures verifies')
})

test('where keys cannot be had, and no other signature over a payload in pieces verifies, the answer is not known', async () => {
  const jws = await signJws(PAYLOAD, {
    signers: [{ key: stranger, protected: { kid: 'away' } }, { key: secret }],
    ...DETACHED,
  })
  const verify = (other: Key): Promise<unknown> =>
    verifyJws(jws, {
      keys: ({ kid }) => {
        if (kid === 'away') throw new Error('down')
        return other
      },
      detachedPayload: inPieces(PAYLOAD, 4444),
    })
  await verify(secret)
  assert.equal((await fails(() => verify(stranger), 'CS_UNAVAILABLE')).unavailable, true)
})

test('a JWS of any signatures is answered alike for a payload in pieces and for a whole one', async () => {
  const octets = PAYLOAD.subarray(0, 100)
  const { signing, verifying } = await pairOf('ES256')
  const unencoded = { b64: false, ...DETACHED }
  const made = await Promise.all(
    [DETACHED, unencoded].map((options) =>
      signJws(octets, {
        signers: [
          { key: secret },
          { key: stranger },
          { key: signing },
          { key: secret, protected: { kid: 'away' } },
          { key: stranger, protected: { kid: 'absent' } },
          { key: secret, protected: { crit: ['x'], x: 1 } },
        ],
        ...options,
      }),
    ),
  )
  const [encoded, raw] = made.map(({ signatures }) => signatures) as [readonly JwsPart[], readonly JwsPart[]]
  const broken = { protected: '!', signature: 'AA' }
  const part = fc
    .tuple(fc.constantFrom(encoded, raw), fc.nat({ max: 12 }))
    .map(([parts, index]) => parts[index] ?? broken)
  const token = fc.oneof(
    fc.array(part, { maxLength: 5 }).map((signatures) => ({ signatures })),
    part,
    part.map((one) => `${one.protected}..${one.signature}`),
    part.map((one) => ({ ...one, payload: 'AAAA' })),
  )
  const keys = fc.constantFrom(
    secret,
    stranger,
    verifying,
    [secret, stranger],
    [verifying, stranger],
    ({ kid }: { readonly kid?: string }) => {
      if (kid === 'away') throw new Error('down')
      return kid === 'absent' ? undefined : secret
    },
  )
  const answer = async (verifying: Promise<VerifiedStream>): Promise<unknown> => {
    try {
      const { header, key } = await verifying
      return { header, key }
    } catch (error) {
      const { code, unavailable } = error as JoseError
      return { code, unavailable }
    }
  }
  await fc.assert(
    fc.asyncProperty(token, keys, fc.boolean(), async (jws, found, changed) => {
      const payload = changed ? octets.subarray(1) : octets
      const whole = await answer(verifyJws(jws, { keys: found, detachedPayload: payload }))
      assert.deepEqual(await answer(verifyJws(jws, { keys: found, detachedPayload: inPieces(payload, 7) })), whole)
    }),
    { numRuns: 500 },
  )
})

test('many payloads in pieces at a time do not disturb each other', async () => {
  const octets = Array.from({ length: 20 }, (_, index) => PAYLOAD.subarray(0, 300 + index))
  const slowly = async function* (payload: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
    for await (const piece of inPieces(payload, size)) {
      await turn()
      yield piece
    }
  }
  const tokens = await Promise.all(
    octets.map((payload, index) => signJws(slowly(payload, index + 1), { key: secret, ...DETACHED })),
  )
  await Promise.all(
    octets.map(async (payload, index) => {
      const jws = tokens[index] ?? ''
      assert.equal(jws, await signJws(payload, { key: secret, ...DETACHED }))
      await verifyJws(jws, { keys: secret, detachedPayload: slowly(payload, 20 - index) })
    }),
  )
})

// What is remembered of a payload: nothing.

/** Signs and verifies 256 MiB, and prints by how many octets memory grew at most. */
const PROGRAM = `
import { generateKey, publicKey } from 'countersign'
import { signJws, verifyJws } from 'countersign/jws'

let most = 0
const inUse = () => {
  globalThis.gc()
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage()
  return { rss, held: arrayBuffers + heapUsed }
}
async function* payload() {
  for (let index = 0; index < 4096; index++) {
    yield new Uint8Array(65_536).fill(index)
    if (index % 256 !== 0) continue
    const now = inUse()
    most = Math.max(most, now.rss - start.rss, now.held - start.held)
  }
}
const keys = [await generateKey('HS256'), await generateKey('ES256')]
const verifying = [keys[0], await publicKey(keys[1])]
const start = inUse()
for (const b64 of [true, false]) {
  const jws = await signJws(payload(), { signers: keys.map((key) => ({ key })), detached: true, b64 })
  await verifyJws(jws, { keys: verifying[b64 ? 0 : 1], detachedPayload: payload() })
}
console.log(most)
`

test('memory stays flat while 256 MiB are signed and verified', async () => {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const options = ['--expose-gc', '--no-warnings', '--input-type=module', '--eval', PROGRAM]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd })
  const mebibytes = Number(stdout) / 2 ** 20
  assert.ok(mebibytes < 64, `memory grew by ${mebibytes} MiB`)
})

test('a stream that has been read already is no payload: a mistake of the program is a TypeError', async () => {
  const jws = await signJws(Readable.from([PAYLOAD]), { key: secret, ...DETACHED })
  const used = Readable.from([PAYLOAD])
  for await (const _ of used);
  await assert.rejects(signJws(used, { key: secret, ...DETACHED }), { name: 'TypeError', message: /read already/ })
  await assert.rejects(verifyJws(jws, { keys: secret, detachedPayload: used }), { name: 'TypeError' })
})

test('where every signature takes a whole payload, a payload in pieces is refused with that reason', async () => {
  const [one, two] = [await pairOf('Ed25519'), await pairOf('Ed448')]
  const jws = await signJws(PAYLOAD, { signers: [{ key: one.signing }, { key: two.signing }], ...DETACHED })
  const keys = [one.verifying, two.verifying]
  await fails(() => verifyJws(jws, { keys, detachedPayload: inPieces(PAYLOAD, 1000) }), 'CS_UNSUPPORTED')
  assert.equal((await verifyJws(jws, { keys, detachedPayload: PAYLOAD })).key, one.verifying)
})
