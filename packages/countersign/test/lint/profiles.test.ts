import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Kind, type LintReport, lint, type Profile, rules, type Weight } from 'countersign/lint'
import { PROFILES } from '../../src/lint/rule.ts'
import { SAMPLES } from '../profile/kinds.ts'
import { jws, now } from './cases/case.ts'

/** What weighs more, or less, for each kind of token than for any other. */
const WEIGHTS: Readonly<Record<Kind, Readonly<Record<string, Weight>>>> = {
  bcp: { CSL009: 'error', CSL013: 'error', CSL014: 'error', CSL015: 'warn' },
  'oidc-id-token': { CSL009: 'error', CSL013: 'error', CSL014: 'error', CSL015: 'error' },
  rfc9068: { CSL009: 'error', CSL013: 'error', CSL014: 'error', CSL015: 'error' },
  dpop: { CSL004: 'off', CSL009: 'off', CSL013: 'off', CSL014: 'off', CSL015: 'error' },
  logout: { CSL009: 'error', CSL013: 'error', CSL014: 'error' },
  event: { CSL009: 'off', CSL014: 'error' },
  introspection: { CSL009: 'off', CSL013: 'error', CSL014: 'error' },
}

test('the rows say what weighs otherwise for a kind of token', () => {
  for (const [kind, weights] of Object.entries(WEIGHTS) as [Kind, (typeof WEIGHTS)[Kind]][]) {
    const own = rules.flatMap(({ id, kinds }) => (kinds?.[kind] === undefined ? [] : [[id, kinds[kind]]]))
    assert.deepEqual(Object.fromEntries(own), weights, kind)
  }
})

const EMPTY = { typ: 'x+jwt' }
const weightsIn = ({ findings }: LintReport, ids: readonly string[]): object =>
  Object.fromEntries(findings.filter(({ rule }) => ids.includes(rule)).map(({ rule, severity }) => [rule, severity]))

test('an empty token is weighed by the kind that it is held to, or that it says it is', async () => {
  for (const [kind, weights] of Object.entries(WEIGHTS)) {
    const own = {
      rfc9068: 'at+jwt',
      dpop: 'dpop+jwt',
      logout: 'logout+jwt',
      event: 'secevent+jwt',
      introspection: 'token-introspection+jwt',
    }[kind]
    const ids = Object.keys(weights).filter((id) => id !== 'CSL004' && id !== 'CSL015')
    const expected = Object.fromEntries(ids.flatMap((id) => (weights[id] === 'off' ? [] : [[id, weights[id]]])))
    const profile = PROFILES.find((one) => one === kind)
    if (profile !== undefined) assert.deepEqual(weightsIn(await lint(jws(EMPTY, {}), { now, profile }), ids), expected)
    if (own !== undefined) assert.deepEqual(weightsIn(await lint(jws({ typ: own }, {}), { now }), ids), expected)
  }
})

const HELD: Readonly<Record<string, Profile>> = { accessToken: 'rfc9068', idToken: 'oidc-id-token', dpopProof: 'dpop' }

for (const { name, make } of SAMPLES) {
  test(`${name}: what its profile makes has no error and no warning`, async () => {
    const token = await make()
    const profile = HELD[name]
    for (const options of [{ now }, ...(profile === undefined ? [] : [{ now, profile }])]) {
      const { findings } = await lint(token, options)
      assert.deepEqual(
        findings.filter(({ severity }) => severity !== 'info'),
        [],
      )
    }
  })
}

test('a kind that a token only claims for itself switches nothing off that a profile demands', async () => {
  const token = jws({ typ: 'dpop+jwt', jwk: { kty: 'EC' } }, {})
  const { findings } = await lint(token, { now, profile: 'rfc9068' })
  for (const rule of ['CSL004', 'CSL009', 'CSL013', 'CSL014', 'CSL015', 'CSL027'])
    assert.ok(
      findings.some((finding) => finding.rule === rule),
      rule,
    )
})
