import { JoseError, type Key } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import type { Db } from '../store/database.ts'
import type { SealedText } from '../store/restore.ts'
import type { Keks } from './kek.ts'
import { wrongKek } from './secrets.ts'

const [ALG, ENC] = ['A256GCMKW', 'A256GCM']

/** What is under the key that encrypts keys, and where it stands. */
export interface SealedCell extends SealedText {
  readonly table: 'secrets' | 'signing_keys'
  readonly column: 'jwe' | 'private_jwe' | 'voucher'
}

/** Everything in a database that is under the key that encrypts keys. */
export async function sealedIn(db: Db): Promise<readonly SealedCell[]> {
  const secrets = await db.selectFrom('secrets').select(['name', 'jwe']).orderBy('name').execute()
  const keys = await db
    .selectFrom('signing_keys')
    .select(['kid as name', 'private_jwe', 'voucher'])
    .orderBy('kid')
    .execute()
  return [
    ...secrets.map(({ name, jwe }) => ({ table: 'secrets', column: 'jwe', name, jwe }) as const),
    ...keys.flatMap(({ name, ...texts }) =>
      (['private_jwe', 'voucher'] as const).flatMap((column) => {
        const jwe = texts[column]
        return jwe === null ? [] : [{ table: 'signing_keys', column, name, jwe } as const]
      }),
    ),
  ]
}

/** What is in a seal, and whose it is; nothing where none of the keys opens it. */
export async function openSealed(
  jwe: string,
  keks: readonly (Key | undefined)[],
): Promise<{ readonly plaintext: Uint8Array; readonly by: Key; readonly cty: string | undefined } | undefined> {
  for (const by of keks) {
    if (by === undefined) continue
    try {
      const { plaintext, protectedHeader } = await decryptJwe(jwe, { keys: by, algorithms: [ALG], encryptions: [ENC] })
      const cty = protectedHeader['cty']
      return { plaintext, by, cty: typeof cty === 'string' ? cty : undefined }
    } catch (error) {
      if (!(error instanceof JoseError)) throw error
    }
  }
  return undefined
}

/** The same, under another key. */
export function sealAnew(plaintext: Uint8Array, kek: Key, cty: string | undefined): Promise<string> {
  return encryptJwe(plaintext, { key: kek, enc: ENC, ...(cty !== undefined && { protected: { cty } }) })
}

/** @throws {AuthorityError} `KEK_WRONG` where one of them does not open */
export async function demandOpens(sealed: readonly SealedText[], { current, previous }: Keks): Promise<void> {
  for (const { jwe } of sealed) if ((await openSealed(jwe, [current, previous])) === undefined) throw wrongKek()
}
