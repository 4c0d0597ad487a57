import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ApiError } from './errors.ts'

/** Refuses a body that is larger than `maxSize` octets, before it is read. */
export function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new ApiError(413, 'too_large', `the body has more than ${maxSize} octets`)
    },
  })
}

/**
 * The texts of a JSON body. It must say that it is JSON: another site's form cannot, so a browser never sends one here.
 *
 * @param lengths - the names, and the most characters of each
 * @throws {ApiError} `not_json`, `invalid_json` or `invalid_request` (400)
 */
export async function readTexts<Name extends string>(
  c: Context,
  lengths: Readonly<Record<Name, number>>,
): Promise<Record<Name, string>> {
  const [type = ''] = (c.req.header('Content-Type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new ApiError(400, 'not_json', 'the body must be JSON', { hint: 'Send Content-Type: application/json.' })
  }
  const body = parse(await c.req.text())
  const texts = Object.entries<number>(lengths).map(([name, most]) => {
    const value = typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : ''
    if (typeof value === 'string' && value !== '' && value.length <= most) return [name, value]
    throw new ApiError(400, 'invalid_request', `${name} must be a text of 1 to ${most} characters`)
  })
  return Object.fromEntries(texts)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 'invalid_json', 'the body is not valid JSON')
  }
}
