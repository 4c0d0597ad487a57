#!/usr/bin/env node
import { main } from './cli/main.ts'
import { thisHost } from './cli/this-host.ts'

// The code is set and the process left to end by itself, so that all that was written arrives.
main(process.argv.slice(2), thisHost()).then((code) => {
  process.exitCode = code
})
