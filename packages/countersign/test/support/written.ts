/**
 * A value as it comes back out of JSON, which has no -0. Tests of any values use it and not `JSON.parse`, since V8 may take
 * a name that begins with an escape for another one (nodejs/node#63785).
 */
export function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten)
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asWritten(member)]))
}
