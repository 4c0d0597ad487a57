import { CONTENT, type ContentAlg } from './alg/content.ts'
import { MANAGEMENT, type ManagementAlg } from './alg/management.ts'
import { SIGNATURE } from './alg/signature.ts'
import type { Backend, PlatformNeeds } from './crypto/backend.ts'
import { CURVE } from './key/curve.ts'

/** What this runtime can do, as {@link capabilities} tells it. */
export interface Capabilities {
  /** The cryptography in use: `node:crypto` or `WebCrypto`. */
  readonly backend: string
  /** The signature algorithms, in JOSE names. */
  readonly signature: readonly string[]
  /** The key management algorithms of a JWE. */
  readonly management: readonly string[]
  /** The content encryption algorithms of a JWE. */
  readonly content: readonly string[]
  /** The curves of EC and OKP keys. */
  readonly curves: readonly string[]
}

/** @see the door's `capabilities` */
export function capabilitiesOf({ name, supports }: Pick<Backend, 'name' | 'supports'>): Capabilities {
  const idsOf = <Row extends { readonly id: string }>(
    rows: Iterable<Row>,
    needs: (row: Row) => PlatformNeeds,
  ): readonly string[] => Object.freeze([...rows].filter((row) => supports(needs(row))).map(({ id }) => id))
  return Object.freeze({
    backend: name,
    signature: idsOf(SIGNATURE.values(), ({ hash, generate: key }) => ({ ...(hash && { hash }), key })),
    management: idsOf(MANAGEMENT.values(), managementNeeds),
    content: idsOf(CONTENT.values(), contentNeeds),
    curves: idsOf(CURVE.values(), ({ id, kty }) => ({ key: { kty, crv: id } })),
  })
}

function managementNeeds(row: ManagementAlg): PlatformNeeds {
  return {
    ...('hash' in row && { hash: row.hash }),
    ...('kekBits' in row && row.kekBits !== undefined && { aesBits: row.kekBits }),
    ...(row.generate && { key: row.generate }),
  }
}

const contentNeeds = ({ family, cekBits }: ContentAlg): PlatformNeeds => ({
  aesBits: family === 'gcm' ? cekBits : cekBits / 2,
})
