import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** How many callers there are at once, each of whom waits for an answer before asking again. */
export const CALLERS = 16

const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A request over a connection that stays open. What is asked with a form is a POST. */
export function send(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  form?: string,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const body = form === undefined ? {} : { 'content-type': FORM, 'content-length': String(Buffer.byteLength(form)) }
  const method = form === undefined ? 'GET' : 'POST'
  const asked = request(origin + path, { agent, method, headers: { ...body, ...headers } }, (answer) => {
    let text = ''
    answer.setEncoding('utf8')
    answer.on('data', (chunk: string) => {
      text += chunk
    })
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    answer.on('error', reject)
  })
  asked.on('error', reject)
  asked.end(form)
  return promise
}

const FORM = 'application/x-www-form-urlencoded'

/** Has all callers work until so many operations are done. @param work - told who does it: 0 to CALLERS - 1 */
export async function load(count: number, work: (caller: number) => Promise<unknown>): Promise<void> {
  let left = count
  const call = async (caller: number): Promise<void> => {
    while (left-- > 0) await work(caller)
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
}

/** Has all callers work for some time. @returns how many operations were done */
export async function loadFor(ms: number, work: (caller: number) => Promise<unknown>): Promise<number> {
  const until = performance.now() + ms
  let done = 0
  const call = async (caller: number): Promise<void> => {
    for (; performance.now() < until; done++) await work(caller)
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
  return done
}
