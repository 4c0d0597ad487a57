import { CommandError } from '../../diagnosis/told.ts'
import type { Key } from '../../key/key.ts'
import type { GivenKey } from './keys.ts'

/** What a key is, in few words: `EC P-256`, `RSA 2048`, `Ed25519`. */
export function sortOf({ kty, crv, bits, alg }: Pick<Key, 'kty' | 'crv' | 'bits' | 'alg'>): string {
  if (kty === 'RSA') return `RSA ${bits}`
  if (kty === 'EC') return `EC ${crv}`
  if (kty === 'oct') return `${bits / 8} bytes`
  return crv ?? alg ?? kty
}

/** What a source holds, in words: `a public key (PUBLIC KEY, EC P-256)`. */
export function contentOf({ key, form }: GivenKey): string {
  const what = key.kind === 'secret' ? 'a secret' : `a ${key.kind} key`
  return `${what} (${form === undefined ? '' : `${form}, `}${sortOf(key)})`
}

/** Labels that a private key may have besides that of every kind. */
const OWN_LABEL: Readonly<Record<string, string>> = {
  EC: ' or -----BEGIN EC PRIVATE KEY-----',
  RSA: ' or -----BEGIN RSA PRIVATE KEY-----',
}

/** Said of a public key where only a private one will do. */
export function publicAlone(given: GivenKey, doing: 'sign' | 'decrypt'): CommandError {
  const { name } = given
  const see = name.startsWith('@') ? ` See \`countersign key inspect ${name}\`.` : ''
  return new CommandError('CS_KEY_TYPE', `cannot ${doing}: ${name} holds ${contentOf(given)}.`, {
    hint: `pass the private key, ${privateForm(given)}.${see}`,
  })
}

/** By what a private key is known, in the form that the public one came in. */
function privateForm({ key, form = '' }: GivenKey): string {
  if (form.endsWith('JWK')) return `the JWK that has a member ${key.kty === 'AKP' ? 'priv' : 'd'}`
  if (form.startsWith('DER')) return 'which is a file of its own'
  return `a file that starts -----BEGIN PRIVATE KEY-----${OWN_LABEL[key.kty] ?? ''}`
}
