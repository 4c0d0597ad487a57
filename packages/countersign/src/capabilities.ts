import { SIGNATURE } from './alg/signature.ts'
import type { Backend } from './crypto/backend.ts'
import { CURVE } from './key/curve.ts'

/** What this runtime can do. */
export interface Capabilities {
  /** The cryptography in use, such as `node:crypto`. */
  readonly backend: string
  /** The signature algorithms, in JOSE names. */
  readonly signature: readonly string[]
  /** The curves of EC and OKP keys. */
  readonly curves: readonly string[]
}

/** @see the door's `capabilities` */
export function capabilitiesOf(backend: Pick<Backend, 'name' | 'supports'>): Capabilities {
  const rows = [...SIGNATURE.values()].filter((row) => backend.supports(row, row.generate))
  const curves = new Set(
    rows.flatMap((row) => row.crv?.filter((crv) => backend.supports(row, { ...row.generate, crv })) ?? []),
  )
  return Object.freeze({
    backend: backend.name,
    signature: Object.freeze(rows.map((row) => row.id)),
    curves: Object.freeze([...CURVE.keys()].filter((crv) => curves.has(crv))),
  })
}
