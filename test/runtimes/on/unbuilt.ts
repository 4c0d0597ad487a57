// The tokens alone, by a runtime that takes TypeScript as it stands: here it is the runtime that reads the library's
// `exports` and `imports`, and not a bundler.
import * as matrix from '../matrix/tokens.ts'
import { start } from './process.ts'

await start([], matrix)
