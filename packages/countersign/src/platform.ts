/** The platform's Response, where the program has its types; elsewhere what is said. */
export type PlatformResponse<Otherwise = object> = typeof globalThis extends { Response: { prototype: infer R } }
  ? R
  : Otherwise
