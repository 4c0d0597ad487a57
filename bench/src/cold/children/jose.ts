import { finish, toTask } from '../task.ts'

const { token, pem, issuer, audience } = toTask()
const start = performance.now()
const { importSPKI, jwtVerify } = await import('jose')
const key = await importSPKI(pem, 'ES256')
const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'], issuer, audience })
finish(start, payload)
