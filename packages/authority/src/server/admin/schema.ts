/** The part of JSON Schema (2020-12) that the admin API describes itself with, and checks what it is sent by. */
export interface Schema {
  readonly $ref?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly enum?: readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly items?: Schema
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** What other members are; `false` where there are none. */
  readonly additionalProperties?: Schema | boolean
  readonly writeOnly?: boolean
}

/**
 * What is wrong with a value, as a place in it (RFC 6901) and words; nothing where it is as its schema says. The value
 * itself is not quoted, since it may be a password.
 */
export function faultOf(schema: Schema, value: unknown, at = ''): string | undefined {
  const place = at === '' ? 'the body' : at
  if (at.length > MOST_PLACE) return 'the body is nested too deeply'
  if (schema.type !== undefined && kindOf(value) !== schema.type)
    return `${place} is ${article(kindOf(value))} and not ${article(schema.type)}`
  if (typeof value === 'string') return textFault(schema, value, place)
  if (typeof value === 'number') return numberFault(schema, value, place)
  if (Array.isArray(value)) return listFault(schema, value, at)
  if (typeof value === 'object' && value !== null) return membersFault(schema, value, at)
  return undefined
}

function textFault({ enum: names, pattern, minLength = 0, maxLength }: Schema, value: string, place: string) {
  if (names !== undefined && !names.includes(value)) return `${place} is none of ${names.join(', ')}`
  if (!value.isWellFormed() || value.includes('\0')) return `${place} is no text that can be kept`
  const length = [...value].length
  if (length < minLength) return `${place} is empty`
  if (maxLength !== undefined && length > maxLength) return `${place} has more than ${maxLength} characters`
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return `${place} does not match ${pattern}`
  return undefined
}

function numberFault({ minimum, maximum }: Schema, value: number, place: string): string | undefined {
  if (minimum !== undefined && value < minimum) return `${place} is less than ${minimum}`
  if (maximum !== undefined && value > maximum) return `${place} is more than ${maximum}`
  return undefined
}

function listFault({ items = {}, maxItems }: Schema, list: readonly unknown[], at: string): string | undefined {
  if (maxItems !== undefined && list.length > maxItems) return `${at} has more than ${maxItems} entries`
  return first(list.map((item, index) => [items, item, `${at}/${index}`]))
}

function membersFault(schema: Schema, value: object, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) return `${at}/${missing} is missing`
  const members = Object.entries(value)
  const known = (name: string): boolean => Object.hasOwn(properties, name)
  const unknown = additionalProperties === false && members.find(([name]) => !known(name))
  if (unknown)
    return `${at === '' ? 'the body' : at} has a member that is not known: ${JSON.stringify(shown(unknown[0]))}`
  const other = typeof additionalProperties === 'object' ? additionalProperties : {}
  return first(
    members.map(([name, member]) => [(known(name) && properties[name]) || other, member, `${at}/${shown(name)}`]),
  )
}

function first(parts: readonly (readonly [Schema, unknown, string])[]): string | undefined {
  for (const [schema, value, at] of parts) {
    const fault = faultOf(schema, value, at)
    if (fault !== undefined) return fault
  }
  return undefined
}

const MOST_SHOWN = 60
/** How long a place in a value may be to say: what is further in would fill the stack, and has no meaning here. */
const MOST_PLACE = 1000
const shown = (name: string): string => name.slice(0, MOST_SHOWN)

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isSafeInteger(value) ? 'integer' : typeof value
}

const article = (kind: string): string => (kind === 'null' ? kind : `${/^[aio]/.test(kind) ? 'an' : 'a'} ${kind}`)
