import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { HINTS } from '../packages/countersign/src/messages.ts'
import { doors, type Exported, exportedBy, type Member, typeOf } from './support/exported.ts'
import { blocksOf, runBlock } from './support/run-block.ts'

// What `npm run reference` shows of every name that a door gives: a sentence, the unit of a number, what is thrown, the
// section that says so, and an example that a test runs.

const DOORS = doors().map((door) => ({ ...door, names: exportedBy(door.file) }))
const ALL: readonly Exported[] = [...new Map(DOORS.flatMap(({ names }) => names.map((it) => [keyOf(it), it]))).values()]
const isType = ({ kind }: Exported): boolean => kind === 'interface' || kind === 'type'

const summaryOf = (doc: string): string => doc.replace(/(^|\s)@(?:throws|example|returns|param|module)\b.*/s, '').trim()
const exampleOf = (doc: string): string => /@example\n(.*)/s.exec(doc)?.[1] ?? ''

/** What the docstring of a name leads to: in the door that it says, in one that gives both names, or in any. */
function linksOf(it: Exported): readonly Exported[] {
  return [...it.doc.matchAll(/\{@link (?:([@\w/]+)!)?(\w+)(?: \| \w+)?\}/g)].map(([, said, name = '']) => {
    const given = DOORS.filter((door) => door.names.some((other) => other.name === name))
    const near = given.find((door) => door.names.some((other) => keyOf(other) === keyOf(it)))
    const door = said === undefined ? (near ?? given[0]) : given.find((one) => one.name === said)
    const found = door?.names.find((other) => other.name === name)
    assert.ok(found, `the docstring of ${it.name} leads to ${said ?? ''} ${name}, which no door gives`)
    return found
  })
}

/** The types that a type is made of, where they are of this repository. */
function madeOf(it: Exported): readonly Exported[] {
  const code = it.text.replaceAll(/\/\*\*.*?\*\//gs, '')
  if (code.includes('=>')) return []
  const made = it.kind === 'type' ? code : (code.split('{')[0] ?? '')
  const names = new Set([...made.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name))
  names.delete(it.name)
  return [...names].flatMap((name) => typeOf(name, it.file) ?? [])
}

/** What is looked at one by one: a name, or a member of it. */
interface Piece {
  readonly where: string
  readonly doc: string
  readonly text: string
}
const pieceOf = ({ name }: Exported, member: Member): Piece => ({ ...member, where: `${name}.${member.name}` })
/** Those of unexported parents are shown, too. */
const INHERITED: readonly Exported[] = [
  ...new Map(
    ALL.filter(({ kind }) => kind === 'interface').flatMap((it) => madeOf(it).map((part) => [keyOf(part), part])),
  ).values(),
].filter((part) => part.kind === 'interface' && !ALL.some((it) => keyOf(it) === keyOf(part)))
const MEMBERS: readonly Piece[] = [...ALL, ...INHERITED].flatMap((it) =>
  it.members.map((member) => pieceOf(it, member)),
)

/** Tells all that is at fault at once. */
function holds(faults: readonly string[]): void {
  assert.deepEqual(faults, [])
}

test('every door is there, and names what it gives', () => {
  assert.deepEqual(
    DOORS.map(({ name }) => name),
    [
      ...['countersign', 'countersign/sync', 'countersign/jws', 'countersign/jwe', 'countersign/profile'],
      ...['countersign/revocation', 'countersign/keyring', 'countersign/guard', 'countersign/guard/node'],
      ...['countersign/guard/fastify', 'countersign/guard/hono', 'countersign/testing', 'countersign/lint'],
      '@countersign/authority',
    ],
  )
  for (const { name, file, names } of DOORS) {
    const [, module] = /^ \* @module (\S+)$/m.exec(source(file)) ?? []
    assert.equal(module, name, file)
    assert.ok(names.length > 9, name)
  }
  assert.ok(ALL.length > 300 && MEMBERS.length > 600, `${ALL.length} names, ${MEMBERS.length} members`)
})

test('every name has a docstring of a sentence or more', () => {
  const whole = /^[A-Z`{].*[.:](?:\s|$)/s
  holds(ALL.filter(({ doc }) => !whole.test(summaryOf(doc))).map(({ file, name }) => `${file} ${name}`))
})

/** Whose members speak for themselves. */
const PLAIN: readonly RegExp[] = [
  // SARIF's own: its standard has a section for each object, which the docstring of the type names.
  /^Sarif\w+\./,
  // Which of two it is; the docstring of the type says it.
  /^(?:GuardResult|KeyRingEvent|SafeDecrypted|SafeVerified)\.(?:ok|type)$/,
  // A key as the platform has it.
  /^PlatformKey\./,
  // What Standard Schema says of them, and so the docstrings of these types.
  /^(?:StandardSchema\.(?:version|vendor|validate|types)|StandardResult\.(?:value|issues))$/,
  // A secret by its spelling, and a set by its keys: the name of the member says it.
  /^(?:SecretInput\.|Keys\.keys$)/,
]
const isPlain = ({ where }: Piece): boolean => PLAIN.some((names) => names.test(where))

test('every member has a docstring but those that say it all', () => {
  const absent = ({ text }: Piece): boolean => /\?: never$/.test(text)
  holds(MEMBERS.filter((it) => summaryOf(it.doc) === '' && !absent(it) && !isPlain(it)).map(({ where }) => where))
  for (const names of PLAIN)
    assert.ok(
      MEMBERS.some(({ where }) => names.test(where)),
      `${names} is about nothing`,
    )
})

const UNIT =
  /\bseconds?\b|\b\d+ ?(?:s|min|h|d)\b|\boctets?\b|\bbits?\b|\bhow many\b|\bwhole number\b|\bcounts?\b|\blevels\b|\b0 to 1\b|\bthe first is [01]\b|\bport\b|\bstatus(?:es)?\b|`seq`/i

test('every number and every duration says what it counts', () => {
  const counts = /[:|] *(?:number|Duration)\b|\bnow\??\(\): number/
  const numbers = MEMBERS.filter(({ text }) => counts.test(text))
  assert.ok(numbers.length > 100)
  holds(numbers.filter((it) => !UNIT.test(it.doc) && !isPlain(it)).map(({ where, doc }) => `${where}: ${doc}`))
})

/** What cannot fail, whatever it is given that its type allows. */
const NEVER_FAILS = new Set([
  ...['capabilities', 'hostileKinds', 'memoryStore', 'toResponse', 'toSarif'],
  // Gives the error as a value.
  ...['safeVerify', 'safeDecrypt'],
  // Looks at what is there already.
  ...['toJSON', 'snapshot', 'subscribe', 'list', 'octets', 'get', 'drain', 'close', 'listKeys', 'listClients'],
  // Answers every request, and every token, with a result or a refusal.
  ...['check', 'token', 'protect', 'requires', 'jwks', 'rotate', 'listUsers'],
  // Are the caller's own: what they throw is said where they are called.
  ...['now', 'random', 'read', 'cancel', 'put', 'remove', 'setHeader', 'end', 'add', 'raise', 'exclusive', 'rolesOf'],
  ...['extract', 'onRefusal', 'rotateKeys'],
])

/** They take no options, and claims are whatever they are. */
const MINTED = /^Mint\./
const METHOD = /^(?:(?:async|override) )*(\w+)\??[(<]/

test('whatever can fail says with what', () => {
  const functions = ALL.filter(({ kind }) => kind === 'function').map(({ name, doc }) => ({ where: name, name, doc }))
  const methods = ALL.flatMap((it) =>
    it.members.flatMap((member) => {
      const name = METHOD.exec(member.text)?.[1]
      return name === undefined ? [] : [{ where: `${it.name}.${name}`, name, doc: member.doc }]
    }),
  )
  const silent = [...functions, ...methods].filter(({ doc }) => !doc.includes('@throws'))
  holds(silent.filter(({ where, name }) => !NEVER_FAILS.has(name) && !MINTED.test(where)).map(({ where }) => where))
  holds([...NEVER_FAILS].filter((name) => !silent.some((it) => it.name === name)))
})

test('what is thrown is a JoseError by its codes, a TypeError or an AuthorityError, and every code is one', () => {
  const codes = new Set(Object.keys(HINTS))
  const authority =
    /export type AuthorityCode =([^/]*?)\n\n/.exec(source('packages/authority/src/errors.ts'))?.[1] ?? ''
  let thrown = 0
  for (const { where, doc } of [...ALL.map((it) => ({ where: it.name, doc: it.doc })), ...MEMBERS]) {
    for (const [code] of doc.matchAll(/\bCS_[A-Z_]+\b/g)) assert.ok(codes.has(code), `${where} names ${code}`)
    for (const [, kind, what = ''] of doc.matchAll(/@throws \{(\w+)\} ((?:(?!\n@)[\s\S])*)/g)) {
      thrown++
      if (kind === 'JoseError') assert.match(what, /`CS_[A-Z_]+`/, `${where} throws a JoseError without a code`)
      else if (kind === 'AuthorityError')
        for (const [, code] of what.matchAll(/`([A-Z_]+)`/g))
          assert.ok(authority.includes(`'${code}'`), `${where}: ${code}`)
      else assert.match(kind ?? '', /^(?:TypeError|Error)$/, where)
    }
    assert.doesNotMatch(doc, /@throws (?!\{)/, where)
  }
  assert.ok(thrown > 150, `${thrown}`)
})

const SECTION =
  /\b(?:RFC \d{4}|OpenID Connect [\w ]+ 1\.0|Back-Channel Logout 1\.0|SARIF 2\.1\.0|draft-ietf-[a-z-]+-\d+) ?§[\d.]+|\bRFC \d{4} Appendix [A-Z]\b|\bRFC (?:7468|7523|8176|8417|9068|9449|9701)\b|\b(?:OpenID Connect Back-Channel Logout 1\.0|Standard Schema)\b/

/** Our own, which no standard has a section about. */
const OURS: readonly string[] = [
  // Errors and what they tell, limits and spans of time.
  ...['ErrorCode', 'Issue', 'JoseErrorDetails', 'JoseError', 'Limits', 'SealedJwtLimits'],
  // A key that is elsewhere and called, the other half of one at hand, a ring where a key is expected.
  ...['remoteKey', 'RemoteKeyOptions', 'RemoteRequest', 'RemoteSign', 'publicKey', 'SigningKeys'],
  // What is used of the platform's fetch.
  ...['BodyReader', 'Fetch', 'FetchRequest', 'FetchResponse', 'FetchSignal'],
  // Where marks are kept.
  ...['expiringStore', 'ExpiringStore', 'ExpiringStoreOptions', 'MemoryStore'],
  // Keys that take turns, and where they are kept.
  ...[
    'createKeyRing',
    'checkSchedule',
    'memoryStore',
    'fileStore',
    'KeyState',
    'KeyRing',
    'KeyRingEvent',
    'Revocation',
  ],
  ...['RingKey', 'Rotation', 'KeyRingOptions', 'RingAlgorithm', 'ScheduleOptions', 'KeyStore', 'SealedBy'],
  ...['SealingOptions', 'StoredKey', 'StoreTransaction'],
  // Which cookie, and whose pages may send it.
  'CookieOptions',
  // An issuer for tests, its clock and what it makes.
  ...[
    'createTestIssuer',
    'testClock',
    'Moment',
    'TestClock',
    'TestFetch',
    'TestResponse',
    'RotateOptions',
    'TestIssuer',
  ],
  ...['TestIssuerOptions', 'TestVerifierOptions', 'Mint', 'MintOptions', 'TestClaims'],
  // Plain words about things that have sections of their own, which they name.
  ...['explain', 'Explanation', 'ExplanationKind', 'Part', 'ExplainOptions', 'Source'],
  // Settings and administration of the authority.
  ...['User', 'AuditEntry', 'AuditQuery', 'OpenAuthority', 'openAuthority', 'AuthorityCode', 'AuthorityError'],
  ...[
    'ClientOperations',
    'KeyOperations',
    'ListedSession',
    'SessionOperations',
    'AddedUser',
    'PasswordReset',
    'UserEdit',
  ],
  ...['UserInput', 'UserOperations', 'Operations', 'ClientType', 'LogLevel', 'Settings', 'toSettings'],
]

test('every name has the section that it obeys, or leads to what has one, but for what is our own', () => {
  const cites = ({ doc }: Exported): boolean => SECTION.test(doc.replace(/@example.*/s, '').replaceAll(/\s+/g, ' '))
  const without = ALL.filter((it) => !cites(it) && !linksOf(it).some(cites)).map(({ name }) => name)
  holds(without.filter((name) => !OURS.includes(name)))
  holds(OURS.filter((name) => !without.includes(name)))
})

const example = source('packages/countersign/test/examples.test.ts')

test('every name has an example, or leads to one', () => {
  const shown = (it: Exported): boolean => exampleOf(it.doc) !== ''
  holds(ALL.filter((it) => !shown(it) && !(isType(it) || it.kind === 'class')).map(({ name }) => name))
  holds(ALL.filter((it) => !shown(it) && !linksOf(it).some(shown)).map(({ name }) => `${name} leads to no example`))
  const types = ALL.filter((it) => shown(it) && isType(it) && it.file.startsWith('packages/countersign/'))
  assert.ok(types.length > 15)
  for (const { name } of types)
    assert.ok(example.includes(`'${name}'`), `examples.test.ts does not run that of ${name}`)
})

test('an example that a type leads to shows a member of it', () => {
  const faults: string[] = []
  for (const it of ALL.filter((one) => isType(one) && exampleOf(one.doc) === '')) {
    const words = wordsOf(it, new Set())
    const text = linksOf(it)
      .map(({ doc }) => exampleOf(doc))
      .join('\n')
    const shown = [...words].some((word) =>
      new RegExp(`(?<![\\w$])${word.replaceAll(/\W/g, '\\$&')}(?![\\w$])`).test(text),
    )
    if (words.size > 0 && !shown) faults.push(`${it.name}: ${[...words].join(' ')}`)
  }
  holds(faults)
})

/** What an example shows of a type: its members and its texts, and those of the types that it is made of. */
function wordsOf(it: Exported, seen: Set<string>): ReadonlySet<string> {
  if (seen.has(keyOf(it))) return new Set()
  seen.add(keyOf(it))
  const words = new Set(it.members.map(({ name }) => name))
  for (const [, word = ''] of it.text.replaceAll(/\/\*\*.*?\*\//gs, '').matchAll(/'([\w$:+ -]{3,})'/g)) words.add(word)
  for (const part of madeOf(it)) for (const word of wordsOf(part, seen)) words.add(word)
  return words
}

for (const { name, doc } of DOORS.find((door) => door.name === '@countersign/authority')?.names ?? []) {
  for (const block of blocksOf(doc, `@countersign/authority ${name}`))
    test(`@countersign/authority: the example of ${name} runs and prints what it says`, () => runBlock(block))
}

function source(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

function keyOf({ file, name }: Exported): string {
  return `${file} ${name}`
}
