import { ISSUER_RULES } from './issuer/rules.ts'
import type { Rule } from './rule.ts'
import { CLAIM_RULES } from './rules/claims.ts'
import { FORM_RULES } from './rules/form.ts'
import { HEADER_RULES } from './rules/header.ts'
import { KEY_RULES } from './rules/keys.ts'

const inOrder = (...rooms: readonly (readonly Rule[])[]): readonly Rule[] =>
  rooms.flat().sort((a, b) => (a.id < b.id ? -1 : 1))

/** The rules for what one has at hand, in the order of their numbers: tokens, keys, sets, secrets. */
export const RULES_AT_HAND: readonly Rule[] = /* @__PURE__ */ inOrder(HEADER_RULES, CLAIM_RULES, FORM_RULES, KEY_RULES)

/** Every rule, those for live issuers among them. A bundle that does not use them is without those. */
export const RULES: readonly Rule[] = /* @__PURE__ */ inOrder(RULES_AT_HAND, ISSUER_RULES)
