import { ISSUER_RULES } from './issuer/rules.ts'
import type { Rule } from './rule.ts'
import { CLAIM_RULES } from './rules/claims.ts'
import { FORM_RULES } from './rules/form.ts'
import { HEADER_RULES } from './rules/header.ts'
import { KEY_RULES } from './rules/keys.ts'

/** Every rule, in the order of their numbers. */
export const RULES: readonly Rule[] = [
  ...HEADER_RULES,
  ...CLAIM_RULES,
  ...FORM_RULES,
  ...KEY_RULES,
  ...ISSUER_RULES,
].sort((a, b) => (a.id < b.id ? -1 : 1))
