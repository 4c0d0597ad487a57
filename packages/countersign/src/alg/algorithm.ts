import { CONTENT, type ContentAlg } from './content.ts'
import { MANAGEMENT, type ManagementAlg } from './management.ts'
import type { Table } from './needs.ts'
import { SIGNATURE, type SignatureAlg } from './signature.ts'

/** Every algorithm that a key may name as its `alg`. */
export const ALGORITHM: Table<SignatureAlg | ManagementAlg | ContentAlg> = new Map<
  string,
  SignatureAlg | ManagementAlg | ContentAlg
>([...SIGNATURE, ...MANAGEMENT, ...CONTENT])
