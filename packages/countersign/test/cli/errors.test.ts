import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { DOCS, tell } from '../../src/diagnosis/told.ts'
import { COMMAND_MEANINGS, EXIT, HINTS, MEANINGS, REMEDIES } from '../../src/messages.ts'
import { worldOf } from './support/golden-world.ts'
import { GOLDENS, NOTES, TOLD } from './support/goldens.ts'
import { command } from './support/memory-host.ts'

const ERRORS = Object.keys(REMEDIES)
const EVERY = [...new Set([...Object.keys(MEANINGS), ...Object.keys(COMMAND_MEANINGS)])]
const named = ({ code, about }: { readonly code: string; readonly about?: string }): string =>
  about === undefined ? code : `${code}, ${about}`

/** What a document says beside what the command is for. */
interface Document {
  readonly ok: boolean
  readonly error?: object
  readonly notes?: readonly { readonly code: string; readonly message: string }[]
}

for (const golden of GOLDENS) {
  const { code, args, world, says, fix, exit, notes = [] } = golden
  test(`${named(golden)}: what the command says to the letter, and how it ends`, async () => {
    const ran = await command(args, worldOf(world))
    assert.equal(ran.err, [...notes, `error[${code}]: ${says}`, `   fix: ${fix}`, ''].join('\n'))
    assert.equal(ran.code, exit)
    const forPrograms = await command([...args, '--json'], worldOf(world))
    assert.deepEqual([forPrograms.code, forPrograms.err], [exit, ''])
    const { ok, error, notes: beside = [] } = forPrograms.json() as unknown as Document
    const { at: _, ...told } = { at: undefined, ...error }
    assert.equal(ok, false)
    assert.deepEqual(
      beside.map((note) => `note[${note.code}]: ${note.message}`),
      notes,
    )
    assert.deepEqual(told, { code, exit, message: says, hint: fix, docs: `${DOCS}#${code.toLowerCase()}` })
  })
}

for (const golden of NOTES) {
  const { code, args, world, says, isForPeople } = golden
  test(`${named(golden)}: a note to the letter`, async () => {
    const ran = await command(args, worldOf(world))
    assert.deepEqual([ran.code, ran.err], [0, `note[${code}]: ${says}\n`])
    assert.equal((await command([...args, '--quiet'], worldOf(world))).err, '')
    if (isForPeople) return
    const { notes } = (await command([...args, '--json'], worldOf(world))).json() as unknown as Document
    assert.deepEqual(notes, [{ code, message: says }])
  })
}

for (const { code, message, why, says, fix, exit } of TOLD) {
  test(`${code}: what would be said, since ${why}`, () => {
    const told = tell(new JoseError(code, message))
    assert.deepEqual(told, { code, exit, message: says, hint: fix, docs: `${DOCS}#${code.toLowerCase()}` })
  })
}

test('no code is without its text', () => {
  const covered = new Set([...GOLDENS, ...NOTES, ...TOLD].map(({ code }) => code as string))
  assert.deepEqual(
    EVERY.filter((code) => !covered.has(code)),
    [],
  )
})

test('the twelve texts of the specification are among them', () => {
  const texts = new Set([...GOLDENS, ...NOTES].flatMap(({ text }) => (text === undefined ? [] : [text])))
  assert.deepEqual(
    [...texts].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  )
})

test('each error has its meaning, its advice for programs, and its remedy at the terminal', () => {
  assert.deepEqual(Object.keys(HINTS), Object.keys(MEANINGS))
  const notes = EVERY.filter((code) => code.startsWith('CS_NOTE_'))
  assert.deepEqual(
    ERRORS,
    EVERY.filter((code) => !notes.includes(code)),
  )
  for (const [code, { exit, fix }] of Object.entries(REMEDIES)) {
    assert.ok(exit !== 'done' && exit !== 'findings' && exit in EXIT, code)
    assert.match(fix, /^[a-z`]/, code)
  }
})

test('each code has its section in docs/errors.md, where the address in an error leads', () => {
  const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
  const anchors = [...page.matchAll(/^#+ (\w+)$/gm)].map(([, title = '']) => `#${title.toLowerCase()}`)
  for (const code of EVERY) assert.ok(anchors.includes(`#${code.toLowerCase()}`), code)
  for (const code of ERRORS) {
    const told = tell(new JoseError(code as never, 'x'))
    assert.ok(anchors.includes(new URL(told.docs).hash), told.docs)
  }
})

test('every message is a sentence of printable text, without a stack', () => {
  for (const { says, fix } of [...GOLDENS, ...TOLD]) {
    assert.match(says, /[.!?)]$/)
    for (const text of [says, fix]) {
      assert.doesNotMatch(text, /\p{Cc}/u)
      assert.doesNotMatch(text, /\.[jt]s:\d+:\d+|eyJ\w{20}/)
    }
  }
})
