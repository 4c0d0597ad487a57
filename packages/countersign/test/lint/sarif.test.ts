import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, lint, rules, toSarif } from 'countersign/lint'

const finding = (more: Partial<Finding> = {}): Finding => ({
  rule: 'CSL003',
  severity: 'error',
  path: 'header.jku',
  message: 'jku is "x".',
  spec: 'RFC 8725 §3.10',
  fix: 'leave it out.',
  ...more,
})

test('without findings the log says that all was looked at, and by what', () => {
  const log = toSarif([])
  const [run] = log.runs
  assert.equal(log.version, '2.1.0')
  assert.deepEqual(run.results, [])
  assert.deepEqual(run.invocations, [{ executionSuccessful: true }])
  assert.equal(run.tool.driver.name, 'countersign')
  assert.equal('version' in run.tool.driver, false)
})

test('what could not be read is told, and the log does not claim otherwise', () => {
  const { invocations, results } = toSarif([], {
    unread: [{ uri: 'a.txt', line: 3, message: 'not a token.' }, { message: 'x' }],
  }).runs[0]
  assert.equal(invocations[0].executionSuccessful, false)
  assert.deepEqual(invocations[0].toolExecutionNotifications, [
    {
      level: 'error',
      message: { text: 'not a token.' },
      locations: [{ physicalLocation: { artifactLocation: { uri: 'a.txt' }, region: { startLine: 3 } } }],
    },
    { level: 'error', message: { text: 'x' } },
  ])
  assert.deepEqual(results, [])
})

test('every rule is in it, with its level, its text and the page that explains it', () => {
  const { driver } = toSarif([], { version: '1.2.3' }).runs[0].tool
  assert.equal(driver.semanticVersion, '1.2.3')
  assert.deepEqual(
    driver.rules.map(({ id }) => id),
    rules.map(({ id }) => id),
  )
  for (const [index, rule] of driver.rules.entries()) {
    const { severity = 'off', fix = '', name = '' } = rules[index] ?? {}
    assert.equal(rule.defaultConfiguration.level, { error: 'error', warn: 'warning', info: 'note', off: '' }[severity])
    assert.equal(rule.name.toLowerCase(), name.replaceAll('-', ''))
    assert.match(rule.name, /^[A-Z][A-Za-z0-9]+$/)
    assert.ok(rule.help.text.includes(fix))
    assert.equal(rule.helpUri, `https://unpkg.com/countersign/docs/lint.md#${rule.id.toLowerCase()}`)
    assert.match(rule.shortDescription.text, /^.*[^.]\.$/)
  }
})

test('a finding has what was weighed in the end, and not what its rule says', () => {
  const [result] = toSarif([{ findings: [finding({ severity: 'info' })] }]).runs[0].results
  assert.equal(result?.level, 'note')
  assert.deepEqual(result?.locations, [{ logicalLocations: [{ fullyQualifiedName: 'header.jku' }] }])
  assert.deepEqual(toSarif([{ findings: [finding({ path: '' })] }]).runs[0].results[0]?.locations, [])
})

const URIS: readonly (readonly [uri: string, becomes: string])[] = [
  ['a.jwt', 'a.jwt'],
  ['./a.jwt', 'a.jwt'],
  ['././b/a.jwt', 'b/a.jwt'],
  ['../a.jwt', '../a.jwt'],
  ['b\\a.jwt', 'b/a.jwt'],
  ['ä ?#%.jwt', '%C3%A4%20%3F%23%25.jwt'],
  ['/srv/a.jwt', 'file:///srv/a.jwt'],
  ['C:\\b\\a.jwt', 'file:///C:/b/a.jwt'],
  ['https://id.example.com/jwks', 'https://id.example.com/jwks'],
  ['\ud800.jwt', '%EF%BF%BD.jwt'],
]

for (const [uri, becomes] of URIS) {
  test(`${JSON.stringify(uri)} is at ${becomes}`, () => {
    const [result] = toSarif([{ findings: [finding()], uri }]).runs[0].results
    assert.equal(result?.locations[0]?.physicalLocation?.artifactLocation.uri, becomes)
  })
}

test('two findings of one rule in one place are told apart', () => {
  const { results } = toSarif([
    { findings: [finding(), finding(), finding({ path: 'header.x5u' })], uri: 'a' },
    { findings: [finding()], uri: 'a', line: 2 },
  ]).runs[0]
  const prints = results.map(({ partialFingerprints }) => partialFingerprints['countersignLint/v1'])
  assert.equal(new Set(prints).size, 4)
})

test('a report of lint is one of its own accord', async () => {
  const report = await lint('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.')
  const { results } = toSarif([{ ...report, uri: 'a.jwt', line: 7 }]).runs[0]
  assert.equal(results.length, report.findings.length)
  assert.equal(results[0]?.ruleId, 'CSL001')
  assert.ok(results.every(({ locations }) => locations[0]?.physicalLocation?.region.startLine === 7))
  assert.doesNotMatch(JSON.stringify(results), /eyJ/)
})
