/**
 * The platform's Response, where the program has its types; elsewhere what is said.
 * {@link countersign/guard!toResponse | toResponse} gives one.
 */
export type PlatformResponse<Otherwise = object> = typeof globalThis extends { Response: { prototype: infer R } }
  ? R
  : Otherwise
