import { createRequire } from 'node:module'

/** What we use of @node-rs/jsonwebtoken. Its keys are secret octets, or PEM, which it reads in every call. */
export interface NodeRs {
  signSync(claims: object, key: string | Uint8Array, header: { algorithm: string; keyId: string }): string
  verifySync(token: string, key: string | Uint8Array, validation: NodeRsValidation): object
}

export interface NodeRsValidation {
  readonly algorithms: readonly string[]
  readonly iss: readonly string[]
  readonly aud: readonly string[]
  readonly requiredSpecClaims: readonly string[]
}

/**
 * The peer by its binary, which is what its package loads: a lockfile that works on every platform has no place for that
 * package as long as the registry has not all of its binaries. Elsewhere than on Linux x64 there is none.
 */
export const nodeRs: NodeRs | undefined = load()

function load(): NodeRs | undefined {
  try {
    return createRequire(import.meta.url)('@node-rs/jsonwebtoken-linux-x64-gnu') as NodeRs
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
