import { withoutUndefined } from '../../json.ts'
import { checkNames } from '../../options.ts'
import type { LintOptions } from '../options.ts'
import type { LookOptions } from './look.ts'

/** How {@link lintIssuer} asks an issuer, and how what is found is weighed. */
export interface IssuerLintOptions extends LookOptions, Pick<LintOptions, 'rules' | 'now'> {}

const NAMES = ['fetch', 'timeout', 'maxBytes', 'allowHttp', 'rules', 'now'] as const

/** The options by what they are for. @throws {TypeError} for one that there is not */
export function partOptions(options: IssuerLintOptions): { readonly look: LookOptions; readonly lint: LintOptions } {
  checkNames<IssuerLintOptions>(options, NAMES, 'lintIssuer')
  const { rules, now, ...look } = options
  return { look, lint: withoutUndefined({ rules, now }) }
}
