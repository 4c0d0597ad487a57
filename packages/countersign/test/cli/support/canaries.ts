import { createPrivateKey } from 'node:crypto'
import { jwkFor } from '../../support/keys.ts'

/** Something that only its owner may see, and every spelling in which it would be recognised. */
export interface Canary {
  readonly name: string
  readonly bytes: Uint8Array
}

const text = (name: string, value: string): Canary => ({ name, bytes: new TextEncoder().encode(value) })

export const SECRET = 'cAnary-7f3A9-secret-0123456789-Xyzzy'
export const PASSWORD = 'pAssword-4Canary-98765'
export const PASSPHRASE = 'pHrase-5Canary-13579'
export const CLAIM = 'cLaim-6Canary-24680'

/** A private key, and the same encrypted under the passphrase. */
export const PRIVATE = jwkFor('ES256', 0)
export const RSA = jwkFor('RS256', 0)
const key = createPrivateKey({ key: PRIVATE as never, format: 'jwk' })
export const PEM: string = key.export({ type: 'pkcs8', format: 'pem' }).toString()
export const SEC1: string = key.export({ type: 'sec1', format: 'pem' }).toString()
export const ENCRYPTED_PEM: string = key
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
  .toString()

const member = (name: string, value: string | undefined): Canary => ({
  name,
  bytes: Buffer.from(value ?? '', 'base64url'),
})

export const CANARIES: readonly Canary[] = [
  text('the secret', SECRET),
  text('the password', PASSWORD),
  text('the passphrase', PASSPHRASE),
  member('d of the EC key', PRIVATE.d),
  member('d of the RSA key', RSA.d),
  member('p of the RSA key', RSA.p),
]

/** Each spelling of some octets: as they are, in hex, and in base64 wherever in a longer text they begin. */
function spellings({ bytes }: Canary): readonly string[] {
  const octets = Buffer.from(bytes)
  const inBase64 = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), octets])
      .toString('base64')
      .replace(/=+$/, '')
    return shifted.slice(before === 0 ? 0 : 4, -2)
  })
  const inBase64url = inBase64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_'))
  const hex = octets.toString('hex')
  const plain = octets.toString('utf8')
  return [...(plain.includes('\ufffd') ? [] : [plain]), ...inBase64, ...inBase64url, hex, hex.toUpperCase()]
}

const SPELLINGS: readonly (readonly [name: string, spelling: string])[] = CANARIES.flatMap((canary) =>
  spellings(canary).map((spelling) => [canary.name, spelling] as const),
)

/** Which of them is in some output, however it is spelled; lines that were folded are one text. */
export function leakedIn(output: string): string | undefined {
  const joined = output.replaceAll(/\\n|\s|\p{Cc}\[\d+m/gu, '')
  return SPELLINGS.find(([, spelling]) => output.includes(spelling) || joined.includes(spelling))?.[0]
}
