import { deflateSync, inflateRawSync, inflateSync } from 'node:zlib'
import { sync } from '../../../packages/countersign/src/crypto/node.ts'
import { runSync } from '../../../packages/countersign/src/op.ts'
import { parseStatusListClaim } from '../../../packages/countersign/src/revocation/statuses.ts'
import { adler32, unzlib } from '../../../packages/countersign/src/revocation/zlib.ts'
import { havoc } from '../mutate/octets.ts'
import { hold, refused } from '../oracle.ts'
import type { Bytes, Mutate, Outcome, Target } from '../target.ts'

const MOST = 16 * 1024
const [HEAD, CHECK] = [2, 4]
const octets = havoc([], 2048)

/** Data that is compressed anew, or whose check is right again after it was changed. */
const mutate: Mutate = (input, random, other) => {
  const inner = inflated(input)
  if (inner !== undefined && random.once(2))
    return deflateSync(octets(inner, random, other), { level: random.below(10) }) as Bytes
  const changed = octets(input, random, other)
  const body = changed.subarray(HEAD, -CHECK)
  try {
    const check = adler32(inflateRawSync(body, { maxOutputLength: MOST }) as Bytes)
    return Buffer.concat([
      changed.subarray(0, HEAD),
      body,
      Uint8Array.of(check >>> 24, check >>> 16, check >>> 8, check),
    ])
  } catch {
    return changed
  }
}

/** The list of a status list: data in the ZLIB format, as the platform reads it, and nothing behind it. */
export const target: Target = {
  name: 'zlib',
  words: ['\u0001\u0000', '\u0078\u009c'],
  mutators: [mutate],
  seeds: () => [
    deflateSync(Buffer.alloc(64)),
    deflateSync(Buffer.from('0123456789'.repeat(20)), { level: 0 }),
    deflateSync(Buffer.from('0123456789'.repeat(20))),
    deflateSync(Buffer.alloc(MOST + 1)),
  ],
  prepare: () => read,
}

function read(input: Bytes): Outcome {
  let octets: Bytes
  try {
    octets = runSync(unzlib(input, MOST), sync) as Bytes
  } catch (error) {
    return refused(error)
  }
  const plain = inflated(input)
  hold(plain !== undefined && Buffer.from(octets).equals(plain), 'the platform reads something else')
  const lst = Buffer.from(input).toString('base64url')
  const statuses = runSync(parseStatusListClaim({ bits: 2, lst }), sync)
  hold(statuses.size === octets.length * 4, 'the list has another size')
  if (statuses.size > 0) hold(statuses.get(statuses.size - 1) <= 3, 'a status that has too many bits')
  return 'accepted'
}

function inflated(input: Bytes): Bytes | undefined {
  try {
    return inflateSync(input, { maxOutputLength: MOST }) as Bytes
  } catch {
    return undefined
  }
}
