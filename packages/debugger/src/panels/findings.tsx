import type { JSX } from 'preact'
import type { Finding } from '../../../countersign/src/lint/lint.ts'
import type { Severity } from '../../../countersign/src/lint/rule.ts'
import { Panel } from '../shown/panel.tsx'

/** Colour is never the only sign. */
const SIGNS: Readonly<Record<Severity, readonly [sign: string, tone: string]>> = {
  error: ['✗ error', 'bad'],
  warn: ['! warning', 'warn'],
  info: ['i info', ''],
}

/** What lint finds about the token; nothing yet where it is still looking. */
export function Findings({ findings }: { readonly findings: readonly Finding[] | undefined }): JSX.Element {
  const about = findings === undefined || findings.length === 0 ? {} : { about: String(findings.length) }
  return (
    <Panel number={6} title="Findings" {...about}>
      {findings === undefined ? (
        <p>looking …</p>
      ) : findings.length === 0 ? (
        <p>none: nothing looks wrong, which says nothing about who wrote it.</p>
      ) : (
        <ul class="findings">
          {findings.map(({ rule, severity, path, message, fix, spec }) => {
            const [sign, tone] = SIGNS[severity]
            return (
              <li>
                <p>
                  <strong class={tone}>{sign}</strong> <span class="code">{rule}</span> {path !== '' && `${path}: `}
                  {message}
                </p>
                <p class="fix">
                  <span class="code">fix</span>: {fix} ({spec})
                </p>
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}
