import { finish, toTask } from '../task.ts'

const { token, pem } = toTask()
const start = performance.now()
const { createPublicKey, verify } = await import('node:crypto')
const cut = token.lastIndexOf('.')
const key = createPublicKey(pem)
const signature = Buffer.from(token.slice(cut + 1), 'base64url')
if (!verify('sha256', Buffer.from(token.slice(0, cut)), { key, dsaEncoding: 'ieee-p1363' }, signature)) {
  throw new Error('the signature does not hold')
}
finish(start, JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, cut), 'base64url').toString()))
