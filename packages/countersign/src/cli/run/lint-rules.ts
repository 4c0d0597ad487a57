import type { RuleInfo } from '../../lint/rule.ts'
import { docsOf } from '../../lint/sarif.ts'
import { TONES } from '../shown/findings.ts'
import type { Outcome } from '../shown/outcome.ts'
import type { Brush } from '../shown/paint.ts'

/** Every rule, with what it weighs. */
export function listRules(rules: readonly RuleInfo[]): Outcome {
  return {
    json: {
      rules: rules.map(({ id, name, severity, title, text, fix, spec, kinds }) => {
        return { id, name, severity, title, text, fix, spec, ...(kinds && { kinds }), docs: docsOf(id) }
      }),
    },
    text: (brush) => rulesText(rules, brush),
  }
}

function rulesText(rules: readonly RuleInfo[], brush: Brush): string {
  const widest = Math.max(...rules.map(({ name }) => name.length))
  const lines = rules.map(({ id, name, severity, title }) => {
    return `${id}  ${brush(TONES[severity], severity.padEnd(5))}  ${name.padEnd(widest)}  ${title}`
  })
  const head = brush('bold', `${'id'.padEnd(6)}  ${'is'.padEnd(5)}  ${'name'.padEnd(widest)}  what is wrong`)
  return `${[head, ...lines].join('\n')}\n`
}
