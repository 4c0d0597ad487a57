import { show } from '../errors.ts'
import { toText } from '../options.ts'

/** An origin as browsers write it (RFC 6454 §6.2). @throws {TypeError} */
export function toOrigin(value: unknown, name: string): string {
  const text = toText(value, name)
  if (!URL.canParse(text) || new URL(text).origin !== text || !/^https?:[^*]+$/.test(text))
    throw new TypeError(`${name} holds ${show(text)}, which is no origin, such as 'https://app.example'`)
  return text
}
