import type { Refusal } from './refusal.ts'

/** The platform's Response, where the program has its types. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer R } } ? R : object

/** A refusal as the platform's Response. */
export function toResponse({ status, headers, body }: Refusal): PlatformResponse {
  return new Response(JSON.stringify(body), { status, headers: { ...headers } })
}
