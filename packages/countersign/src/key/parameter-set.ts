import { type Table, table } from '../alg/needs.ts'

/** A parameter set of ML-DSA (FIPS 204 §4, RFC 9964 §3): a JWK of kty AKP names it as its alg. */
export interface ParameterSet {
  /** The object identifier, as the content of its DER, in hex (RFC 9881 §2). */
  readonly oid: string
  readonly publicOctets: number
  /** The octets of the seed, which is the private key. */
  readonly seedOctets: number
  readonly signatureOctets: number
}

/** Every parameter set of an AKP key, by its alg. */
export const PARAMETER_SET: Table<ParameterSet & { readonly id: string }> = table<ParameterSet>({
  'ML-DSA-44': { oid: '608648016503040311', publicOctets: 1312, seedOctets: 32, signatureOctets: 2420 },
  'ML-DSA-65': { oid: '608648016503040312', publicOctets: 1952, seedOctets: 32, signatureOctets: 3309 },
  'ML-DSA-87': { oid: '608648016503040313', publicOctets: 2592, seedOctets: 32, signatureOctets: 4627 },
})
