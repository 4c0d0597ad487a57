// Stands for node:assert/strict where there is none: what the suite uses of it.

class AssertionError extends Error {
  override name = 'AssertionError'
}

type Matcher = RegExp | object | (new (...parameters: never[]) => unknown) | ((error: unknown) => unknown)

function show(value: unknown): string {
  try {
    const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
    return text.length > 500 ? `${text.slice(0, 500)}…` : text
  } catch {
    return String(value)
  }
}

function raise(message: unknown, otherwise: string): never {
  if (message instanceof Error) throw message
  throw new AssertionError(message === undefined ? otherwise : `${String(message)}: ${otherwise}`)
}

export function ok(value: unknown, message?: unknown): asserts value {
  if (!value) raise(message, `${show(value)} is not truthy`)
}

export function fail(message?: unknown): never {
  raise(message, 'failed')
}

export function equal(actual: unknown, expected: unknown, message?: unknown): void {
  if (!Object.is(actual, expected)) raise(message, `${show(actual)} is not ${show(expected)}`)
}

export function notEqual(actual: unknown, expected: unknown, message?: unknown): void {
  if (Object.is(actual, expected)) raise(message, `${show(actual)} was not wanted`)
}

export function deepEqual(actual: unknown, expected: unknown, message?: unknown): void {
  if (!same(actual, expected, [])) raise(message, `${show(actual)} is not the same as ${show(expected)}`)
}

export function notDeepEqual(actual: unknown, expected: unknown, message?: unknown): void {
  if (same(actual, expected, [])) raise(message, `${show(actual)} was not wanted`)
}

export function match(text: string, pattern: RegExp, message?: unknown): void {
  if (typeof text !== 'string' || !pattern.test(text)) raise(message, `${show(text)} does not match ${pattern}`)
}

export function doesNotMatch(text: string, pattern: RegExp, message?: unknown): void {
  if (typeof text !== 'string' || pattern.test(text)) raise(message, `${show(text)} matches ${pattern}`)
}

export function throws(act: () => unknown, ...rest: readonly unknown[]): void {
  const [matcher, message] = told(rest)
  let error: unknown
  try {
    act()
  } catch (thrown) {
    error = thrown
    check(error, matcher, message)
    return
  }
  raise(message, 'nothing was thrown')
}

export function doesNotThrow(act: () => unknown): void {
  act()
}

export async function rejects(act: PromiseLike<unknown> | (() => unknown), ...rest: readonly unknown[]): Promise<void> {
  const [matcher, message] = told(rest)
  try {
    await (typeof act === 'function' ? act() : act)
  } catch (thrown) {
    check(thrown, matcher, message)
    return
  }
  raise(message, 'nothing was rejected')
}

const told = (rest: readonly unknown[]): readonly [Matcher | undefined, unknown] =>
  typeof rest[0] === 'string' ? [undefined, rest[0]] : [rest[0] as Matcher | undefined, rest[1]]

function check(error: unknown, matcher: Matcher | undefined, message: unknown): void {
  if (matcher === undefined) return
  if (matcher instanceof RegExp) {
    if (!matcher.test(String(error))) raise(message, `${String(error)} does not match ${matcher}`)
    return
  }
  if (typeof matcher === 'function') {
    if (matcher.prototype !== undefined && error instanceof (matcher as new () => unknown)) return
    if (matcher === Error || Object.prototype.isPrototypeOf.call(Error, matcher)) {
      throw error instanceof Error ? error : new AssertionError(`${String(error)} is no ${matcher.name}`)
    }
    const answer = (matcher as (error: unknown) => unknown)(error)
    if (answer !== true) raise(message, `the check of ${String(error)} gave ${String(answer)}`)
    return
  }
  for (const [name, wanted] of Object.entries(matcher)) {
    const value = (error as Record<string, unknown>)[name]
    const right = wanted instanceof RegExp && typeof value === 'string' ? wanted.test(value) : same(value, wanted, [])
    if (!right) raise(message, `${name} is ${show(value)} and not ${show(wanted)} in ${String(error)}`)
  }
}

/** Deep and strict equality (what node:assert calls deepStrictEqual), for what the suite compares. */
function same(one: unknown, two: unknown, seen: readonly (readonly [object, object])[]): boolean {
  if (Object.is(one, two)) return true
  if (typeof one !== 'object' || typeof two !== 'object' || one === null || two === null) return false
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(two)) return false
  if (seen.some(([a, b]) => a === one && b === two)) return true
  const now = [...seen, [one, two] as const]
  if (Array.isArray(one) && one.length !== (two as unknown[]).length) return false
  if (one instanceof Date) return one.getTime() === (two as Date).getTime()
  if (one instanceof RegExp) return String(one) === String(two)
  if (one instanceof ArrayBuffer) return same(new Uint8Array(one), new Uint8Array(two as ArrayBuffer), now)
  if (one instanceof Map) return same([...one], [...(two as Map<unknown, unknown>)], now)
  if (one instanceof Set) {
    const other = two as Set<unknown>
    return (
      one.size === other.size && [...one].every((item) => other.has(item) || [...other].some((b) => same(item, b, now)))
    )
  }
  if (one instanceof Error && (one.message !== (two as Error).message || one.name !== (two as Error).name)) return false
  const keys = Reflect.ownKeys(one).filter((key) => Object.prototype.propertyIsEnumerable.call(one, key))
  const others = Reflect.ownKeys(two).filter((key) => Object.prototype.propertyIsEnumerable.call(two, key))
  if (keys.length !== others.length) return false
  return keys.every((key) => others.includes(key) && same(Reflect.get(one, key), Reflect.get(two, key), now))
}

const assert: unknown = Object.assign((value: unknown, message?: unknown) => ok(value, message), {
  AssertionError,
  ok,
  fail,
  equal,
  notEqual,
  strictEqual: equal,
  deepEqual,
  deepStrictEqual: deepEqual,
  notDeepEqual,
  match,
  doesNotMatch,
  throws,
  doesNotThrow,
  rejects,
})
export default assert
