import {
  duplicates,
  type ExactJson,
  parseExact,
  toLine,
  toLines,
  toText,
  toValue,
} from '../../../packages/countersign/src/diagnosis/exact-json.ts'
import { mutateJson } from '../mutate/json.ts'
import { hold, refused, same } from '../oracle.ts'
import { TOKENS } from '../seeds.ts'
import type { Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, JSON_WORDS } from '../words.ts'

/** Two readers of JSON, the platform's and that of the command, which have to agree. */
export const target: Target = {
  name: 'json',
  words: [...JSON_WORDS, ...CLAIM_WORDS],
  mutators: [mutateJson(CLAIM_WORDS)],
  seeds: () => [...TOKENS.filter((text) => text.startsWith('{')), '[1,-0.5e+3,"\\u00e9\\n",{"a":null},true]'],
  prepare: () => (input) => read(Buffer.from(input).toString()),
}

function read(text: string): Outcome {
  const plain = parsed(text)
  let exact: ExactJson
  try {
    exact = parseExact(text, 'the text')
  } catch (error) {
    const code = refused(error)
    hold(plain === undefined || code === 'CS_TOO_LARGE', 'JSON.parse takes it')
    return code
  }
  hold(plain !== undefined, 'JSON.parse does not take it')
  // JSON.parse mistakes names that are spelled with escapes.
  if (!text.includes('\\')) hold(same(toValue(exact), plain.value), 'JSON.parse reads something else')
  const whole = toText(exact)
  for (const write of [toText, toLine, toLines]) {
    const again = toText(parseExact(write(exact), 'the text'))
    hold(again === whole, `${write.name} writes something else`)
  }
  return duplicates(exact).length > 0 ? 'duplicates' : 'accepted'
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
