import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as node from 'node:zlib'
import { JoseError } from 'countersign'
import fc from 'fast-check'
import { backend } from '#crypto'
import { run } from '../../src/op.ts'
import { adler32, unzlib, zlib } from '../../src/revocation/zlib.ts'

const MOST = 1 << 20
const pack = (data: Uint8Array): Promise<Uint8Array> => run(zlib(data), backend)
const unpack = (data: Uint8Array, most = MOST): Promise<Uint8Array> => run(unzlib(data, most), backend)
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.tuple(fc.nat(255), fc.nat(20_000)).map(([value, length]) => new Uint8Array(length).fill(value)),
)

async function refusesData(data: Uint8Array, ...codes: string[]): Promise<void> {
  await assert.rejects(unpack(data), (error) => {
    assert.ok(error instanceof JoseError, String(error))
    assert.ok(codes.includes(error.code), `${error.code} ${error.message}`)
    return true
  })
}

test('the checksum is that of RFC 1950 §8.2, over any length', () => {
  assert.equal(adler32(new Uint8Array()), 1)
  assert.equal(adler32(ascii('Wikipedia')), 0x11e60398)
  // The sums are at their largest, and have to be taken modulo 65521 in time.
  const most = new Uint8Array(1e6).fill(255)
  let [low, high] = [1n, 0n]
  for (const octet of most) {
    low = (low + BigInt(octet)) % 65_521n
    high = (high + low) % 65_521n
  }
  assert.equal(adler32(most), Number((high << 16n) | low))
})

test('data that is not in the ZLIB format is refused (RFC 1950 §2.3)', async () => {
  const good = await pack(ascii('a list'))
  const changed = (at: number, octet: number): Uint8Array => {
    const copy = Uint8Array.from(good)
    copy[at < 0 ? copy.length + at : at] = octet
    return copy
  }
  assert.deepEqual(await unpack(good), ascii('a list'))
  for (const [what, data] of [
    ['nothing', new Uint8Array()],
    ['a header alone', good.subarray(0, 2)],
    ['less than header and check', good.subarray(0, 5)],
    ['another method', changed(0, 0x79)],
    ['a window that is too large', Uint8Array.of(0x88, 0x1c, ...good.subarray(2))],
    ['a header whose check fails', changed(1, 0x9d)],
    ['a dictionary that is asked for', Uint8Array.of(0x78, 0xbb, ...good.subarray(2))],
    ['bare DEFLATE', good.subarray(2, -4)],
    ['another check', changed(-1, ((good.at(-1) ?? 0) + 1) % 256)],
    ['no check', good.subarray(0, -4)],
    ['something behind it', Uint8Array.of(...good, 0)],
    ['something cut off', good.subarray(0, -1)],
    ['something that is no DEFLATE', Uint8Array.of(0x78, 0x9c, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
  ] as const) {
    await assert.rejects(unpack(data), { name: 'JoseError', code: 'CS_MALFORMED' }, what)
  }
})

test('data that becomes more than is allowed is given up (attack 37)', async () => {
  const bomb = await pack(new Uint8Array(MOST + 1))
  assert.ok(bomb.length < 2000)
  await refusesData(bomb, 'CS_TOO_LARGE')
  assert.equal((await unpack(await pack(new Uint8Array(MOST)))).length, MOST)
})

test('what is packed is unpacked to the same octets', async () => {
  await fc.assert(
    fc.asyncProperty(octets, async (data) => assert.deepEqual(await unpack(await pack(data)), Uint8Array.from(data))),
  )
})

test('whatever comes is unpacked or refused by a JoseError', async () => {
  await fc.assert(
    fc.asyncProperty(octets, fc.nat(), fc.nat(255), async (data, at, octet) => {
      const packed = await pack(data)
      packed[at % packed.length] = octet
      try {
        assert.deepEqual(await unpack(packed), Uint8Array.from(data))
      } catch (error) {
        assert.ok(error instanceof JoseError && ['CS_MALFORMED', 'CS_TOO_LARGE'].includes(error.code), String(error))
      }
    }),
  )
})

test('node:zlib unpacks what is packed here, and the other way round, at every level', async () => {
  await fc.assert(
    fc.asyncProperty(octets, fc.integer({ min: 0, max: 9 }), async (data, level) => {
      assert.deepEqual(Uint8Array.from(node.inflateSync(await pack(data))), Uint8Array.from(data))
      assert.deepEqual(await unpack(Uint8Array.from(node.deflateSync(data, { level }))), Uint8Array.from(data))
    }),
  )
})
