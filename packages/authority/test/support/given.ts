import assert from 'node:assert/strict'

/** Everything secret that a test typed in or was given, by name: no log may have any of it. */
const given = new Map<string, string>()
const LEAST = 8

/** Remembers a secret for as long as the process runs. */
export function note(name: string, value: unknown): void {
  if (typeof value === 'string' && value.length >= LEAST) given.set(value, name)
}

const PARAMETERS =
  /^(?:password|new_password|current_password|code|code_verifier|client_secret|refresh_token|access_token|id_token|token|subject_token|client_assertion|device_code|user_code|csrf|xsrf|id_token_hint|logout_token|response)$/

/** Remembers what of some fields is secret. */
export function noteFields(where: string, fields: Iterable<readonly [string, unknown]>): void {
  for (const [name, value] of fields)
    if (PARAMETERS.test(name) || /_token$|_secret$|_code$/.test(name)) note(`${where} ${name}`, value)
}

/** Asserts that nothing that was remembered is in a log. @returns how many secrets were looked for */
export function demandNone(lines: readonly object[]): number {
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  for (const [value, name] of given) assert.ok(!text.includes(value), `${name} was logged`)
  return given.size
}

/** Clients of the tests ask by `fetch`: what they send and get is remembered, too. */
function watch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const { body, headers } = init ?? {}
    if (body instanceof URLSearchParams) noteFields('sent', body)
    const authorization = new Headers(headers).get('authorization')
    note('sent authorization', authorization?.replace(/^\w+ /, ''))
    note('sent DPoP proof', new Headers(headers).get('dpop'))
    const answer = await fetch(input, init)
    if (answer.headers.get('content-type')?.startsWith('application/json')) {
      const text = await answer.clone().text()
      try {
        const content: unknown = JSON.parse(text)
        if (typeof content === 'object' && content !== null) noteFields('got', Object.entries(content))
      } catch {
        // It is for the test to say that this should have been JSON.
      }
    }
    return answer
  }
}

globalThis.fetch = watch(globalThis.fetch)
