import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createVerifier, generateKey, keySet, publicKey } from 'countersign/sync'
import { b64, CLAIMS, input, POLICY } from '../support/forge.ts'
import { compare, refusedAs } from './support/compare.ts'

// Run by `npm run test:time`, and not by `npm test`: a busy machine makes times noisy.

const MEANT =
  'the kids of a set are published, and the code tells which it is: nothing is verified for a kid that nobody has'

for (const [alg, octets] of [
  ['HS256', 32],
  ['ES256', 64],
  ['RS256', 256],
] as const) {
  const keys = Array.from({ length: 4 }, (_, index) => {
    const key = generateKey(alg, { kid: `key-${index}` })
    return key.kind === 'secret' ? key : publicKey(key)
  })
  const verifier = createVerifier({ keys: keySet({ keys }), ...POLICY, algorithms: [alg] })
  const tokens = (kid: (index: number) => string): string[] =>
    Array.from(
      { length: 50 },
      (_, index) => `${input({ alg, typ: 'JWT', kid: kid(index) }, CLAIMS)}.${b64(randomBytes(octets))}`,
    )
  const known = tokens((index) => `key-${index % 4}`)

  test(`attack 12: ${alg}: a kid that nobody has takes no other time than a signature that does not verify`, {
    todo: MEANT,
  }, (t) => {
    const kinds = [
      { name: 'a signature that does not verify', inputs: known },
      { name: 'a kid that nobody has', inputs: tokens((index) => `key-${index + 4}`) },
    ]
    compare(
      t,
      kinds,
      refusedAs(/^CS_(SIGNATURE|NO_KEY)$/, (token) => verifier.safeVerify(token)),
    )
  })
}
