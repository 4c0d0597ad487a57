import { finish, toTask } from '../task.ts'

const { token, pem, issuer, audience } = toTask()
const start = performance.now()
const { default: jsonwebtoken } = await import('jsonwebtoken')
const claims = jsonwebtoken.verify(token, pem, { algorithms: ['ES256'], issuer, audience })
finish(start, claims)
