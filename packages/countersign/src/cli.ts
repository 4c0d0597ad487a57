#!/usr/bin/env node
const LEAST_NODE = [22, 12] as const

/** Everything else is loaded once it is known that this Node can. */
async function start(): Promise<number> {
  const { node = '' } = process.versions
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
    process.stderr.write(`countersign needs Node ${LEAST_NODE.join('.')} or later, and this is ${node}\n`)
    return 1
  }
  const { command } = await import('#command')
  return command(process.argv.slice(2))
}

// What ends before it has an answer has not succeeded.
process.exitCode = 1
// The code is set and the process left to end by itself, so that all that was written arrives.
start().then((code) => {
  process.exitCode = code
})

export {}
