import type {
  createEncrypter,
  createSigner,
  exportPem,
  generateKey,
  importKey,
  keySet,
  remoteKeySet,
  secretKey,
} from 'countersign'
import { canaryText, KINDS, type Kind, PASSPHRASE, PRIVATE, SECRET_TEXT } from './canaries.ts'
import type { Canary } from './detector.ts'

/** What both doors have in common. */
interface Door {
  readonly importKey: typeof importKey
  readonly secretKey: typeof secretKey
  readonly keySet: typeof keySet
  readonly exportPem: (...args: Parameters<typeof exportPem>) => unknown
  readonly generateKey: (...args: Parameters<typeof generateKey>) => unknown
  readonly createSigner: (...args: Parameters<typeof createSigner>) => unknown
  readonly createEncrypter: (...args: Parameters<typeof createEncrypter>) => unknown
  readonly remoteKeySet: typeof remoteKeySet
}

/** Something wrong with a key, and what is put into it. */
export interface BadKey {
  readonly what: string
  readonly act: (door: Door) => unknown
  readonly canaries?: readonly Canary[]
}

type Jwk = Readonly<Record<string, unknown>>
const flipped = (text: string): string => Buffer.from(text, 'base64url').reverse().toString('base64url')

/** Each way to spoil a private JWK. */
const JWKS: readonly (readonly [what: string, spoil: (jwk: Jwk, kind: Kind) => unknown])[] = [
  ['d of another length', (jwk) => ({ ...jwk, d: `${jwk['d']}AAAA` })],
  ['d that is no base64url', (jwk) => ({ ...jwk, d: `${jwk['d']}=` })],
  ['d with a space', (jwk) => ({ ...jwk, d: ` ${jwk['d']}` })],
  ['d in a list', (jwk) => ({ ...jwk, d: [jwk['d']] })],
  ['d in an object', (jwk) => ({ ...jwk, d: { value: jwk['d'] } })],
  ['d that does not fit', (jwk) => ({ ...jwk, d: flipped(String(jwk['d'])) })],
  ['an unknown kty', (jwk) => ({ ...jwk, kty: 'XYZ' })],
  ['no kty', ({ kty: _, ...jwk }) => jwk],
  ['a kty of another kind', (jwk) => ({ ...jwk, kty: jwk['kty'] === 'RSA' ? 'EC' : 'RSA' })],
  ['an unknown alg', (jwk) => ({ ...jwk, alg: 7 })],
  ['a use that is none', (jwk) => ({ ...jwk, use: ['sig'] })],
  ['key_ops that are none', (jwk) => ({ ...jwk, key_ops: 'sign' })],
  ['a kid that is no text', (jwk) => ({ ...jwk, kid: { d: jwk['d'] } })],
  ['a JWK in a list', (jwk) => [jwk]],
  ['a JWK as text', (jwk) => JSON.stringify(jwk)],
  ['half a JWK as text', (jwk) => JSON.stringify(jwk).slice(0, -10)],
  ['d as text', (jwk) => jwk['d']],
]

/** Each way to spoil a PEM. */
const PEMS: readonly (readonly [what: string, spoil: (pem: string) => string])[] = [
  ['the label of a public key', (pem) => pem.replaceAll(/[A-Z ]*PRIVATE KEY/g, 'PUBLIC KEY')],
  ['the label of a certificate', (pem) => pem.replaceAll(/[A-Z ]*PRIVATE KEY/g, 'CERTIFICATE')],
  ['a label that nobody has', (pem) => pem.replaceAll('PRIVATE KEY', 'SECRET')],
  ['no end', (pem) => pem.replace(/-----END[\s\S]*$/, '')],
  ['no beginning', (pem) => pem.replace(/^-----BEGIN.*-----/, '')],
  ['no labels', (pem) => pem.replaceAll(/-----.*-----/g, '')],
  ['half of it', (pem) => pem.replace(/([\s\S]{60})[\s\S]*(-----END[\s\S]*)/, '$1\n$2')],
  ['a letter that is none', (pem) => pem.replace(/.\n-----END/, '!\n-----END')],
  ['an octet more', (pem) => pem.replace(/\n-----END/, 'AAAA\n-----END')],
  ['it twice', (pem) => pem + pem],
  ['text before it', (pem) => `# ${pem}`.replaceAll('\n', ' ')],
]

/** Texts of spoiled private keys, as they may lie in files. */
export const SPOILED: readonly (readonly [what: string, text: string])[] = KINDS.flatMap((kind) => [
  ...JWKS.map(([what, spoil]) => [`${kind}, ${what}`, JSON.stringify(spoil(PRIVATE[kind].jwk, kind))] as const),
  ...PRIVATE[kind].pems.flatMap((pem, form) =>
    PEMS.map(([what, spoil]) => [`${kind}, PEM ${form + 1}, ${what}`, spoil(pem)] as const),
  ),
])

/** Every way in which a key, a secret or a passphrase can be wrong here. */
export function badKeys(): readonly BadKey[] {
  const text = canaryText()
  const own = [{ name: 'the text', value: text }]
  const octets = new TextEncoder().encode(text)
  const secrets: readonly (readonly [string, (door: Door) => unknown])[] = [
    ['a secret of text in the place of a PEM', ({ importKey: take }) => take(text)],
    [
      'a secret that is too short for its algorithm',
      ({ secretKey: take }) => take({ text: text.slice(0, 31) }, 'HS256'),
    ],
    ['a secret that is no base64', ({ secretKey: take }) => take({ base64: `${text}!` })],
    ['a secret that is no base64url', ({ secretKey: take }) => take({ base64url: `${text}=` })],
    ['a secret that is no hex', ({ secretKey: take }) => take({ hex: text })],
    ['a secret in a member that is none', ({ secretKey: take }) => take({ utf8: text } as never)],
    ['a secret in two members', ({ secretKey: take }) => take({ text, hex: text } as never)],
    ['a secret that is a text', ({ secretKey: take }) => take(text as never)],
    ['a secret that is a list', ({ secretKey: take }) => take([...octets] as never)],
    ['a secret in the place of alg', ({ secretKey: take }) => take({ text }, 'HS512')],
    ['a secret that is a PEM', ({ secretKey: take }) => take({ text: PRIVATE.EC.pems[0] ?? '' })],
    ['a secret that is a JWK', ({ secretKey: take }) => take({ text: JSON.stringify(PRIVATE.RSA.jwk) })],
    ['an oct JWK whose k is no base64url', ({ importKey: take }) => take({ kty: 'oct', k: `${text}=` } as never)],
    [
      'an oct JWK whose k is too short',
      ({ importKey: take }) =>
        take({ kty: 'oct', alg: 'HS512', k: Buffer.from(octets.subarray(0, 40)).toString('base64url') } as never),
    ],
    [
      'a passphrase for a PEM that has none',
      ({ importKey: take }) => take(PRIVATE.EC.pems[0] ?? '', { passphrase: 7 as never }),
    ],
    ['a wrong passphrase', ({ importKey: take }) => take(PRIVATE.RSA.pems[2] ?? '', { passphrase: text })],
    ['no passphrase', ({ importKey: take }) => take(PRIVATE.RSA.pems[2] ?? '')],
    [
      'a passphrase in the place of the options',
      ({ importKey: take }) => take(PRIVATE.EC.pems[2] ?? '', PASSPHRASE as never),
    ],
    ['a secret in the place of a set', ({ keySet: take }) => take(text as never)],
    ['a signer with a secret of text', ({ createSigner: make }) => make({ key: SECRET_TEXT as never, expiresIn: 60 })],
    [
      'a signer with a secret that is too short',
      ({ createSigner: make, secretKey: take }) =>
        make({ key: take({ text: text.slice(0, 31) }), alg: 'HS256', expiresIn: 60 }),
    ],
    ['a signer with a JWK', ({ createSigner: make }) => make({ key: PRIVATE.EC.jwk as never, expiresIn: 60 })],
    [
      'an encrypter with a PEM',
      ({ createEncrypter: make }) => make({ key: PRIVATE.RSA.pems[0] as never, expiresIn: 60 } as never),
    ],
    ['an export of a secret as PEM', ({ exportPem: make, secretKey: take }) => make(take({ text }))],
    ['a secret in the place of an algorithm', ({ generateKey: make }) => make(text.slice(0, 9).repeat(20) as never)],
  ]
  const sets: readonly (readonly [string, unknown])[] = [
    ['a secret beside a private key', [PRIVATE.EC.jwk, { kty: 'oct', k: text }]],
    ['a private key that is a text', [JSON.stringify(PRIVATE.EC.jwk)]],
    ['keys that are a text', JSON.stringify([PRIVATE.EC.jwk])],
    ['keys that are an object', { 0: PRIVATE.EC.jwk }],
  ]
  return [
    ...secrets.map(([what, act]): BadKey => ({ what, act, canaries: own.filter(() => !/algorithm$/.test(what)) })),
    ...sets.map(
      ([what, keys]): BadKey => ({
        what: `a set of ${what}`,
        act: ({ keySet: take }) => take({ keys } as never),
        canaries: own,
      }),
    ),
    ...KINDS.flatMap((kind) =>
      JWKS.map(
        ([what, spoil]): BadKey => ({
          what: `${kind}, ${what}`,
          act: ({ importKey: take }) => take(spoil(PRIVATE[kind].jwk, kind) as never),
        }),
      ),
    ),
    ...KINDS.flatMap((kind) =>
      PRIVATE[kind].pems.flatMap((pem, form) =>
        PEMS.map(
          ([what, spoil]): BadKey => ({
            what: `${kind}, PEM ${form + 1}, ${what}`,
            act: ({ importKey: take }) => take(spoil(pem), form === 2 ? { passphrase: PASSPHRASE } : {}),
          }),
        ),
      ),
    ),
  ]
}
