import { lstat, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type AuthorityCode, AuthorityError } from './errors.ts'
import { OPERATION_NAMES, type Operations } from './operations.ts'

/** An embedded database has one process that writes. While that is the server, commands reach it through this socket. */
const NAME = 'admin.sock'
/** What the systems take as the path of a socket, in octets: 108 on Linux, 104 on others, with a zero at the end. */
const MOST_PATH = 103
const MOST_BODY = 256 * 1024
/** Milliseconds: how long whoever is still being served may take once the socket closes. */
const PATIENCE = 5000

type Operation = (...input: readonly unknown[]) => Promise<unknown>

/** The operations of a server that listens on a socket. What an input has to be is for the operations there to say. */
export function remoteOperations(path: string): Operations {
  const ask =
    (name: string): Operation =>
    (...input) =>
      callAdminSocket(path, name, input)
  return Object.fromEntries(OPERATION_NAMES.map((name) => [name, ask(name)])) as unknown as Operations
}

/** The path of the socket in a data folder; nothing where the system has none there, as Windows, or a path that long. */
export function adminSocketPath(folder: string): string | undefined {
  const path = join(folder, NAME)
  return process.platform === 'win32' || Buffer.byteLength(path) > MOST_PATH ? undefined : path
}

/** Nobody listens: the socket was left behind, or is not there, or is something else. */
const NOBODY: readonly string[] = ['ECONNREFUSED', 'ENOENT', 'ENOTDIR', 'ENOTSOCK']

/** Whether somebody listens on a socket; a server that was killed leaves one behind on which nobody does. */
export function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (NOBODY.includes(error.code ?? '')) resolve(false)
    else reject(toRefusal(error, path))
  })
  return promise
}

/**
 * Lets the owner of the data folder, and nobody else, ask for operations.
 *
 * @throws {AuthorityError} `DATA_IN_USE` where another server listens there
 */
export async function serveAdminSocket(path: string, operations: Operations): Promise<{ close(): Promise<void> }> {
  if (await isAnswered(path)) throw new AuthorityError('DATA_IN_USE', `another server listens on ${path}`)
  await removeLeftover(path)
  const server = createServer((incoming, response) => {
    answer(incoming, operations).then(
      ([status, content]) => send(response, status, content),
      // It broke off in the middle of its request.
      () => response.destroy(),
    )
  })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  // The file is made within this call: it never has another mode than 0600, for which a chmod would come too late.
  const mask = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(mask)
  }
  await listening
  server.off('error', reject)
  return {
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      const timer = setTimeout(() => server.closeAllConnections(), PATIENCE)
      return closed.finally(() => clearTimeout(timer))
    },
  }
}

/** Removes the socket of a server that was killed, and no other file. */
async function removeLeftover(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined)
  if (file === undefined) return
  if (!file.isSocket())
    throw new AuthorityError('DATA_IN_USE', `${path} is no socket, and the socket for commands has to be there`, {
      hint: 'Move that file away.',
    })
  await unlink(path)
}

type Answer = readonly [status: number, content: object]

async function answer(incoming: IncomingMessage, operations: Operations): Promise<Answer> {
  const name = /^\/operations\/(\w+)$/.exec(incoming.url ?? '')?.[1] ?? ''
  const operation = OPERATION_NAMES.some((one) => one === name) ? operations[name as keyof Operations] : undefined
  if (operation === undefined || incoming.method !== 'POST') {
    incoming.resume()
    return [404, toProblem('USAGE', 'this server has no such operation', 'Is it of another version than this command?')]
  }
  const text = await readBody(incoming)
  if (text === undefined) return [413, toProblem('USAGE', `more than ${MOST_BODY} octets were given`)]
  const input = parseInput(text)
  if (input === undefined) return [400, toProblem('USAGE', 'the input of an operation is a JSON object')]
  try {
    return [200, { result: await (operation as Operation)(...toArguments(input)) }]
  } catch (error) {
    if (error instanceof AuthorityError) return [422, toProblem(error.code, error.message, error.hint)]
    return [500, toProblem(undefined, error instanceof Error ? error.message : String(error))]
  }
}

/** JSON has no `undefined`. */
function toArguments({ arguments: given }: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(given) ? given.map((one) => one ?? undefined) : []
}

const toProblem = (code: AuthorityCode | undefined, message: string, hint?: string): object => ({
  error: { code, message, hint },
})

/** What was sent, or nothing where that is too much. @throws where the sender breaks off */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    octets += chunk.length
    // The rest is read and dropped, or the sender would not get to read the answer.
    if (octets <= MOST_BODY) chunks.push(chunk)
  }
  return octets > MOST_BODY ? undefined : Buffer.concat(chunks).toString()
}

function parseInput(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const input: unknown = JSON.parse(text)
    return typeof input === 'object' && input !== null && !Array.isArray(input)
      ? (input as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, status: number, content: object): void {
  // Each command asks once.
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' }).end(JSON.stringify(content))
}

/**
 * Asks the server on a socket for an operation.
 *
 * @throws {AuthorityError} as the operation does there
 */
export async function callAdminSocket(path: string, name: string, input: readonly unknown[]): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { 'Content-Type': 'application/json' }
  request({ socketPath: path, method: 'POST', path: `/operations/${name}`, headers, agent: false }, resolve)
    .once('error', (error) => reject(toRefusal(error, path)))
    .end(JSON.stringify({ arguments: input }))
  const response = await promise
  const text = await readAnswer(response)
  const { result, error } = parseInput(text) ?? {}
  if (response.statusCode === 200) return result
  const { code, message, hint } = (error ?? {}) as Readonly<Record<string, unknown>>
  const why = typeof message === 'string' ? message : `the server answered with status ${response.statusCode}`
  if (typeof code !== 'string') throw new Error(why)
  throw new AuthorityError(code as AuthorityCode, why, typeof hint === 'string' ? { hint } : {})
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch (cause) {
    throw new Error('the server ended before it had answered: look whether it was done before you try again', { cause })
  }
  return Buffer.concat(chunks).toString()
}

/** Why a socket cannot be spoken to. */
function toRefusal(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === 'EACCES')
    return new AuthorityError('DATA_IN_USE', `${path} is another user's`, {
      hint: 'Run this command as the user that the server runs as.',
      cause: error,
    })
  if (NOBODY.includes(error.code ?? ''))
    return new AuthorityError('DATA_IN_USE', `no server listens on ${path} any more`, {
      hint: 'Try again.',
      cause: error,
    })
  return new Error(`the server cannot be spoken to: ${error.code ?? error.message}`, { cause: error })
}
