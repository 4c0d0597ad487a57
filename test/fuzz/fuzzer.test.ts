import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { fromWritten, toWritten } from './corpus.ts'
import { Heap } from './heap.ts'
import { type Bundle, bundle } from './instrument.ts'
import { Random } from './random.ts'
import { type WatchOptions, watch } from './watch.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-planted-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const bundles = new Map<string, Promise<Bundle>>()

/** Lets the fuzzer loose on a target that was made to be found, with a fixed seed and no clock in the way. */
async function onPlanted(name: string, runs: number, options: Partial<WatchOptions> = {}) {
  const made = bundles.get(name) ?? bundle(`planted/${name}.ts`, join(folder, `${name}.mjs`))
  bundles.set(name, made)
  return watch({ bundle: await made, seed: 1, seconds: 600, runs, corpus: [], ...options })
}

test('a fault behind three branches is found by what inputs reach, made small and told with its place', async () => {
  const { troubles, edges, runs } = await onPlanted('fault', 100_000, { seed: 2, finds: 1 })
  assert.equal(troubles.length, 1, `${runs} runs reached ${edges} edges`)
  const [{ kind, why, input } = assert.fail()] = troubles
  assert.equal(kind, 'thrown')
  assert.match(why, /^TypeError: Cannot read properties of undefined/)
  assert.match(why, /at .*fault\.mjs/)
  assert.deepEqual(
    [input.length, input[0], input[2], input[4]],
    [5, 0x43, 0x53, 0x21],
    'nothing is left but what it takes',
  )
})

test('the same seed makes the same inputs', async () => {
  const [one, other] = [await onPlanted('fault', 3000), await onPlanted('fault', 3000)]
  assert.deepEqual(one.kept, other.kept)
  assert.deepEqual(one.outcomes, other.outcomes)
  const { kept } = await onPlanted('fault', 3000, { seed: 2 })
  assert.notDeepEqual(kept, one.kept)
})

test('an input that a run never comes back from is told', async () => {
  const { troubles } = await onPlanted('hang', 100_000, { hangMs: 500 })
  assert.deepEqual(
    troubles.map(({ kind, why, input }) => [kind, why, input.includes(0xff)]),
    [['hang', 'a run of more than 500 ms', true]],
  )
})

test('a run that takes longer than 250 ms is told, with its input', async () => {
  const { troubles, slowestMs } = await onPlanted('slow', 5000)
  assert.deepEqual(
    troubles.map(({ kind, input }) => [kind, input[0]]),
    [['slow', 0]],
  )
  assert.ok(slowestMs > 250)
})

test('memory that is never let go is told', async () => {
  const { troubles, heap } = await onPlanted('leak', 30_000)
  const [{ kind, why } = assert.fail()] = troubles
  assert.equal(kind, 'heap')
  assert.match(why, /^the heap has grown by \d+ MB$/)
  assert.ok(heap[1] > heap[0])
})

test('memory that is let go but not yet collected is no growth', async () => {
  const heap = new Heap()
  for (const litter of [0, 0, 0, 0, 0, 0, 0, 0, 2000, 2000, 2000, 2000]) {
    // A stream that failed holds some 40 kB outside of the heap until a collector has found it and come back for it.
    for (let made = 0; made < litter; made += 1) assert.throws(() => inflateSync(Uint8Array.of(0x78, 0x9c, 0xff)))
    await heap.sample(0)
  }
  assert.equal(heap.growth, undefined)
})

test('what the corpus holds is written as text where that can be read, and comes back as it was', () => {
  const random = new Random(1)
  const inputs = ['{"a":1}', '-----BEGIN\n', 'base64:', '\u200b', '\0'].map((text) => new Uint8Array(Buffer.from(text)))
  inputs.push(Uint8Array.from({ length: 40 }, () => random.below(256)))
  for (const input of inputs) assert.deepEqual(fromWritten(toWritten(input)), input)
  assert.deepEqual(inputs.slice(0, 3).map(toWritten), ['{"a":1}', '-----BEGIN\n', 'base64:YmFzZTY0Og=='])
})
