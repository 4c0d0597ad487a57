import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint, lintSecret, rules } from 'countersign/lint'
import { RULES } from '../../src/lint/rules.ts'
import { ALGORITHM_CASES } from './cases/algorithms.ts'
import { type Case, now } from './cases/case.ts'
import { CLAIM_CASES } from './cases/claims.ts'
import { FORM_CASES } from './cases/form.ts'
import { HEADER_CASES } from './cases/header.ts'
import { KEY_CASES } from './cases/keys.ts'
import { KID_CASES } from './cases/kids.ts'
import { SET_CASES } from './cases/sets.ts'
import { TELLING_CASES } from './cases/telling.ts'

const CASES: readonly Case[] = [
  ...HEADER_CASES,
  ...KID_CASES,
  ...ALGORITHM_CASES,
  ...CLAIM_CASES,
  ...TELLING_CASES,
  ...FORM_CASES,
  ...KEY_CASES,
  ...SET_CASES,
]

const looksAt = ({ what = '', secret, options }: Case): ReturnType<typeof lint> =>
  secret === undefined ? lint(what, { now, ...options }) : lintSecret(secret, { now, ...options })

for (const one of CASES) {
  const { rule, why, found = [] } = one
  test(`${rule} finds ${found.length === 0 ? 'nothing' : 'it'}: ${why}`, async () => {
    const { findings } = await looksAt(one)
    assert.deepEqual(
      findings
        .filter((finding) => finding.rule === rule)
        .map(({ path, severity, message }) => [path, severity, message]),
      found,
    )
  })
}

/** Behind it are the rules about live issuers, which have tests of their own. */
const LAST = 'CSL099'

test('every rule about tokens, keys and sets has cases where it finds something, and where it does not', () => {
  for (const { id, token, key, set, secret } of RULES) {
    if (id > LAST || (!token && !key && !set && !secret)) continue
    const own = CASES.filter(({ rule }) => rule === id)
    assert.ok(
      own.some(({ found }) => found !== undefined),
      `${id} finds nothing in any case`,
    )
    assert.ok(
      own.some(({ found }) => found === undefined),
      `${id} finds something in every case`,
    )
  }
})

test('every row is complete, and frozen where it is handed out', () => {
  assert.ok(Object.isFrozen(rules))
  assert.deepEqual(
    rules.map(({ id }) => id),
    RULES.map(({ id }) => id),
  )
  for (const names of [rules.map(({ id }) => id), rules.map(({ name }) => name)])
    assert.equal(new Set(names).size, names.length)
  for (const rule of rules) {
    const { id, name, severity, title, text, fix, spec, kinds } = rule
    assert.ok(Object.isFrozen(rule) && (kinds === undefined || Object.isFrozen(kinds)), id)
    assert.match(id, /^CSL\d{3}$/)
    assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)+$|^[a-z]+$/, id)
    assert.match(severity, /^(error|warn|info)$/, id)
    assert.match(title, /^\S.*[^.\s]$/s, id)
    for (const sentence of [text, fix]) assert.match(sentence, /^\S.*\.$/s, id)
    assert.match(spec, /^(RFC \d{4}|OpenID Connect [\w.-]+( [\w.-]+)*|[A-Z][\w.-]+( [\w.-]+)*) §[\d.]+$/, id)
    for (const weight of Object.values(kinds ?? {})) assert.match(weight, /^(error|warn|info|off)$/, id)
    for (const words of [title, text, fix]) assert.doesNotMatch(words, /[^ -~§…’é–]/, id)
  }
})

test('the first 26 rules are those of the page and of the command, in their order', () => {
  const numbers = rules.map(({ id }) => Number(id.slice(3)))
  for (let number = 1; number <= 28; number++) assert.equal(numbers[number - 1], number)
})
