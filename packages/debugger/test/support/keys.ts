import { importKey, type Jwk } from 'countersign'
import { signJws } from 'countersign/jws'
import { der, derOf, jwkFor, nodePair, oid, pemOf, publicMembers, TAG } from '../../../countersign/test/support/keys.ts'

export { jwkFor, pemOf, publicMembers }

/** The key that signs with an algorithm, and a stranger of its kind. */
export const keyFor = (alg: string, which: 0 | 1 = 0): Jwk => jwkFor(alg.replace(/^PS/, 'RS'), which)

/**
 * A token of these claims, signed by the library.
 *
 * @param by - another key than the usual one; all else are members of the header
 */
export async function sign(
  claims: string | object,
  alg: string,
  { by = keyFor(alg), ...header }: { readonly by?: Jwk; readonly [member: string]: unknown } = {},
): Promise<string> {
  const payload = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const { alg: _, kid: __, use: ___, ...bare } = by
  const key = importKey(by.kty === 'AKP' ? by : (bare as Jwk))
  return (await signJws(payload, { key, alg, protected: { typ: 'JWT', ...header } })) as string
}

const pem = (label: string, octets: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(octets)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trim()}\n-----END ${label}-----\n`

/** A certificate for a public key; nobody vouches for it, and nobody asks (RFC 5280 §4.1). */
export function certificateFor(publicJwk: Jwk): string {
  const spki = derOf(pemOf(publicJwk))
  const name = der(TAG.sequence)
  const utcTime = (text: string): Uint8Array => der(0x17, Buffer.from(text))
  const algorithm = der(TAG.sequence, oid('rsa'), der(TAG.null))
  const validity = der(TAG.sequence, utcTime('250101000000Z'), utcTime('350101000000Z'))
  const version = der(TAG.context0, der(TAG.integer, [2]))
  const content = der(TAG.sequence, version, der(TAG.integer, [7]), algorithm, name, validity, name, spki)
  return pem('CERTIFICATE', der(TAG.sequence, content, algorithm, der(TAG.bits, [0], new Uint8Array(64))))
}

/** What a public key, or the private one that it belongs to, may be given as. */
export function formsOf(alg: string, kid: string): Readonly<Record<string, string>> {
  const own = keyFor(alg)
  const open = publicMembers(own)
  const { privateKey, publicKey } = nodePair(own)
  const strangers = (['RS256', 'ES256', 'Ed25519'] as const).map((other) => ({
    ...publicMembers(keyFor(other, 1)),
    kid: `${other} of a stranger`,
  }))
  const forms: Record<string, string> = {
    SPKI: pemOf(open),
    'PKCS#8': pemOf(own),
    JWK: JSON.stringify(open),
    'JWK Set': JSON.stringify({ keys: [...strangers, { ...open, kid }] }),
  }
  if (own.kty === 'AKP') return forms
  forms['X.509'] = certificateFor(open)
  if (own.kty === 'RSA') forms['PKCS#1'] = publicKey.export({ type: 'pkcs1', format: 'pem' }) as string
  if (own.kty === 'EC') forms['SEC 1'] = privateKey.export({ type: 'sec1', format: 'pem' }) as string
  return forms
}
