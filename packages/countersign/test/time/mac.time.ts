import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, secretKey } from 'countersign/sync'
import { b64, CLAIMS, mac, POLICY } from '../support/forge.ts'

// Run by `npm run test:time`, and not by `npm test`: a busy machine makes times noisy.
const TRIES = 100_000

test('attack 24: a MAC that is wrong in its first octet takes no other time than one wrong in its last', (t) => {
  const secret = Buffer.alloc(32, 7)
  const verifier = createVerifier({ keys: secretKey(secret, 'HS256'), ...POLICY })
  const [header, payload, signature = ''] = mac({ alg: 'HS256' }, CLAIMS, secret).split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const wrongAt = (index: number): string => `${header}.${payload}.${b64(bytes.with(index, (bytes[index] ?? 0) ^ 1))}`
  const tokens = [wrongAt(0), wrongAt(31)] as const
  const times: readonly [number[], number[]] = [[], []]
  for (let tries = 0; tries < TRIES * 2.2; tries++) {
    const which = Math.random() < 0.5 ? 0 : 1
    const start = process.hrtime.bigint()
    verifier.safeVerify(tokens[which])
    const taken = Number(process.hrtime.bigint() - start)
    if (tries > TRIES * 0.2) times[which].push(taken)
  }
  const value = welch(times[0], times[1])
  t.diagnostic(`t = ${value.toFixed(2)} over ${times[0].length + times[1].length} tries`)
  assert.ok(Math.abs(value) < 4.5, `t = ${value}`)
})

/** Welch's t of two samples, without the slowest tenth of each: those are the scheduler's. */
function welch(a: number[], b: number[]): number {
  const of = (sample: number[]): { n: number; mean: number; variance: number } => {
    const kept = sample.sort((x, y) => x - y).slice(0, Math.floor(sample.length * 0.9))
    const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length
    return { n: kept.length, mean, variance: kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (kept.length - 1) }
  }
  const [first, second] = [of(a), of(b)]
  return (first.mean - second.mean) / Math.sqrt(first.variance / first.n + second.variance / second.n)
}
