import { test } from 'node:test'
import { createVerifier, secretKey } from 'countersign/sync'
import { b64, CLAIMS, mac, POLICY } from '../support/forge.ts'
import { compare, refusedAs } from './support/compare.ts'

// Run by `npm run test:time`, and not by `npm test`: a busy machine makes times noisy.

for (const [alg, octets] of [
  ['HS256', 32],
  ['HS512', 64],
] as const) {
  test(`attack 24: ${alg}: a MAC that is wrong in its first octet takes no other time than one wrong in its last`, (t) => {
    const secret = Buffer.alloc(64, 7)
    const verifier = createVerifier({ keys: secretKey(secret, alg), ...POLICY })
    const wrongAt = (index: number): string[] =>
      Array.from({ length: 50 }, (_, jti) => {
        const [header, payload, signature = ''] = mac(
          { alg },
          { ...CLAIMS, jti: String(100 + jti) },
          secret,
          `sha${alg.slice(2)}`,
        ).split('.')
        const bytes = Buffer.from(signature, 'base64url')
        return `${header}.${payload}.${b64(bytes.with(index, (bytes[index] ?? 0) ^ 1))}`
      })
    const kinds = [
      { name: 'wrong in its last octet', inputs: wrongAt(octets - 1) },
      { name: 'wrong in its first octet', inputs: wrongAt(0) },
    ]
    compare(
      t,
      kinds,
      refusedAs('CS_SIGNATURE', (token) => verifier.safeVerify(token)),
    )
  })
}
