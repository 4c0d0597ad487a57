import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call } from '../../src/cli/call.ts'
import { detachedPayload } from '../../src/cli/given/detached.ts'
import { openFile } from '../../src/cli/host/files.ts'

const DESCRIPTORS = '/proc/self/fd'
const skip = existsSync(DESCRIPTORS) ? false : 'only Linux tells of its open files'

/** How often this process has a file open. */
function heldOf(path: string): number {
  const targets = readdirSync(DESCRIPTORS).map((descriptor) => {
    try {
      return readlinkSync(join(DESCRIPTORS, descriptor))
    } catch {
      return undefined // the descriptor of the folder itself is gone by now
    }
  })
  return targets.filter((target) => target === path).length
}

test('a file is open while it is read, and neither before nor after', { skip }, async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-open-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'large')
  writeFileSync(path, Buffer.alloc(1_000_000, 1))
  const { bytes, pieces } = await openFile(path)
  assert.deepEqual([bytes, heldOf(path)], [1_000_000, 0], 'what is refused for its size is never read')
  const reader = pieces[Symbol.asyncIterator]()
  assert.equal((await reader.next()).done, false)
  assert.equal(heldOf(path), 1)
  await reader.return?.()
  assert.equal(heldOf(path), 0)
})

test('a file that is gone before it is read is told as one that cannot be read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-open-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'gone')
  writeFileSync(path, 'here')
  const { pieces } = await openFile(path)
  rmSync(path)
  await assert.rejects(async () => pieces[Symbol.asyncIterator]().next(), /cannot read @.*gone: there is no such file/)
})

test('what is refused while it is read, since nobody knew how long it is, is let go', async () => {
  let isLetGo = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(1_000_000)
    try {
      for (;;) yield piece
    } finally {
      isLetGo = true
    }
  }
  const sources = { open: async () => ({ name: '@pipe', pieces: endless() }) }
  const call = { sources, progress: { show: () => undefined } } as unknown as Call
  const refusal = { code: 'CS_UNSUPPORTED', message: /@pipe has more than 64 MB/ }
  await assert.rejects(detachedPayload(call, '@pipe', 'the payload', ['Ed25519'], 'signing'), refusal)
  assert.equal(isLetGo, true)
})
