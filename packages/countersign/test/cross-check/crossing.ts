import { capabilities, exportJwk, exportPem, generateKey, importKey, type Jwk, type Key, publicKey } from 'countersign'
import type * as jose from 'jose'
import { SIGNATURE } from '../../src/alg/signature.ts'

/** An algorithm, with the curve beside it where that one name covers two. */
export interface Row {
  readonly name: string
  readonly alg: string
  /** The algorithm whose keys it takes. One RSA pair serves all six, since making one is slow. */
  readonly maker: string
}

const { signature } = capabilities()

/** Every algorithm of this runtime, and EdDSA on its second curve (RFC 8037 §3.1). */
export const ROWS: readonly Row[] = [
  ...[...SIGNATURE.values()].map(({ id, family }) => ({
    name: id,
    alg: id,
    maker: family === 'rsa' || family === 'pss' ? 'RS256' : id,
  })),
  { name: 'EdDSA on Ed448', alg: 'EdDSA', maker: 'Ed448' },
].filter(({ maker }) => signature.includes(maker))

/** A key as it goes across: in the forms that peers take, written by countersign. */
export interface Crossing extends Row {
  readonly signing: Key
  readonly verifying: Key
  /** As JWKs of jose's type, which differs from ours in being mutable. */
  readonly jwk: jose.JWK
  readonly openJwk: jose.JWK
  /** As PEM; a secret is its octets. */
  readonly pem: string | Buffer
  readonly openPem: string | Buffer
}

const made = new Map<string, Promise<readonly [Jwk, Jwk]>>()

/** Two keys for an algorithm: one that signs, and a stranger. */
export async function keysFor(row: Row): Promise<readonly [own: Crossing, strange: Crossing]> {
  const making = made.get(row.maker) ?? Promise.all([newJwk(row.maker), newJwk(row.maker)])
  made.set(row.maker, making)
  const [own, strange] = await making
  return [await toCrossing(row, own), await toCrossing(row, strange)]
}

/** As `keysFor`, for an algorithm by its name. */
export async function keysOf(name: string): Promise<readonly [own: Crossing, strange: Crossing]> {
  const row = ROWS.find((one) => one.name === name)
  if (row === undefined) throw new TypeError(`no ${name}`)
  return keysFor(row)
}

async function newJwk(alg: string): Promise<Jwk> {
  return withoutNames(await exportJwk(await generateKey(alg)))
}

async function toCrossing(row: Row, jwk: Jwk): Promise<Crossing> {
  const signing = importKey(jwk, { alg: row.alg })
  const verifying = signing.kind === 'secret' ? signing : await publicKey(signing)
  const [pem, openPem] = [await pemOrOctets(signing), await pemOrOctets(verifying)]
  return { ...row, signing, verifying, jwk: await joseJwk(signing), openJwk: await joseJwk(verifying), pem, openPem }
}

async function pemOrOctets(key: Key): Promise<string | Buffer> {
  return key.kind === 'secret' ? Buffer.from((await exportJwk(key)).k ?? '', 'base64url') : exportPem(key)
}

/** A JWK that says neither its kid nor, unless it is a part of the key, its alg (RFC 9964 §3). */
export function withoutNames({ kid: _, alg, ...jwk }: Jwk): Jwk {
  return jwk.kty === 'AKP' && alg !== undefined ? { ...jwk, alg } : jwk
}

/** A JWK of ours as jose's type has it, which differs in being mutable. */
export const joseJwk = async (key: Key): Promise<jose.JWK> => (await exportJwk(key)) as jose.JWK

/** What jose does not have, and why. */
export const JOSE_LACKS: ReadonlyMap<string, string> = new Map([
  ['ES256K', 'it has no secp256k1'],
  ['Ed448', 'it has no Ed448'],
  ['EdDSA on Ed448', 'its EdDSA is on Ed25519 alone'],
])

/** What jose has. */
export const JOSE_ROWS: readonly Row[] = ROWS.filter(({ name }) => !JOSE_LACKS.has(name))

/**
 * Leaves one warning unprinted: jose has ML-DSA of WebCrypto, which Node calls experimental. countersign takes that of
 * node:crypto, where nothing warns.
 */
export function tidyWarnings(): void {
  if (typeof process === 'undefined' || typeof process.removeAllListeners !== 'function') return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning' || !/^The ML-DSA-\d\d Web Crypto API/.test(warning.message))
      process.stderr.write(`${warning.stack}\n`)
  })
}
