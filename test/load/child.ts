// One of the APIs in a process of its own. It tells what it has in memory when it is asked, and ends with whoever started it.
import { startApp } from './apps.ts'
import type { Memory, Setup } from './control.ts'

const { origin } = await startApp(JSON.parse(process.argv[2] ?? '') as Setup)

process.on('message', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage()
  process.send?.({ heapBytes, rssBytes } satisfies Memory)
})
process.once('disconnect', () => process.exit())
process.send?.(origin)
