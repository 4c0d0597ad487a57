import type { RuleInfo } from '../lint/rule.ts'
import { RULES } from '../lint/rules.ts'
import { COMMAND_MEANINGS, type ErrorCode, EXIT, HINTS, MEANINGS, REMEDIES } from '../messages.ts'
import { type Explanation, sentence } from './explanation.ts'

const ALL: Readonly<Record<string, string>> = { ...MEANINGS, ...COMMAND_MEANINGS }

/** Every code of an error or a note. */
export const CODES: readonly string[] = Object.keys(ALL)

/** What a code means; nothing for other names. */
export function explainCode(code: string): Explanation | undefined {
  const meaning = Object.hasOwn(ALL, code) ? ALL[code] : undefined
  if (meaning === undefined) return undefined
  if (!Object.hasOwn(REMEDIES, code))
    return { kind: 'note', name: code, title: `${code}, a note of the command`, text: [meaning], watch: [], spec: [] }
  const { exit, fix, spec } = REMEDIES[code as ErrorCode]
  const hint = Object.hasOwn(HINTS, code) ? HINTS[code as ErrorCode] : undefined
  return {
    kind: 'error',
    name: code,
    title: `${code}, ${hint === undefined ? 'an error of the command' : 'an error'}`,
    text: [meaning, `The command ends with ${EXIT[exit]} then.`],
    watch: [...(hint === undefined ? [] : [hint]), `On the command line: ${fix}`],
    spec: spec === undefined ? [] : [spec],
  }
}

const WEIGHTS = { error: 'an error', warn: 'a warning', info: 'something to know' } as const

/** Every rule of lint, by its id and by its name. */
export const RULE_NAMES: readonly string[] = RULES.flatMap(({ id, name }) => [id, name])

/** What a rule of lint finds, by its id or its name; nothing for other names. */
export function explainRule(name: string): Explanation | undefined {
  const rule: RuleInfo | undefined = RULES.find((one) => one.id === name || one.name === name)
  if (rule === undefined) return undefined
  return {
    kind: 'rule',
    name: rule.id,
    title: `${rule.id} (${rule.name}), a rule of lint`,
    text: [sentence(rule.title), rule.text, `It weighs as ${WEIGHTS[rule.severity]}, unless it is set otherwise.`],
    watch: [sentence(rule.fix)],
    spec: [rule.spec],
  }
}
