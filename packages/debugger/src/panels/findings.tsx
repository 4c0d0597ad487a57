import type { JSX } from 'preact'
import type { Finding } from '../../../countersign/src/lint/lint.ts'
import type { Severity } from '../../../countersign/src/lint/rule.ts'
import { RULES_AT_HAND } from '../../../countersign/src/lint/rules.ts'
import { Panel, useId } from '../shown/panel.tsx'

/** Colour is never the only sign. */
const SIGNS: Readonly<Record<Severity, readonly [sign: string, tone: string]>> = {
  error: ['✗ error', 'bad'],
  warn: ['! warning', 'warn'],
  info: ['i info', ''],
}

interface FindingsProps {
  readonly findings: readonly Finding[] | undefined
  /** Has them looked for, where that would take a while. */
  readonly onLook?: () => void
}

/** What lint finds about the token; nothing yet where it is still looking. */
export function Findings({ findings, onLook }: FindingsProps): JSX.Element {
  const about = findings === undefined || findings.length === 0 ? {} : { about: String(findings.length) }
  return (
    <Panel number={6} title="Findings" {...about}>
      {onLook ? (
        <p>
          <button type="button" onClick={onLook}>
            Look for what is wrong
          </button>{' '}
          It is a large token: that may take a few seconds.
        </p>
      ) : findings === undefined ? (
        <p>looking …</p>
      ) : findings.length === 0 ? (
        <p>none: nothing looks wrong, which says nothing about who wrote it.</p>
      ) : (
        <ul class="findings">
          {findings.map(({ rule, severity, path, message, fix, spec }) => {
            const [sign, tone] = SIGNS[severity]
            const why = RULES_AT_HAND.find(({ id }) => id === rule)?.text
            return (
              <li>
                <p>
                  <strong class={tone}>{sign}</strong> <span class="code">{rule}</span> <GoTo path={path} />
                  {message}
                </p>
                <p class="fix">
                  <span class="code">fix</span>: {fix} ({spec})
                </p>
                {why !== undefined && (
                  <details>
                    <summary>why it matters</summary>
                    <p>{why}</p>
                  </details>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}

/** Leads to the row of a member, where there is one. */
function GoTo({ path }: { readonly path: string }): JSX.Element | false {
  const [, place = '', name = ''] = /^(header|payload)\.([^.[]+)/.exec(path) ?? []
  const id = `${useId(place)}-${name}`
  const title = `${useId(place === 'header' ? 'panel-2' : 'panel-3')}-title`
  if (path === '') return false
  if (name === '') return <>{path}: </>
  const go = (): void => {
    // What is missing has no row.
    const row = document.getElementById(id) ?? document.getElementById(title)
    row?.focus()
    row?.scrollIntoView({ block: 'center' })
  }
  return (
    <>
      <button type="button" class="go" title="Go to it" onClick={go}>
        {path}
      </button>
      :{' '}
    </>
  )
}
