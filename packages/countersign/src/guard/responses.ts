import type { PlatformResponse } from '../platform.ts'
import type { Refusal } from './refusal.ts'

/** A refusal as the platform's Response. */
export function toResponse({ status, headers, body }: Refusal): PlatformResponse {
  return new Response(JSON.stringify(body), { status, headers: { ...headers } })
}
