import { misfit, nearestMisfit, type Table } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import type { Sourcing } from '../crypto/backend.ts'
import { JoseError, show } from '../errors.ts'
import { type KeySource, toSource } from '../source/source.ts'

/** The allow-list as a table. @throws TypeError for an empty one, and for names that are no algorithms */
export function toAlgorithms(names: unknown): Table<SignatureAlg> {
  if (names === undefined) return SIGNATURE
  if (!Array.isArray(names) || names.length === 0) throw new TypeError('algorithms is an array with at least one name')
  return new Map(
    names.map((name: unknown) => {
      const row = typeof name === 'string' ? SIGNATURE.get(name) : undefined
      if (row === undefined)
        throw new TypeError(`algorithms names ${show(name)}; known are ${[...SIGNATURE.keys()].join(', ')}`)
      return [row.id, row]
    }),
  )
}

/**
 * The keys as a source, once it is clear that they could ever verify something.
 *
 * @param algorithms - the caller's allow-list, or every algorithm there is
 * @throws {TypeError} for what is no source of keys, and for a list that invites a public key to be used as a secret
 * @throws {JoseError} for keys that are refused
 */
export function checkedSource(keys: unknown, algorithms: Table<SignatureAlg>, backend: Sourcing): KeySource {
  const rows = [...algorithms.values()]
  const macs = rows.filter(({ family }) => family === 'hmac').length
  if (algorithms !== SIGNATURE && macs > 0 && macs < rows.length && !Array.isArray(keys)) {
    throw new TypeError('algorithms names HMACs beside signatures: no one key is right for both')
  }
  const source = toSource(keys, backend)
  const { only } = source
  if (only && rows.every((alg) => misfit(alg, only, 'verify'))) {
    const { code, why } = nearestMisfit(rows, only, 'verify')
    throw new JoseError(code, why)
  }
  return source
}
