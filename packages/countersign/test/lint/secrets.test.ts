import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from 'countersign/lint'
import { base64url } from '../../src/bytes.ts'
import { COMMON_SECRETS, isCommonSecret } from '../../src/lint/common-secrets.ts'
import { b64, CLAIMS, input, mac } from '../support/forge.ts'
import { now, signatureOf } from './cases/case.ts'

test('no common secret is there twice, or empty', () => {
  const spelled = COMMON_SECRETS.map(base64url)
  assert.deepEqual(
    spelled.filter((one, index) => one === '' || spelled.indexOf(one) < index),
    [],
  )
  for (const secret of COMMON_SECRETS) assert.ok(isCommonSecret(secret))
})

test('a common secret is one with blanks around it, and in other letters; another is none', () => {
  for (const text of ['secret', ' Secret\r\n', 'SECRET', 'Your-256-Bit-Secret'])
    assert.ok(isCommonSecret(new TextEncoder().encode(text)), text)
  for (const text of ['', 'secre', 'secretx', 'sec ret', 'x'.repeat(100_000)])
    assert.ok(!isCommonSecret(new TextEncoder().encode(text)), text.slice(0, 20))
  assert.ok(!isCommonSecret(Uint8Array.of(0xff, 0xfe)))
})

test('the secret of a token is found with every hash, compact and in JSON, and is not told', async () => {
  const tokens = (['256', '384', '512'] as const).map((bits) =>
    mac({ alg: `HS${bits}` }, CLAIMS, 'keyboard cat', `sha${bits}`),
  )
  const [header, payload, signature] = String(tokens[0]).split('.')
  for (const what of [
    ...tokens,
    { protected: header, payload, signature },
    { payload, signatures: [{ protected: header, signature }] },
  ]) {
    const report = await lint(what, { now })
    assert.ok(report.findings.some(({ rule }) => rule === 'CSL007'))
    assert.ok(!JSON.stringify(report).includes('keyboard'))
  }
})

test('it is looked for where it can be, and nowhere else', async () => {
  const text = input({ alg: 'HS256' }, CLAIMS)
  const [header, payload] = text.split('.')
  for (const what of [
    `${text}.${signatureOf(31)}`,
    `${text}.`,
    text,
    `${header}..${signatureOf(32)}`,
    mac({ alg: 'ES256' }, CLAIMS, 'secret'),
    mac({ alg: 'HS512' }, CLAIMS, 'secret'),
    mac({ alg: 'HS256', crit: [] }, CLAIMS, 'secret'),
    mac('{"alg":"HS256","alg":"HS256"}', CLAIMS, 'secret'),
    { payload, header: { alg: 'HS256' }, signature: signatureOf(32) },
    { payload, protected: b64('{"alg":"HS256"}'), header: { alg: 'HS256' }, signature: signatureOf(32) },
  ]) {
    const { findings } = await lint(what, { now })
    assert.ok(!findings.some(({ rule }) => rule === 'CSL007'), JSON.stringify(what))
  }
})
