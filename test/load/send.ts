import { request } from 'node:http'

/** Sends one request by itself, over a connection of its own. @returns the status */
export function send(origin: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asked = request(`${origin}/orders`, { agent: false, headers }, (answer) => {
    answer.resume()
    resolve(answer.statusCode ?? 0)
  })
  asked.on('error', reject)
  asked.end()
  return promise
}
