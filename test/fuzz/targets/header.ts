import { base64url } from '../../../packages/countersign/src/bytes.ts'
import { duplicates, parseExact, toValue } from '../../../packages/countersign/src/diagnosis/exact-json.ts'
import {
  JWE_PLACES,
  JWS_PLACES,
  joinHeader,
  parseHeader,
  toJweHeader,
} from '../../../packages/countersign/src/header.ts'
import { isDeeper, isObject, type JsonObject, parseObject } from '../../../packages/countersign/src/json.ts'
import { JWT_LIMITS } from '../../../packages/countersign/src/options.ts'
import { mutateJson } from '../mutate/json.ts'
import { hold, refused, same } from '../oracle.ts'
import { TOKENS } from '../seeds.ts'
import type { Bytes, Outcome, Target } from '../target.ts'
import { HEADER_WORDS, JSON_WORDS } from '../words.ts'

/** The decoded octets of a JOSE header: strict JSON, the types of its members, crit and b64, headers joined. */
export const target: Target = {
  name: 'header',
  words: [...HEADER_WORDS, ...JSON_WORDS],
  mutators: [mutateJson(HEADER_WORDS)],
  seeds: () =>
    TOKENS.filter((text) => text.startsWith('e')).map((text) =>
      Buffer.from(text.split('.')[0] ?? '', 'base64url').toString(),
    ),
  prepare: () => read,
}

function read(input: Bytes): Outcome {
  const text = Buffer.from(input).toString()
  let object: JsonObject
  try {
    object = parseObject(text, 'the text', JWT_LIMITS.jsonDepth)
  } catch (error) {
    const code = refused(error)
    hold(!isStrict(text), 'the other reader takes it')
    return code
  }
  const exact = parseExact(text, 'the text')
  hold(duplicates(exact).length === 0, 'it has a name twice')
  hold(same(toValue(exact), object), 'the other reader reads something else')
  hold(!isDeeper(object, JWT_LIMITS.jsonDepth), 'it is nested too deep')
  join(object)
  try {
    const header = parseHeader(base64url(input), JWT_LIMITS)
    hold(same(header, object), 'the header is another')
    hold(typeof header.alg === 'string', 'it has no alg')
    hold(Object.isFrozen(header), 'the header can be changed')
    toJweHeader(header)
    return 'accepted'
  } catch (error) {
    return refused(error)
  }
}

function isStrict(text: string): boolean {
  try {
    const exact = parseExact(text, 'the text')
    const value = toValue(exact)
    return isObject(value) && duplicates(exact).length === 0 && !isDeeper(value, JWT_LIMITS.jsonDepth)
  } catch {
    return false
  }
}

/** Its members in two headers, each of them once in front. */
function join(object: JsonObject): void {
  const members = Object.entries(object)
  const half = members.length >> 1
  const [one, other] = [members.slice(0, half), members.slice(half)].map((some) => Object.fromEntries(some))
  // One of the four ways, or this would cost more than all the rest.
  const [places, isSwapped] = [members.length & 1 ? JWS_PLACES : JWE_PLACES, (members[0]?.[0].length ?? 0) & 1]
  const [guarded, open = {}] = isSwapped ? [other, one] : [one, other]
  try {
    const header = joinHeader(guarded, [open], false, places)
    hold(Object.keys(header).length === members.length, 'a member was lost')
    for (const name of [...places.guarded, ...places.guardedUnless])
      hold(!Object.hasOwn(open, name), `${name} is not protected`)
  } catch (error) {
    refused(error)
  }
}
