import type { ContentScheme, KeySpec } from '../crypto/backend.ts'
import { type Needs, type Table, table } from './needs.ts'

/** A content encryption algorithm (RFC 7518 §5.1). As a `Needs` it is what `dir` asks of a key: that of the content. */
export interface ContentAlg extends Needs, ContentScheme {
  readonly ivOctets: number
  readonly tagOctets: number
  readonly generate: KeySpec
}

const gcm = (bits: number): Omit<ContentAlg, 'id'> => row('gcm', bits, 12, 16)

/** The CEK is a MAC key and an AES key, and the tag half of the MAC (RFC 7518 §5.2.2.1). */
const cbc = (bits: number): Omit<ContentAlg, 'id'> => row('cbc', bits, 16, bits / 16)

function row(family: ContentAlg['family'], bits: number, ivOctets: number, tagOctets: number): Omit<ContentAlg, 'id'> {
  return {
    ...({ use: 'enc', kty: ['oct'], alias: DIRECT, sizes: [bits], generate: { kty: 'oct', bits } } as const),
    work: family === 'gcm' ? { encrypt: 'seal', decrypt: 'open' } : { encrypt: 'octets', decrypt: 'octets' },
    ...{ family, cekBits: bits, ivOctets, tagOctets },
  }
}

/** What `alg` says where the key of the content is the shared key itself (RFC 7518 §4.5). */
export const DIRECT = 'dir'

/** Every content encryption algorithm. */
export const CONTENT: Table<ContentAlg> = table<Omit<ContentAlg, 'id'>>({
  A128GCM: gcm(128),
  A192GCM: gcm(192),
  A256GCM: gcm(256),
  'A128CBC-HS256': cbc(256),
  'A192CBC-HS384': cbc(384),
  'A256CBC-HS512': cbc(512),
})

/** The content encryption where the caller names none and the key decides nothing. */
export const CONTENT_BY_DEFAULT = 'A256GCM'
