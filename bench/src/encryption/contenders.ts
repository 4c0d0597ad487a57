import { type KeyObject, webcrypto } from 'node:crypto'
import { importKey, type Key, secretKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import * as jose from 'jose'
import { BARE_NAME, type Contender } from '../contender.ts'
import { bare } from './bare.ts'
import { type Keys, KID, type Sample, type Scheme } from './workload.ts'

/**
 * A contender with its keys imported and its options said. Encrypting gives a token, or its parts in octets.
 * Decrypting gives the plaintext; a refusal is thrown.
 */
export interface Tool {
  encrypt(sample: Pick<Sample, 'plaintext'>): unknown
  decrypt(sample: Sample): unknown
}

export const OURS = 'countersign/jwe'
export const JOSE = 'jose'

export const CONTENDERS: readonly Contender<Scheme, Keys, Tool>[] = [
  { name: OURS, prepare: countersign },
  { name: JOSE, prepare: byJose },
  { name: BARE_NAME, prepare: bare },
]

const privatePem = ({ decrypt }: Keys): string => decrypt.export({ format: 'pem', type: 'pkcs8' }).toString()
const publicPem = ({ encrypt }: Keys): string => encrypt.export({ format: 'pem', type: 'spki' }).toString()

/** With a shared key the name of the algorithm is that of the content encryption. */
export function ourKeys({ alg, enc }: Scheme, keys: Keys): { readonly encrypt: Key; readonly decrypt: Key } {
  if (keys.encrypt.type === 'secret') {
    const key = secretKey(keys.encrypt.export(), alg === 'dir' ? enc : alg, { kid: KID })
    return { encrypt: key, decrypt: key }
  }
  const options = { alg, kid: KID }
  return { encrypt: importKey(publicPem(keys), options), decrypt: importKey(privatePem(keys), options) }
}

function countersign(scheme: Scheme, pair: Keys): Tool {
  const { enc } = scheme
  const keys = ourKeys(scheme, pair)
  return {
    encrypt: ({ plaintext }) => encryptJwe(plaintext, { key: keys.encrypt, enc }),
    decrypt: async ({ token }) => (await decryptJwe(token, { keys: keys.decrypt })).plaintext,
  }
}

async function byJose(scheme: Scheme, pair: Keys): Promise<Tool> {
  const { alg, enc } = scheme
  const keys = await joseKeys(scheme, pair)
  // A key of ours says this about itself.
  const options = { keyManagementAlgorithms: [alg] }
  return {
    encrypt: ({ plaintext }) =>
      new jose.CompactEncrypt(plaintext).setProtectedHeader({ alg, enc, kid: KID }).encrypt(keys.encrypt),
    decrypt: async ({ token }) => (await jose.compactDecrypt(token, keys.decrypt, options)).plaintext,
  }
}

type JoseKey = jose.CryptoKey | Uint8Array

/** CryptoKeys, which spare jose an import in each call; for a CBC content it takes a shared key in octets alone. */
export async function joseKeys(
  { alg, enc }: Scheme,
  pair: Keys,
): Promise<{ readonly encrypt: JoseKey; readonly decrypt: JoseKey }> {
  if (pair.encrypt.type === 'secret') {
    const key = await sharedKey(pair.encrypt, alg, enc)
    return { encrypt: key, decrypt: key }
  }
  const encrypt = await jose.importSPKI(publicPem(pair), alg)
  return { encrypt, decrypt: await jose.importPKCS8(privatePem(pair), alg) }
}

async function sharedKey(key: KeyObject, alg: string, enc: string): Promise<JoseKey> {
  const octets = key.export()
  if (alg === 'dir' && enc !== 'A256GCM') return octets
  return alg === 'dir'
    ? webcrypto.subtle.importKey('raw', octets, 'AES-GCM', false, ['encrypt', 'decrypt'])
    : webcrypto.subtle.importKey('raw', octets, 'AES-KW', false, ['wrapKey', 'unwrapKey'])
}
