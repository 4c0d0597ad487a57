import * as promise from 'countersign'
import { decryptJwe } from 'countersign/jwe'
import { verifyJws } from 'countersign/jws'
import * as sync from 'countersign/sync'
import type { DecryptAsk, JwsAsk, KeyGiven, SignAsk, VerifyAsk } from '../case.ts'
import { Lacks } from '../case.ts'
import { CLAIMS, NOW } from '../material.ts'
import { type Abilities, asked, given, type Runner } from './runner.ts'

const now = (): number => NOW
type Door = Pick<typeof promise | typeof sync, 'createVerifier' | 'createDecrypter' | 'createSigner'>

/** A key as `keys` takes it. */
export function keysOf(key: KeyGiven): promise.Keys {
  if ('secret' in key) return promise.secretKey(key.secret)
  if ('pem' in key) return promise.importKey(key.pem)
  return ('jwk' in key ? key.jwk : key.set) as promise.Keys
}

const policy = ({ demands = {}, algorithms, options }: VerifyAsk, well: boolean): object => ({
  issuer: CLAIMS.iss,
  audience: CLAIMS.aud,
  clockTolerance: 0,
  now,
  ...given({ ...demands, crit: undefined, ...(well && { algorithms }) }),
  ...options?.countersign,
})

const abilities = (door: Door, well: boolean): Abilities => ({
  door,
  async verify(ask) {
    const verifier = door.createVerifier({ keys: keysOf(ask.key), ...policy(ask, well) } as promise.VerifierOptions)
    return (await verifier.verify(ask.token as string)).claims
  },
  async sign({ claims, key, alg, header }: SignAsk) {
    const made =
      'secret' in key ? promise.secretKey(key.secret) : promise.importKey(('jwk' in key ? key.jwk : '') as never)
    const signer = door.createSigner({ key: made, alg, expiresIn: '5m', now, ...(header && { header }) })
    return signer.sign(claims as promise.JwtClaims)
  },
  async decrypt(ask: DecryptAsk) {
    const { token, key: keys, algorithms, encryptions } = ask
    // Passwords are off until they are allowed.
    const lists = well || algorithms.some((alg) => alg.startsWith('PBES2')) ? { algorithms, encryptions } : {}
    if (!ask.claims) {
      if (door === sync) throw new Lacks('has JWTs alone')
      return decryptJwe(token as string, { keys: keys as promise.Keys, ...lists })
    }
    const options = { keys, ...lists, issuer: CLAIMS.iss, audience: CLAIMS.aud, now }
    return door.createDecrypter(options as unknown as promise.DecrypterOptions).decrypt(token as string)
  },
  ...(door !== sync && {
    jws: ({ token, key, algorithms }: JwsAsk) =>
      verifyJws(token as string, { keys: keysOf(key), ...(well && { algorithms }) }),
  }),
  open: async (url, { fetch, timeout } = {}) => {
    const options = { ...(timeout !== undefined && { timeout }), ...(fetch && { fetch: (at: string) => fetch(at) }) }
    const keys = promise.remoteKeySet(url, options as promise.RemoteKeySetOptions)
    if (door === sync) await keys.load()
    const verifier = door.createVerifier({ keys, issuer: CLAIMS.iss, audience: CLAIMS.aud, now })
    return async (token) => verifier.verify(token)
  },
})

const runner = (name: string, door: Door, well: boolean, how: string): Runner => {
  const can = abilities(door, well)
  return {
    name,
    library: 'countersign',
    use: well ? 'well' : 'plain',
    how,
    ask: (ask) => asked('countersign', can, ask),
    isOwn: (error) => error instanceof promise.JoseError,
  }
}

/** Both doors of ours. */
export const OURS: readonly Runner[] = [
  runner('countersign', promise, false, 'keys, issuer and audience, which it demands'),
  runner('countersign +', promise, true, 'the same and algorithms'),
  runner('countersign/sync', sync, true, 'the same without promises'),
]
