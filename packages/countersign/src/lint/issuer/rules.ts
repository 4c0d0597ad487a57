import type { Rule } from '../rule.ts'
import { ALGORITHM_RULES } from './algorithms.ts'
import { DELIVERY_RULES } from './delivery.ts'
import { ENDPOINT_RULES } from './endpoints.ts'
import { FLOW_RULES } from './flows.ts'
import { METADATA_RULES } from './metadata.ts'
import { PUBLISHED_RULES } from './published.ts'

/** The rules for live issuers. */
export const ISSUER_RULES: readonly Rule[] = /* @__PURE__ */ [
  METADATA_RULES,
  ENDPOINT_RULES,
  FLOW_RULES,
  ALGORITHM_RULES,
  PUBLISHED_RULES,
  DELIVERY_RULES,
].flat()
