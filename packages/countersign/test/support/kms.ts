/**
 * Stands for a key management service, as a program of its own: `node kms.ts FOLDER`. It makes its keys, keeps them in
 * the folder, and gives out their public halves and signatures alone. It ends with its standard input.
 *
 * | request | answer |
 * |---|---|
 * | `GET /keys/ID?format=` `pem`, `der` or `jwk` | the public key: SPKI, or a JWK with the habits of Azure Key Vault |
 * | `POST /keys/ID/sign` `{ algorithm, message }` or `{ algorithm, digest }`, base64 | `{ signature }`, base64 |
 * | `POST /keys/ID/rotate` | another key under the same name |
 * | `POST /orders` `["500", "hang-up", …]` | what to do at the next requests to sign, one order for each |
 * | `POST /held` `n` | nothing, as soon as n requests to sign are held |
 * | `POST /release` | the held ones go on, the last one first |
 *
 * All but the last three demand the credential, which the first line of the standard output tells with the port.
 */
import * as crypto from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'

const [folder = ''] = process.argv.slice(2)
if (folder === '') throw new TypeError('the folder for the keys is missing')
const CREDENTIAL = `Bearer ${crypto.randomBytes(24).toString('base64url')}`
/** A message is taken whole up to this size; what is longer has to come as a digest. */
const MESSAGE_OCTETS = 4096

type Kind = 'p256' | 'p384' | 'rsa' | 'ed25519'

const KINDS: Readonly<Record<Kind, () => crypto.KeyObject>> = {
  p256: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  rsa: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ed25519: () => crypto.generateKeyPairSync('ed25519').privateKey,
}

/** ECDSA takes the curve in the words of ECDH, and the order of its base point (SP 800-186 §3.2.1). */
const CURVES = {
  p256: ['prime256v1', 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
  p384: [
    'secp384r1',
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ],
} as const

interface Algorithm {
  readonly kind: Kind
  /** Left out by Ed25519, which takes messages alone. */
  readonly hash?: 'sha256' | 'sha384'
  readonly sign: (digest: Buffer, key: crypto.KeyObject) => Buffer
}

/** In the words of AWS, with ECDSA in DER, and in those of Azure, with ECDSA as r || s. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['ECDSA_SHA_256', { kind: 'p256', hash: 'sha256', sign: (digest, key) => toDer(ecdsa('p256', digest, key)) }],
  ['ECDSA_SHA_384', { kind: 'p384', hash: 'sha384', sign: (digest, key) => toDer(ecdsa('p384', digest, key)) }],
  ['RSASSA_PKCS1_V1_5_SHA_256', { kind: 'rsa', hash: 'sha256', sign: pkcs1 }],
  ['RSASSA_PSS_SHA_256', { kind: 'rsa', hash: 'sha256', sign: pss }],
  ['ED25519_SHA_512', { kind: 'ed25519', sign: (message, key) => crypto.sign(null, message, key) }],
  ['ES256', { kind: 'p256', hash: 'sha256', sign: (digest, key) => Buffer.concat(ecdsa('p256', digest, key)) }],
  ['ES384', { kind: 'p384', hash: 'sha384', sign: (digest, key) => Buffer.concat(ecdsa('p384', digest, key)) }],
  ['RS256', { kind: 'rsa', hash: 'sha256', sign: pkcs1 }],
  ['PS256', { kind: 'rsa', hash: 'sha256', sign: pss }],
])

// Node signs messages alone, so what a service does with a digest is written out here.

const toInteger = (octets: Uint8Array): bigint => BigInt(`0x${Buffer.from(octets).toString('hex')}`)
const mod = (value: bigint, n: bigint): bigint => ((value % n) + n) % n

/** value⁻¹ modulo a prime, by Fermat. */
function inverse(value: bigint, n: bigint): bigint {
  let result = 1n
  for (let base = value, rest = n - 2n; rest > 0n; rest >>= 1n, base = (base * base) % n) {
    if (rest & 1n) result = (result * base) % n
  }
  return result
}

/** r and s of a digest that is as long as the order (FIPS 186-5 §6.4.1); ECDH multiplies the base point. */
function ecdsa(curve: keyof typeof CURVES, digest: Buffer, key: crypto.KeyObject): [r: Buffer, s: Buffer] {
  const [name, n] = CURVES[curve]
  const d = toInteger(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'))
  const nonce = crypto.createECDH(name)
  const point = nonce.generateKeys()
  const r = mod(toInteger(point.subarray(1, 1 + digest.length)), n)
  const s = mod(inverse(toInteger(nonce.getPrivateKey()), n) * (toInteger(digest) + r * d), n)
  if (r === 0n || s === 0n) return ecdsa(curve, digest, key)
  const [first, second] = [r, s].map((half) => Buffer.from(half.toString(16).padStart(2 * digest.length, '0'), 'hex'))
  return [first as Buffer, second as Buffer]
}

/** SEQUENCE { r, s } (RFC 3279 §2.2.3). */
function toDer(halves: readonly Buffer[]): Buffer {
  const integers = halves.map((half) => {
    const digits = half.subarray(half.findIndex((octet) => octet !== 0))
    const content = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits
    return Buffer.concat([Buffer.of(2, content.length), content])
  })
  const content = Buffer.concat(integers)
  return Buffer.concat([Buffer.of(0x30, content.length), content])
}

/** EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §9.2). */
function pkcs1(digest: Buffer, key: crypto.KeyObject): Buffer {
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest])
  return crypto.privateEncrypt({ key, padding: crypto.constants.RSA_PKCS1_PADDING }, info)
}

/** EMSA-PSS with SHA-256 and a salt of 32 octets, for a modulus of 2048 bits (RFC 8017 §9.1.1). */
function pss(digest: Buffer, key: crypto.KeyObject): Buffer {
  const sha256 = (...parts: readonly Buffer[]): Buffer =>
    crypto.createHash('sha256').update(Buffer.concat(parts)).digest()
  const salt = crypto.randomBytes(32)
  const hash = sha256(Buffer.alloc(8), digest, salt)
  const block = Buffer.concat([Buffer.alloc(190), Buffer.of(1), salt])
  const mask = Buffer.concat(Array.from({ length: 7 }, (_, count) => sha256(hash, Buffer.of(0, 0, 0, count))))
  const masked = block.map((octet, index) => octet ^ (mask[index] ?? 0))
  masked[0] = (masked[0] ?? 0) & 0x7f
  const encoded = Buffer.concat([masked, hash, Buffer.of(0xbc)])
  return crypto.privateEncrypt({ key, padding: crypto.constants.RSA_NO_PADDING }, encoded)
}

/** What ends a request with a status, and a reason for the log of whoever asked. */
class Refusal extends Error {
  readonly status: number
  constructor(status: number, reason: string) {
    super(reason)
    this.status = status
  }
}

const isKind = (id: string): id is Kind => Object.hasOwn(KINDS, id)

function keyOf(id: string, fresh = false): crypto.KeyObject {
  if (!isKind(id)) throw new Refusal(404, 'NotFoundException')
  const file = join(folder, `${id}.pem`)
  if (!fresh && existsSync(file)) return crypto.createPrivateKey(readFileSync(file))
  const key = KINDS[id]()
  writeFileSync(file, key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return key
}

function publicKey(id: string, format: string | null): string | Buffer {
  const key = crypto.createPublicKey(keyOf(id))
  if (format === 'pem') return key.export({ format, type: 'spki' })
  if (format === 'der') return key.export({ format, type: 'spki' })
  const jwk = key.export({ format: 'jwk' })
  // A key in an HSM has a kty of its own there, a kid that is a URL, and the key_ops of both of its halves.
  const azure = {
    ...jwk,
    kid: `https://vault.example/keys/${id}/1`,
    kty: `${jwk.kty}-HSM`,
    key_ops: ['sign', 'verify'],
  }
  return JSON.stringify({ key: azure })
}

function signature(id: string, { algorithm, message, digest }: Readonly<Record<string, unknown>>): string {
  const key = keyOf(id)
  const row = ALGORITHMS.get(String(algorithm))
  if (row === undefined || row.kind !== id) throw new Refusal(400, 'InvalidKeyUsageException')
  if ((typeof message === 'string') === (typeof digest === 'string')) throw new Refusal(400, 'ValidationException')
  const octets = Buffer.from(String(message ?? digest), 'base64')
  if (typeof message === 'string') {
    if (octets.length > MESSAGE_OCTETS) throw new Refusal(400, 'ValidationException: the message is too long')
    return row.sign(row.hash ? crypto.createHash(row.hash).update(octets).digest() : octets, key).toString('base64')
  }
  const { hash } = row
  if (hash === undefined || octets.length !== crypto.createHash(hash).digest().length)
    throw new Refusal(400, 'ValidationException: the digest has another length')
  return row.sign(octets, key).toString('base64')
}

const orders: string[] = []
const held: (() => void)[] = []
const waiting: { readonly count: number; readonly go: () => void }[] = []

function tellHeld(): void {
  for (const { count, go } of waiting) if (held.length >= count) go()
}

async function sign(id: string, body: unknown, response: ServerResponse): Promise<void> {
  const order = orders.shift()
  if (order === '500') throw new Refusal(500, 'KMSInternalException')
  if (order === 'hang-up') return void response.destroy()
  if (order === 'hold') {
    await new Promise<void>((resolve) => {
      held.push(resolve)
      tellHeld()
    })
  }
  const answer = JSON.stringify({ signature: signature(id, body as Readonly<Record<string, unknown>>) })
  if (order !== 'half') return void response.end(answer)
  response.writeHead(200, { 'content-length': answer.length })
  response.write(answer.slice(0, 20), () => response.destroy())
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [place, id = '', verb] = url.pathname.split('/').slice(1)
  const text = Buffer.concat(await request.toArray()).toString()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  if (place === 'orders') orders.push(...(body as string[]))
  else if (place === 'release') for (const go of held.splice(0).reverse()) go()
  else if (place === 'held') {
    await new Promise<void>((go) => {
      waiting.push({ count: Number(body), go })
      tellHeld()
    })
  } else if (request.headers.authorization !== CREDENTIAL) throw new Refusal(401, 'UnrecognizedClientException')
  else if (place !== 'keys') throw new Refusal(404, 'NotFoundException')
  else if (request.method === 'GET') return void response.end(publicKey(id, url.searchParams.get('format')))
  else if (verb === 'sign') return sign(id, body, response)
  else if (verb === 'rotate') keyOf(id, true)
  else throw new Refusal(404, 'NotFoundException')
  response.end()
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    response.statusCode = error instanceof Refusal ? error.status : 500
    response.end(error instanceof Refusal ? error.message : 'InternalError')
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  console.log(JSON.stringify({ port, credential: CREDENTIAL }))
})
// Whoever started this holds the other end: with that process gone there is nobody left to ask.
process.stdin.resume().on('end', () => process.exit())
