import type { Backend } from '../crypto/backend.ts'
import type { PlatformResponse } from '../platform.ts'
import { type PublishedHandler, type PublishedRequest, publish } from '../source/published.ts'
import { KeyRing } from './ring.ts'

/** The part of a `Request` that {@link jwksHandler} reads. */
export type JwksRequest = PublishedRequest

/** What {@link jwksHandler} answers with: the platform's Response, where the program has its types. */
export type JwksResponse = PlatformResponse

/** Answers requests for a JWK Set (RFC 7517 §5), as {@link jwksHandler} makes it. */
export type JwksHandler = PublishedHandler

/** @see the door's `jwksHandler` */
export function jwksHandler(ring: unknown, backend: Backend): JwksHandler {
  if (!(ring instanceof KeyRing)) throw new TypeError('jwksHandler takes what createKeyRing gave')
  const now = async (): ReturnType<Parameters<typeof publish>[1]> => {
    const { jwks, maxAge } = await ring.publication()
    return { content: jwks, maxAge }
  }
  return publish('application/jwk-set+json', now, backend)
}
