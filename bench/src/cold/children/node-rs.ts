import { createRequire } from 'node:module'
import type { NodeRs } from '../../node-rs.ts'
import { finish, toTask } from '../task.ts'

const require = createRequire(import.meta.url)
const { token, pem, issuer, audience } = toTask()
const start = performance.now()
// Its binary, which is what its package loads.
const { verifySync } = require('@node-rs/jsonwebtoken-linux-x64-gnu') as NodeRs
const validation = { algorithms: ['ES256'], iss: [issuer], aud: [audience], requiredSpecClaims: ['exp'] }
const claims = verifySync(token, pem, validation)
finish(start, claims)
