/** The platform's Response, where the program has its types. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer R } } ? R : object
