import { finish, toTask } from '../task.ts'

const { token, pem, issuer, audience } = toTask()
const start = performance.now()
const { createVerifier, importKey } = await import('countersign')
const verifier = createVerifier({ keys: importKey(pem, { alg: 'ES256' }), issuer, audience })
const { claims } = await verifier.verify(token)
finish(start, claims)
