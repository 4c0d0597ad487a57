import { finish, toTask } from '../task.ts'

const { token, pem, issuer, audience } = toTask()
const start = performance.now()
const { createVerifier } = await import('fast-jwt')
const verify = createVerifier({ key: pem, algorithms: ['ES256'], allowedIss: issuer, allowedAud: audience })
const claims: unknown = verify(token)
finish(start, claims)
