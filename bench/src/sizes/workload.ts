import { type Claims, newClaims } from '../signing/workload.ts'

/** A claims set to measure with. */
export interface Size {
  readonly name: string
  /** The octets of its JSON, roughly, with what a signer adds. */
  readonly octets: number
}

export const SIZES = [
  { name: '0.3 kB', octets: 300 },
  { name: '3 kB', octets: 3000 },
  // Some 16,100 characters as a token, of which 16,384 are taken by default.
  { name: '12 kB', octets: 12_000 },
] as const satisfies readonly Size[]

/** What iss, aud, iat and exp take. */
const ADDED_OCTETS = 80
const AREAS = ['orders', 'invoices', 'customers', 'reports', 'warehouses', 'deliveries', 'contracts']
const RIGHTS = ['read', 'write', 'delete', 'approve', 'export']

/** Claims of a person with as many permissions as make the size. */
export function claimsOf({ octets }: Size, index: number): Claims {
  const permissions: string[] = []
  const claims = {
    ...newClaims(index),
    roles: ['clerk', 'auditor'],
    address: { street: '1 High Street', city: 'Springfield', zip: '12345', location: { lat: 47.25, lon: -122.5 } },
    permissions,
  }
  let length = JSON.stringify(claims).length + ADDED_OCTETS
  for (let turn = 0; length < octets; turn++) {
    const permission = `${AREAS[turn % AREAS.length]}/${turn}:${RIGHTS[turn % RIGHTS.length]}`
    permissions.push(permission)
    length += permission.length + 3
  }
  return claims
}
