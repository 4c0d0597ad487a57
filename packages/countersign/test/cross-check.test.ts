import assert from 'node:assert/strict'
import test from 'node:test'
import { generateKey, importKey, type Jwk, type JwtClaims, type Key, type ThumbprintHash } from 'countersign'
import * as local from 'countersign/sync'
import * as fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { SIGNATURE } from '../src/alg/signature.ts'
import { DOORS } from './support/doors.ts'

/** Every claim that somebody sets is here, with times that are right until 2100, so that nobody adds one. */
const CLAIMS: JwtClaims = {
  iss: 'https://issuer.example',
  sub: '1234567890',
  aud: 'api',
  iat: 1_700_000_000,
  exp: 4_102_444_800,
  name: 'Jörg 🔑',
  roles: ['a', 'b'],
  nested: { deep: [null, 1.5, true] },
}

/** A key as it goes across: in the form that a peer takes. */
interface Crossing {
  readonly alg: string
  readonly signing: Key
  readonly verifying: Key
}

interface Peer {
  readonly name: string
  /** What it does not have, and why; a test holds that this is so. */
  readonly lacks: ReadonlyMap<string, string>
  sign(key: Crossing, claims: JwtClaims): Promise<string>
  verify(key: Crossing, token: string): Promise<unknown>
}

/** PEM for a key pair, octets for a secret: what jsonwebtoken and fast-jwt take. */
function pemOrOctets(key: Key): string | Buffer {
  return key.kind === 'secret' ? Buffer.from(local.exportJwk(key).k ?? '', 'base64url') : local.exportPem(key)
}

/** A JWK of ours as jose's type has it, which differs in being mutable. */
const joseJwk = (key: Key): jose.JWK => local.exportJwk(key) as jose.JWK

const PEERS: readonly Peer[] = [
  {
    name: 'jose',
    lacks: new Map(),
    async sign({ alg, signing }, claims) {
      const key = await jose.importJWK(joseJwk(signing), alg)
      return new jose.SignJWT(claims as jose.JWTPayload).setProtectedHeader({ alg, typ: 'JWT' }).sign(key)
    },
    async verify({ alg, verifying }, token) {
      const secret = verifying.kind === 'secret'
      const key = secret
        ? await jose.importJWK(joseJwk(verifying), alg)
        : await jose.importSPKI(local.exportPem(verifying), alg)
      return (await jose.jwtVerify(token, key, { algorithms: [alg], audience: 'api' })).payload
    },
  },
  {
    name: 'jsonwebtoken',
    lacks: new Map([
      ['EdDSA', 'it has no Edwards curves'],
      ['Ed25519', 'it has no Edwards curves'],
    ]),
    async sign({ alg, signing }, claims) {
      return jsonwebtoken.sign(claims, pemOrOctets(signing), { algorithm: alg as jsonwebtoken.Algorithm })
    },
    async verify({ alg, verifying }, token) {
      const algorithms = [alg as jsonwebtoken.Algorithm]
      return jsonwebtoken.verify(token, pemOrOctets(verifying), { algorithms, audience: 'api' })
    },
  },
  {
    name: 'fast-jwt',
    lacks: new Map([['Ed25519', 'it has the name EdDSA alone, and not those of RFC 9864']]),
    async sign({ alg, signing }, claims) {
      return fastJwt.createSigner({ algorithm: alg as fastJwt.Algorithm, key: pemOrOctets(signing) })({ ...claims })
    },
    async verify({ alg, verifying }, token) {
      const algorithms = [alg as fastJwt.Algorithm]
      return fastJwt.createVerifier({ algorithms, key: pemOrOctets(verifying), allowedAud: 'api' })(token)
    },
  },
]

const ALGORITHMS = [...SIGNATURE.keys()]

/** Two keys for an algorithm: one that signs, and a stranger. One RSA pair serves all six, since making one is slow. */
const made = new Map<string, Promise<readonly [Jwk, Jwk]>>()

async function keysFor(alg: string): Promise<readonly [own: Crossing, strange: Crossing]> {
  const maker = alg.startsWith('RS') || alg.startsWith('PS') ? 'RS256' : alg
  const making = made.get(maker) ?? Promise.all([newJwk(maker), newJwk(maker)])
  made.set(maker, making)
  const [own, strange] = await making
  return [toCrossing(alg, own), toCrossing(alg, strange)]
}

async function newJwk(alg: string): Promise<Jwk> {
  const { alg: _, ...jwk } = local.exportJwk(await generateKey(alg))
  return jwk
}

function toCrossing(alg: string, jwk: Jwk): Crossing {
  const signing = importKey(jwk, { alg })
  return { alg, signing, verifying: signing.kind === 'secret' ? signing : local.publicKey(signing) }
}

for (const peer of PEERS) {
  test(`${peer.name} lacks what the table says that it lacks`, async (t) => {
    for (const [alg, why] of peer.lacks) {
      t.diagnostic(`${alg} is not checked with ${peer.name}: ${why}`)
      const [own] = await keysFor(alg)
      await assert.rejects(async () => peer.sign(own, CLAIMS), `${peer.name} has ${alg} by now: take it off the list`)
    }
    t.diagnostic(
      `${ALGORITHMS.length - peer.lacks.size} of ${ALGORITHMS.length} algorithms are checked with ${peer.name}`,
    )
  })

  for (const alg of ALGORITHMS.filter((id) => !peer.lacks.has(id))) {
    test(`${alg}: ${peer.name} refuses what we sign with another key, and verifies what we sign`, async () => {
      const [own, strange] = await keysFor(alg)
      for (const { name, door } of DOORS) {
        const token = await door.createSigner({ key: own.signing, expiresIn: 'never' }).sign(CLAIMS)
        await assert.rejects(async () => peer.verify(strange, token), `${peer.name} took a key that did not sign`)
        assert.deepEqual(await peer.verify(own, token), CLAIMS, `signed by ${name}`)
      }
    })

    test(`${alg}: we refuse what ${peer.name} signs with another key, and verify what it signs`, async () => {
      const [own, strange] = await keysFor(alg)
      const token = await peer.sign(own, CLAIMS)
      for (const { name, door } of DOORS) {
        const options = { issuer: 'https://issuer.example', audience: 'api' }
        const refusing = door.createVerifier({ ...options, keys: strange.verifying })
        await assert.rejects(async () => refusing.verify(token), { name: 'JoseError', code: 'CS_SIGNATURE' }, name)
        const { claims } = await door.createVerifier({ ...options, keys: own.verifying }).verify(token)
        assert.deepEqual(claims, CLAIMS, `verified by ${name}`)
      }
    })
  }
}

const HASHES = [
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
] as const satisfies readonly (readonly [ThumbprintHash, string])[]

for (const { name, door } of DOORS) {
  test(`${name}: thumbprints and their URIs are those of jose (RFC 7638, RFC 9278)`, async () => {
    for (const alg of ALGORITHMS) {
      const [{ signing, verifying }] = await keysFor(alg)
      for (const [ours, theirs] of HASHES) {
        const jwk = joseJwk(verifying)
        const expected = await jose.calculateJwkThumbprint(jwk, theirs)
        assert.equal(await door.thumbprint(verifying, ours), expected, `${alg}, ${ours}`)
        assert.equal(await door.thumbprint(signing, ours), expected, `${alg}, ${ours}, of the private key`)
        assert.equal(await door.thumbprintUri(verifying, ours), await jose.calculateJwkThumbprintUri(jwk, theirs))
      }
    }
  })

  test(`${name}: jose verifies by the JWK Set that we publish, and finds no key for a stranger`, async () => {
    const asymmetric = ALGORITHMS.filter((alg) => !alg.startsWith('HS'))
    // One key of each kind without an alg or a kid: the thumbprint is the name under which jose has to find it.
    const kinds = await Promise.all(['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'].map(keysFor))
    const bare = kinds.map(([{ signing }]) => withoutNames(signing))
    const jwks = (await door.publicJwks(bare)) as jose.JSONWebKeySet
    const find = jose.createLocalJWKSet(jwks)
    for (const alg of asymmetric) {
      const key = bare.find(({ algorithms }) => algorithms.includes(alg))
      assert.ok(key, alg)
      const token = await door.createSigner({ key, alg, expiresIn: 'never' }).sign(CLAIMS)
      assert.deepEqual((await jose.jwtVerify(token, find)).payload, CLAIMS, alg)
      const [, { signing }] = await keysFor(alg)
      const strange = await door.createSigner({ key: withoutNames(signing), alg, expiresIn: 'never' }).sign(CLAIMS)
      await assert.rejects(jose.jwtVerify(strange, find), { code: 'ERR_JWKS_NO_MATCHING_KEY' }, alg)
    }
  })
}

for (const { name, door } of DOORS) {
  test(`${name}: keys that jose makes are imported as JWK and as PEM, with one thumbprint`, async () => {
    for (const alg of ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519']) {
      const pair = await jose.generateKeyPair(alg, { extractable: true })
      const expected = await jose.calculateJwkThumbprint(await jose.exportJWK(pair.publicKey))
      const keys = [
        door.importKey((await jose.exportJWK(pair.privateKey)) as Jwk),
        door.importKey((await jose.exportJWK(pair.publicKey)) as Jwk),
        door.importKey(await jose.exportPKCS8(pair.privateKey)),
        door.importKey(await jose.exportSPKI(pair.publicKey)),
      ]
      assert.deepEqual(
        keys.map(({ kind }) => kind),
        ['private', 'public', 'private', 'public'],
      )
      for (const key of keys) assert.equal(await door.thumbprint(key), expected, `${alg}, ${key.kind}`)
    }
  })
}

function withoutNames(key: Key): Key {
  const { kid: _, alg: __, ...jwk } = local.exportJwk(key)
  return importKey(jwk)
}
