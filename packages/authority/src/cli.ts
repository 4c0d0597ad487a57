#!/usr/bin/env node
const LEAST_NODE = 24

/** Everything else is loaded once it is known that this Node can. */
async function start(): Promise<number> {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
    process.stderr.write(
      `countersign-authority needs Node ${LEAST_NODE} or later, and this is ${process.versions.node}\n`,
    )
    return 1
  }
  const { becomeServer } = await import('./cli/heap.ts')
  if (process.argv[2] === 'serve') becomeServer()
  const [{ main }, { thisHost }] = await Promise.all([import('./cli/main.ts'), import('./cli/this-host.ts')])
  return main(process.argv.slice(2), thisHost())
}

// The code is set and the process left to end by itself, so that all that was written arrives.
start().then((code) => {
  process.exitCode = code
})

export {}
