/**
 * The values of a cookie (RFC 6265 §5.4): more than one where it was set for several paths or domains, by whoever.
 *
 * @param fields - every Cookie header of the request
 */
export function cookiesNamed(name: string, fields: readonly string[]): readonly string[] {
  const pairs = fields.flatMap((field) => field.split(';'))
  return pairs.flatMap((pair) => {
    const at = pair.indexOf('=')
    return at >= 0 && pair.slice(0, at).trim() === name ? [unquoted(pair.slice(at + 1).trim())] : []
  })
}

const unquoted = (value: string): string =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
