import { JoseError } from 'countersign'
import type { Revocation, RingKey, Rotation } from 'countersign/keyring'
import { AuthorityError } from '../errors.ts'
import type { OperationsParts, Write } from './parts.ts'

/** What an administrator does about the keys that sign: a part of `operations` of {@link openAuthority}. */
export interface KeyOperations {
  /** Every key with its state, and no part of the key itself. */
  listKeys(): Promise<readonly RingKey[]>
  /** Brings the next rotation forward. Nothing is refused by it. */
  rotateKeys(): Promise<readonly Rotation[]>
  /** Takes a key out of use at once. @throws {AuthorityError} `KEY_UNKNOWN` */
  revokeKey(kid: string, reason?: string): Promise<Revocation>
}

export function keyOperations({ ring }: OperationsParts, write: Write): KeyOperations {
  return {
    async listKeys() {
      await ring.refresh()
      return ring.list()
    },
    async rotateKeys() {
      const rotations = await ring.rotateNow()
      for (const { kid } of rotations) await write('key.rotation', { kid })
      return rotations
    },
    async revokeKey(kid, reason) {
      try {
        const revocation = await ring.revoke(kid, reason === undefined ? {} : { reason })
        await write('key.revoked', { kid })
        return revocation
      } catch (error) {
        if (error instanceof JoseError && error.code === 'CS_NO_KEY')
          throw new AuthorityError('KEY_UNKNOWN', error.message, { hint: 'See: countersign-authority keys list' })
        throw error
      }
    },
  }
}
