import { webcrypto } from 'node:crypto'
import * as later from 'countersign'
import * as atOnce from 'countersign/sync'
import * as fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import type { Contender } from '../contender.ts'
import { type NodeRs, nodeRs } from '../node-rs.ts'
import { BARE } from './bare.ts'
import { AUDIENCE, ISSUER, type Keys, KID, LIFE_SECONDS, type Sample, type Scheme } from './workload.ts'

/**
 * A contender with its keys imported and its options said. Signing gives a token, or a bare signature. Verifying gives
 * what the library gives, which holds the claims, or whether it holds, or the MAC to compare; a refusal may also be thrown.
 */
export interface Tool {
  sign(sample: Sample): unknown
  verify(sample: Sample): unknown
}

export const OURS = 'countersign/sync'
export const OURS_LATER = 'countersign (promise)'

/** All check the signature, iss, aud and exp, and none keeps a result: fast-jwt's cache is off, as it is by default. */
export const CONTENDERS: readonly Contender<Scheme, Keys, Tool>[] = [
  { name: OURS, prepare: countersignSync },
  { name: OURS_LATER, prepare: countersign },
  { name: 'fast-jwt', prepare: byFastJwt },
  { name: 'jsonwebtoken', lacks: ['Ed25519'], prepare: byJsonwebtoken },
  { name: 'jose (promise)', prepare: byJose },
  ...(nodeRs ? [{ name: '@node-rs/jsonwebtoken', prepare: byNodeRs(nodeRs) }] : []),
  ...BARE,
]

/** Whoever is not ours, and not bare. */
export const PEERS: readonly string[] = ['fast-jwt', 'jsonwebtoken', 'jose (promise)', '@node-rs/jsonwebtoken']

/** What both doors have. */
type Door = Pick<typeof later, 'importKey' | 'secretKey'>

export function ourKeys(
  { importKey, secretKey }: Door,
  { alg }: Scheme,
  keys: Keys,
): { sign: later.Key; verify: later.Key } {
  const options = { kid: KID }
  if (keys.sign.type === 'secret') {
    const key = secretKey(keys.sign.export(), alg, options)
    return { sign: key, verify: key }
  }
  return {
    sign: importKey(privatePem(keys), { alg, ...options }),
    verify: importKey(publicPem(keys), { alg, ...options }),
  }
}

export const privatePem = ({ sign }: Keys): string => sign.export({ format: 'pem', type: 'pkcs8' }).toString()
export const publicPem = ({ verify }: Keys): string => verify.export({ format: 'pem', type: 'spki' }).toString()

function countersignSync(scheme: Scheme, pair: Keys): Tool {
  const keys = ourKeys(atOnce, scheme, pair)
  const signer = atOnce.createSigner({ key: keys.sign, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS })
  const verifier = atOnce.createVerifier({ keys: keys.verify, issuer: ISSUER, audience: AUDIENCE })
  return {
    sign: ({ claims }) => signer.sign({ ...claims }),
    verify: ({ token }) => verifier.verify(token),
  }
}

function countersign(scheme: Scheme, pair: Keys): Tool {
  const keys = ourKeys(later, scheme, pair)
  const signer = later.createSigner({ key: keys.sign, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS })
  const verifier = later.createVerifier({ keys: keys.verify, issuer: ISSUER, audience: AUDIENCE })
  return {
    sign: ({ claims }) => signer.sign({ ...claims }),
    verify: ({ token }) => verifier.verify(token),
  }
}

function byFastJwt({ alg }: Scheme, keys: Keys): Tool {
  const algorithm = alg as fastJwt.Algorithm
  const isSecret = keys.sign.type === 'secret'
  const sign = fastJwt.createSigner({
    key: isSecret ? keys.sign.export() : privatePem(keys),
    algorithm,
    kid: KID,
    iss: ISSUER,
    aud: AUDIENCE,
    expiresIn: LIFE_SECONDS * 1000,
  })
  const verify = fastJwt.createVerifier({
    key: isSecret ? keys.verify.export() : publicPem(keys),
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: false,
  })
  return { sign: ({ claims }) => sign({ ...claims }), verify: ({ token }) => verify(token) }
}

/** It takes a KeyObject, which spares it from reading a PEM in each call. */
function byJsonwebtoken({ alg }: Scheme, keys: Keys): Tool {
  const algorithm = alg as jsonwebtoken.Algorithm
  const signing = { algorithm, keyid: KID, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS }
  const verifying = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE }
  return {
    sign: ({ claims }) => jsonwebtoken.sign({ ...claims }, keys.sign, signing),
    verify: ({ token }) => jsonwebtoken.verify(token, keys.verify, verifying),
  }
}

async function byJose({ alg }: Scheme, keys: Keys): Promise<Tool> {
  const isSecret = keys.sign.type === 'secret'
  const mac = isSecret ? await hmacKey(keys) : undefined
  const signWith = mac ?? (await jose.importPKCS8(privatePem(keys), alg))
  const verifyWith = mac ?? (await jose.importSPKI(publicPem(keys), alg))
  const options = { algorithms: [alg], issuer: ISSUER, audience: AUDIENCE }
  return {
    sign: ({ claims }) =>
      new jose.SignJWT({ ...claims })
        .setProtectedHeader({ alg, typ: 'JWT', kid: KID })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(signWith),
    verify: ({ token }) => jose.jwtVerify(token, verifyWith, options),
  }
}

/** It sets no claims but a missing iat, and reads its PEM in every call: there is no other way to give it a key. */
function byNodeRs({ signSync, verifySync }: NodeRs): (scheme: Scheme, keys: Keys) => Tool {
  return ({ alg }, keys) => {
    const isSecret = keys.sign.type === 'secret'
    const signWith = isSecret ? keys.sign.export() : privatePem(keys)
    const verifyWith = isSecret ? keys.verify.export() : publicPem(keys)
    const header = { algorithm: alg, keyId: KID }
    const validation = { algorithms: [alg], iss: [ISSUER], aud: [AUDIENCE], requiredSpecClaims: ['exp', 'iss', 'aud'] }
    return {
      sign({ claims }) {
        const iat = Math.floor(Date.now() / 1000)
        return signSync({ ...claims, iss: ISSUER, aud: AUDIENCE, iat, exp: iat + LIFE_SECONDS }, signWith, header)
      },
      verify: ({ token }) => verifySync(token, verifyWith, validation),
    }
  }
}

/** A CryptoKey, since from plain octets jose makes one in each call. */
function hmacKey(keys: Keys): Promise<webcrypto.CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return webcrypto.subtle.importKey('raw', keys.sign.export(), algorithm, false, ['sign', 'verify'])
}
