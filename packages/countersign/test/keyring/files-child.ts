// A process that works on a store of files, and that is killed in the middle of it: see crash.test.ts.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { KeyStore, StoredKey } from 'countersign/keyring'

/** What to do, as JSON on the command line. */
export interface Task {
  readonly directory: string
  readonly act: 'start' | 'revoke' | 'rotate' | 'add' | 'revoke for ever'
  /** Hex. */
  readonly kek: string
  readonly previous?: string
  /** The time in epoch seconds. */
  readonly time?: number
  /** The keys to revoke one after the other; each is told on a line once that is done. */
  readonly kids?: readonly string[]
  readonly name?: string
  readonly count?: number
  /** The call that changes the file system, counted from 1, before which the process ends as by kill -9. */
  readonly killAt?: number
  /** Whether the file system has links. */
  readonly links?: boolean
}

const task: Task = JSON.parse(process.argv[2] ?? '{}')

/** What was done is told at once, and by no stream that could be behind. */
const tell = (line: string): void => void fs.writeSync(1, `${line}\n`)

type Call = (this: unknown, ...parameters: unknown[]) => Promise<unknown>
let calls = 0

/** Watches for calls that change something: to be killed before any other is to be killed after the last such call. */
function watch(functions: Record<string, Call>, names: readonly string[]): void {
  for (const name of names) {
    const original = functions[name] as Call
    functions[name] = async function (...parameters) {
      if (name === 'open' && parameters[1] === 'r') return original.apply(this, parameters)
      calls++
      if (calls === task.killAt) {
        process.kill(process.pid, 'SIGKILL')
        await new Promise(() => {})
      }
      if (name === 'link' && task.links === false) throw Object.assign(new Error('no links here'), { code: 'EPERM' })
      return original.apply(this, parameters)
    }
  }
}

const handle = await fs.promises.open(process.execPath, 'r')
watch(Object.getPrototypeOf(handle), ['writeFile'])
watch(fs.promises as unknown as Record<string, Call>, ['open', 'mkdir', 'link', 'rename', 'unlink'])
await handle.close()
syncBuiltinESMExports()
const { createKeyRing, fileStore } = await import('countersign/keyring')

const { directory, act, kek, previous, time = 0, kids = [], name = '', count = 0 } = task
const store: KeyStore = fileStore(directory, {
  kek: { hex: kek },
  ...(previous !== undefined && { previous: { kek: { hex: previous } } }),
})

if (act === 'add') {
  for (let index = 0; index < count; index++) {
    const key: StoredKey = { kid: `${name}-${index}`, alg: 'ES256', publishedAt: 1, activateAt: 1, privateJwk: 'x' }
    const put = async (): Promise<boolean> =>
      (await store.exclusive(async (transaction) => {
        await transaction.put(key)
        return true
      })) ?? false
    while (!(await put())) await new Promise((resolve) => setImmediate(resolve))
  }
} else {
  const ring = await createKeyRing({ alg: 'ES256', store, now: () => time })
  if (act === 'rotate') await ring.rotateNow()
  for (const kid of kids) {
    await ring.revoke(kid)
    tell(kid)
  }
  while (act === 'revoke for ever') {
    const { kid = '' } = ring.list().find(({ state }) => state === 'active') ?? {}
    await ring.revoke(kid)
    tell(kid)
  }
}
tell(`calls ${calls}`)
