import type { ContentAlg } from '../alg/content.ts'
import { type Bytes, base64url } from '../bytes.ts'
import type { Material, Sealed } from '../crypto/backend.ts'
import { type Op, use } from '../op.ts'
import { ask } from './manage.ts'

/** A content once encrypted. */
export interface SealedContent extends Sealed {
  readonly iv: Bytes
}

/** Encrypts a content (RFC 7516 §5.1), with a vector of its own. */
export function* seal(content: ContentAlg, cek: Material, plaintext: Bytes, aad: Bytes): Op<SealedContent> {
  const iv = yield* use((backend) => backend.random(content.ivOctets))
  const sealed = yield* ask(
    cek,
    (own) => own.seal(content, iv, plaintext, aad),
    (backend) => backend.seal(content, cek, iv, plaintext, aad),
  )
  return { iv, ...sealed }
}

/** A compact JWE (RFC 7516 §7.1). @param encoded - base64url text of the protected header */
export function toCompact(encoded: string, encryptedKey: Bytes, { iv, ciphertext, tag }: SealedContent): string {
  return `${encoded}.${base64url(encryptedKey)}.${base64url(iv)}.${base64url(ciphertext)}.${base64url(tag)}`
}
