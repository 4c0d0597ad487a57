import { finish, toTask } from '../task.ts'

const { token, pem, issuer, audience } = toTask()
const start = performance.now()
const { createVerifier, importKey } = await import('countersign/sync')
const verifier = createVerifier({ keys: importKey(pem, { alg: 'ES256' }), issuer, audience })
const { claims } = verifier.verify(token)
finish(start, claims)
