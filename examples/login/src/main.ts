import { AUDIENCE, createApp, JWKS_PATH } from './app.ts'
import { createElsewhere } from './elsewhere.ts'
import { createKeys } from './keys.ts'
import { seedUsers } from './seed.ts'
import { type Running, startServer } from './server.ts'
import { type NewUser, Users } from './users.ts'

async function main(): Promise<void> {
  const port = readPort(process.env['PORT'])
  const users = new Users(process.env['DATABASE'] || undefined)
  const [keys, demoUsers] = await Promise.all([createKeys(), seedUsers(users)])
  const stopping = new AbortController()
  const server = await startServer(port, (origin) => {
    const jwksUrl = `${origin}${JWKS_PATH}`
    const verifyElsewhere = createElsewhere({ jwksUrl, issuer: origin, audience: AUDIENCE, signal: stopping.signal })
    const now = (): number => Math.floor(Date.now() / 1000)
    return createApp({ origin, keys, users, now, demo: { users: demoUsers, verifyElsewhere } })
  })
  stopOnSignal(server, stopping, users)
  console.log(welcome(server.origin, demoUsers))
}

/** A reason not to start, told without a stack. */
class StartError extends Error {}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return 3000
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new StartError(
    `PORT is ${JSON.stringify(text)} and not a number from 0 to 65535: start with PORT=3001 npm start`,
  )
}

function stopOnSignal(server: Running, stopping: AbortController, users: Users): void {
  const stop = async (): Promise<void> => {
    process.off('SIGINT', stop).off('SIGTERM', stop) // a second Ctrl-C ends it the hard way
    stopping.abort()
    await server.close()
    users.close()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
}

function welcome(origin: string, users: readonly NewUser[]): string {
  const [{ email, password } = { email: '', password: '' }] = users
  return `
countersign: the login example

  open    ${origin}
  keys    ${origin}${JWKS_PATH}

Users, with passwords for this run:

${users.map((user) => `  ${user.email}   ${user.password}   ${user.roles.join(', ')}`).join('\n')}

Or by hand:

  curl -s ${origin}/login -H 'Content-Type: application/json' -d '${JSON.stringify({ email, password })}'
  curl -si ${origin}/me -H 'Authorization: Bearer PASTE_THE_ACCESS_TOKEN'

Ctrl-C ends it.
`
}

/** The sentence for a reason that a person can do something about. */
function explain(error: unknown): string | undefined {
  if (error instanceof StartError) return error.message
  const { code, port } = error as { code?: unknown; port?: number }
  const next = `start with PORT=${port === 3001 ? 3002 : 3001} npm start`
  if (code === 'EADDRINUSE') return `Port ${port} is in use: stop the other program or ${next}`
  if (code === 'EACCES' && port !== undefined) return `Port ${port} is not open to this user: ${next}`
  return undefined
}

main().catch((error: unknown) => {
  const sentence = explain(error)
  if (sentence === undefined) throw error
  console.error(sentence)
  process.exitCode = 1
})
