/**
 * The values of a cookie (RFC 6265 §5.4): more than one where it was set for several paths or domains, by whoever.
 *
 * @param fields - every Cookie header of the request
 */
export function cookiesNamed(name: string, fields: readonly string[]): readonly string[] {
  const pairs = fields.flatMap((field) => field.split(';'))
  return pairs.flatMap((pair) => {
    const at = pair.indexOf('=')
    return at >= 0 && bare(pair.slice(0, at)) === name ? [unquoted(bare(pair.slice(at + 1)))] : []
  })
}

/**
 * Without the white space of HTTP around it (RFC 9110 §5.6.3), and no other: to a browser a name that begins with a
 * no-break space does not begin with `__Host-`, so a neighbouring domain may set it.
 */
export function bare(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text[from])) from += 1
  while (from < to && isBlank(text[to - 1])) to -= 1
  return text.slice(from, to)
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t'

const unquoted = (value: string): string =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
