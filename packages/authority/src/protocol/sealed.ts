import { createHash, createHmac } from 'node:crypto'
import { JoseError, type Key, secretKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import type { Secrets } from '../keys/secrets.ts'

const [ALG, ENC] = ['dir', 'A256CBC-HS512']
const OWNED: ReadonlySet<string> = new Set(['Session', 'Grant'])

/** How rows of the protocol are found and kept: by hashes, and sealed whole. */
export class Sealed {
  readonly #key: Key
  readonly #lookups: Uint8Array

  constructor(secrets: Pick<Secrets, 'state' | 'lookups'>) {
    this.#key = secretKey(secrets.state, ENC)
    this.#lookups = secrets.lookups
  }

  seal(payload: object): Promise<string> {
    // AES-CBC with HMAC: under one key, the random IVs of AES-GCM would run out after some 2^32 rows.
    return encryptJwe(JSON.stringify(payload), { key: this.#key, alg: ALG, enc: ENC })
  }

  /** What was sealed, or nothing where somebody else wrote it. */
  async open(sealed: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const options = { keys: this.#key, algorithms: [ALG], encryptions: [ENC] }
      const { plaintext } = await decryptJwe(sealed, options)
      return JSON.parse(Buffer.from(plaintext).toString('utf8')) as Readonly<Record<string, unknown>>
    } catch (error) {
      if (error instanceof JoseError) return undefined
      throw error
    }
  }

  /** A column to find a row by that tells nothing: user codes are so short that a bare hash would. */
  lookup(kind: string, value: string): string {
    return createHmac('sha256', this.#lookups).update(`${kind}:${value}`).digest('base64url')
  }
}

/** The id of a row: it finds it, and does not lead back. */
export function hashOf(model: string, id: string): string {
  return createHash('sha256').update(`${model}:${id}`).digest('base64url')
}

/** What a row of the protocol holds, as far as it says whose it is. */
interface Owned {
  readonly accountId?: unknown
  readonly result?: { readonly login?: { readonly accountId?: unknown } | undefined } | undefined
}

/** Whose a session, a grant or a login under way is, as a column; empty where it is nobody's. */
export function accountOf(sealed: Sealed, model: string, { accountId, result }: Owned): string {
  const owner = OWNED.has(model) ? accountId : model === 'Interaction' ? result?.login?.accountId : undefined
  return typeof owner === 'string' ? sealed.lookup('Account', owner) : ''
}
