import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import finds from '../../vectors/fuzz-finds.json' with { type: 'json' }
import { readCorpus } from './corpus.ts'
import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'

interface Case {
  readonly id: string
  readonly target: string
  readonly text?: string
  readonly base64?: string
  readonly outcome: string
}

const CASES: readonly Case[] = finds.cases
const octetsOf = ({ text, base64 }: Case): Uint8Array<ArrayBuffer> =>
  new Uint8Array(text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text))

const load = async (name: string): Promise<Target> =>
  ((await import(`./targets/${name}.ts`)) as { readonly target: Target }).target

for (const name of TARGETS) {
  test(`${name}: the corpus of the fuzzer, and what made trouble once, make none`, async (t) => {
    const target = await load(name)
    assert.equal(target.name, name)
    const run = target.prepare()
    const outcomes = new Set<string>()
    const corpus = readCorpus(name)
    for (const input of corpus) outcomes.add(await run(input))
    // A corpus that no longer gets anywhere tells nothing.
    assert.ok(corpus.length > 20 && outcomes.has('accepted') && outcomes.size > 1, `${[...outcomes]}`)
    const cases = CASES.filter((one) => one.target === name)
    for (const one of cases) assert.equal(await run(octetsOf(one)), one.outcome, one.id)
    t.diagnostic(`${corpus.length} inputs of the corpus, ${cases.length} finds, ${outcomes.size} outcomes`)
  })
}

test('every target, every corpus and every find has the other two: none is left out', () => {
  const files = (folder: string): string[] =>
    readdirSync(new URL(`./${folder}/`, import.meta.url))
      .map((file) => file.replace(/\..*/, ''))
      .sort()
  assert.deepEqual(files('corpus'), TARGETS.toSorted())
  assert.deepEqual(
    files('targets').filter((file) => file !== 'issued'),
    TARGETS.toSorted(),
  )
  assert.deepEqual(
    [...new Set(CASES.map(({ target }) => target))].filter((name) => !TARGETS.includes(name)),
    [],
  )
  assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length)
})
