import assert from 'node:assert/strict'
import test from 'node:test'
import { createSigner, importKey, type Jwk, type JwtClaims } from 'countersign'
import * as fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { DOORS } from '../support/doors.ts'
import { type Crossing, JOSE_LACKS, JOSE_ROWS, keysFor, keysOf, ROWS, tidyWarnings, withoutNames } from './crossing.ts'

tidyWarnings()

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

interface Peer {
  readonly name: string
  /** What it does not have, and why; a test holds that this is so. */
  readonly lacks: ReadonlyMap<string, string>
  /** What it says to an algorithm or a key that it does not have. */
  readonly unknown: RegExp
  sign(key: Crossing, claims: JwtClaims): Promise<string>
  verify(key: Crossing, token: string): Promise<unknown>
}

const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].map((alg) => [alg, 'it has no ML-DSA'] as const)

const PEERS: readonly Peer[] = [
  {
    name: 'jose',
    lacks: JOSE_LACKS,
    unknown: /^Invalid or unsupported .*value$|^JWK "crv" Parameter and algorithm name mismatch$|^Invalid key type$/,
    async sign({ alg, jwk }, claims) {
      const key = await jose.importJWK(jwk, alg)
      return new jose.SignJWT(claims as jose.JWTPayload).setProtectedHeader({ alg, typ: 'JWT' }).sign(key)
    },
    async verify({ alg, openJwk, openPem }, token) {
      const key = await (typeof openPem === 'string' ? jose.importSPKI(openPem, alg) : jose.importJWK(openJwk, alg))
      return (await jose.jwtVerify(token, key, { algorithms: [alg], audience: 'api' })).payload
    },
  },
  {
    name: 'jsonwebtoken',
    lacks: new Map([
      ['ES256K', 'it has no secp256k1'],
      ['EdDSA', 'it has no Edwards curves'],
      ['Ed25519', 'it has no Edwards curves'],
      ['Ed448', 'it has no Edwards curves'],
      ['EdDSA on Ed448', 'it has no Edwards curves'],
      ...ML_DSA,
    ]),
    unknown:
      /^"algorithm" must be a valid string enum value$|^"alg" parameter for "ec" key type must|^Unknown key type/,
    async sign({ alg, pem }, claims) {
      return jsonwebtoken.sign(claims, pem, { algorithm: alg as jsonwebtoken.Algorithm })
    },
    async verify({ alg, openPem }, token) {
      const algorithms = [alg as jsonwebtoken.Algorithm]
      return jsonwebtoken.verify(token, openPem, { algorithms, audience: 'api' })
    },
  },
  {
    name: 'fast-jwt',
    lacks: new Map([
      ['ES256K', 'it takes a key on secp256k1 for ES256'],
      ['Ed25519', 'it has the name EdDSA alone, and not those of RFC 9864'],
      ['Ed448', 'it has the name EdDSA alone, and not those of RFC 9864'],
      ...ML_DSA,
    ]),
    unknown: /^The algorithm option must be one of|^Invalid public key provided for algorithms|^Unsupported PEM/,
    async sign({ alg, pem }, claims) {
      return fastJwt.createSigner({ algorithm: alg as fastJwt.Algorithm, key: pem })({ ...claims })
    },
    async verify({ alg, openPem }, token) {
      const algorithms = [alg as fastJwt.Algorithm]
      return fastJwt.createVerifier({ algorithms, key: openPem, allowedAud: 'api' })(token)
    },
  },
]

const OPTIONS = { issuer: 'https://issuer.example', audience: 'api' } as const

for (const peer of PEERS) {
  test(`${peer.name} lacks what the table says that it lacks`, async (t) => {
    for (const [name, why] of [...peer.lacks].filter(([name]) => ROWS.some((row) => row.name === name))) {
      t.diagnostic(`${name} is not checked with ${peer.name}: ${why}`)
      const [own] = await keysOf(name)
      const token = await createSigner({ key: own.signing, expiresIn: 'never' }).sign(CLAIMS)
      const has = `${peer.name} has ${name} by now: take it off the list`
      await assert.rejects(async () => peer.sign(own, CLAIMS), { message: peer.unknown }, has)
      await assert.rejects(async () => peer.verify(own, token), { message: peer.unknown }, has)
    }
    t.diagnostic(`${ROWS.length - peer.lacks.size} of ${ROWS.length} algorithms are checked with ${peer.name}`)
  })

  for (const row of ROWS.filter(({ name }) => !peer.lacks.has(name))) {
    test(`${row.name}: ${peer.name} refuses what we sign with another key, and verifies what we sign`, async () => {
      const [own, strange] = await keysFor(row)
      for (const { name, door } of DOORS) {
        const token = await door.createSigner({ key: own.signing, expiresIn: 'never' }).sign(CLAIMS)
        await assert.rejects(async () => peer.verify(strange, token), `${peer.name} took a key that did not sign`)
        assert.deepEqual(await peer.verify(own, token), CLAIMS, `signed by ${name}`)
      }
    })

    test(`${row.name}: we refuse what ${peer.name} signs with another key, and verify what it signs`, async () => {
      const [own, strange] = await keysFor(row)
      const token = await peer.sign(own, CLAIMS)
      for (const { name, door } of DOORS) {
        const refusing = door.createVerifier({ ...OPTIONS, keys: strange.verifying })
        await assert.rejects(async () => refusing.verify(token), { name: 'JoseError', code: 'CS_SIGNATURE' }, name)
        const { claims } = await door.createVerifier({ ...OPTIONS, keys: own.verifying }).verify(token)
        assert.deepEqual(claims, CLAIMS, `verified by ${name}`)
      }
    })
  }
}

for (const { name, door } of DOORS) {
  test(`${name}: a key on secp256k1 is not for ES256, as it is for fast-jwt (RFC 7518 §3.4, RFC 8812 §3.2)`, async () => {
    const [{ pem, openPem, openJwk }] = await keysOf('ES256K')
    const token = fastJwt.createSigner({ algorithm: 'ES256', key: pem })({ ...CLAIMS })
    assert.deepEqual(fastJwt.createVerifier({ algorithms: ['ES256'], key: openPem })(token), CLAIMS)
    const bare = importKey(withoutNames(openJwk as Jwk))
    const verifier = door.createVerifier({ ...OPTIONS, keys: bare })
    await assert.rejects(async () => verifier.verify(token), { name: 'JoseError', code: 'CS_KEY_TYPE' })
  })

  test(`${name}: jose verifies by the JWK Set that we publish, and finds no key for a stranger`, async () => {
    // One key of each kind without an alg or a kid: the thumbprint is the name under which jose has to find it. The keys
    // of the kinds that jose lacks do not get in its way.
    const makers = [...new Set(ROWS.map(({ maker }) => maker))].filter((maker) => !maker.startsWith('HS'))
    const kinds = await Promise.all(makers.map(keysOf))
    const bare = kinds.map(([{ jwk }]) => importKey(withoutNames(jwk as Jwk)))
    const jwks = (await door.publicJwks(bare)) as jose.JSONWebKeySet
    const find = jose.createLocalJWKSet(jwks)
    for (const row of JOSE_ROWS.filter(({ alg }) => !alg.startsWith('HS'))) {
      const [own, strange] = await keysFor(row)
      const [key, other] = [own, strange].map(({ jwk }) => importKey(withoutNames(jwk as Jwk)))
      assert.ok(key && other)
      const token = await door.createSigner({ key, alg: row.alg, expiresIn: 'never' }).sign(CLAIMS)
      assert.deepEqual((await jose.jwtVerify(token, find)).payload, CLAIMS, row.name)
      const stray = await door.createSigner({ key: other, alg: row.alg, expiresIn: 'never' }).sign(CLAIMS)
      await assert.rejects(jose.jwtVerify(stray, find), { code: 'ERR_JWKS_NO_MATCHING_KEY' }, row.name)
    }
  })
}
