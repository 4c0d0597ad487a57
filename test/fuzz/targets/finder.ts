import { type DecodedToken, decodeToken } from '../../../packages/countersign/src/diagnosis/decode-token.ts'
import { parseExact, toLine } from '../../../packages/countersign/src/diagnosis/exact-json.ts'
import { findToken } from '../../../packages/countersign/src/diagnosis/find-token.ts'
import { tokensAmidst } from '../../../packages/countersign/src/diagnosis/scan-text.ts'
import { CommandError } from '../../../packages/countersign/src/diagnosis/told.ts'
import { REMEDIES } from '../../../packages/countersign/src/messages.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { mutateToken } from '../mutate/token.ts'
import { hold, refused } from '../oracle.ts'
import { TOKENS } from '../seeds.ts'
import type { Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS, TEXT_WORDS } from '../words.ts'

const NAMES = [...HEADER_WORDS, ...CLAIM_WORDS]
const inToken = mutateToken([mutateJson(NAMES), havoc(NAMES, 2048)])
const inText = havoc(TEXT_WORDS, 4096)
const [SHORT = ''] = TOKENS.filter((token) => token.startsWith('eyJ')).toSorted(
  (one, other) => one.length - other.length,
)

/** Text that people paste where a token is expected. */
export const target: Target = {
  name: 'finder',
  words: TEXT_WORDS,
  mutators: [inToken, inText, inText],
  seeds: () => [
    ...TOKENS,
    `Authorization: Bearer ${SHORT}`,
    `"${SHORT}",`,
    `curl -H 'Authorization: Bearer ${SHORT}' https://api.example/?a=b`,
    `{"access_token":"${SHORT}","token_type":"Bearer"}`,
    `HTTP/1.1 200 OK\ncontent-type: application/json\n\n{"id_token":"${SHORT}"}`,
    `GET /cb?id_token=${SHORT.replaceAll('.', '%2E')}&state=1`,
    `${SHORT.slice(0, 40)}\n${SHORT.slice(40)}`,
    `${SHORT.slice(0, 20)}\u200b${SHORT.slice(20)}`,
    `${SHORT.split('.').slice(0, 2).join('.')}.`,
    `${SHORT}~WyJhIiwiYiJd~`,
  ],
  prepare: () => (input) => find(Buffer.from(input).toString()),
}

function find(text: string): Outcome {
  for (const { text: token, start } of tokensAmidst(text))
    hold(text.startsWith(token, start), 'a token stands elsewhere')
  const strict = attempt(() => findToken(text, true).token)
  const found = attempt(() => findToken(text))
  if ('value' in strict) hold('value' in found && sameToken(found.value.token, strict.value), 'strictly it is another')
  const decoded = attempt(() => decodeToken(text))
  if (!('value' in found)) {
    hold(!('value' in decoded), 'what was not found is decoded')
    return found.code
  }
  if (!('value' in decoded)) return decoded.code
  written(decoded.value)
  const { token, kind } = found.value
  // Of a header with dots behind it that stand for the rest, it depends on what is around how many dots belong to it.
  if (typeof token === 'string' && kind !== 'cut' && !token.endsWith('..')) {
    const again = attempt(() => findToken(token))
    hold('value' in again && again.value.token === token, 'the token by itself is another')
  }
  return 'accepted'
}

const sameToken = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What is decoded can be shown. */
function written({ header, payload, notes }: DecodedToken): void {
  for (const json of [header, payload?.json])
    if (json !== undefined)
      hold(toLine(parseExact(toLine(json), 'the line')) === toLine(json), 'a line says something else')
  hold(notes.length < 64 && notes.every(({ message }) => message.length < 1000), 'notes without end')
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly code: Outcome } {
  try {
    return { value: work() }
  } catch (error) {
    if (!(error instanceof CommandError)) return { code: refused(error) }
    const { code, message, hint } = error.told
    hold(Object.hasOwn(REMEDIES, code) && message.length < 700 && hint.length < 700, `an error that is none: ${code}`)
    return { code }
  }
}
