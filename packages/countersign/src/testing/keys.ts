import type { Needs, Role } from '../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import type { Backend, Sourcing } from '../crypto/backend.ts'
import { show } from '../errors.ts'
import type { JoseHeader } from '../header.ts'
import type { JwkSet } from '../key/jwk.ts'
import type { Key } from '../key/key.ts'
import { generateKey, publicJwks, publicKey } from '../key/ops.ts'
import { type Op, run } from '../op.ts'
import { KeyProvider, type Selection } from '../source/key-source.ts'
import { KeySet } from '../source/set.ts'

/** The first algorithm of a family. */
export function firstOf(family: SignatureAlg['family']): SignatureAlg {
  return [...SIGNATURE.values()].find((alg) => alg.family === family) as SignatureAlg
}

/** @throws {TypeError} for a name that is no signature algorithm */
export function toSignatureAlg(name: unknown): SignatureAlg {
  if (name === undefined) return firstOf('ecdsa')
  const alg = typeof name === 'string' ? SIGNATURE.get(name) : undefined
  if (alg === undefined) throw new TypeError(`alg ${show(name)} is none of ${[...SIGNATURE.keys()].join(', ')}`)
  return alg
}

/** A new key to sign with. A secret is given a name, too: it has no thumbprint that could be told. */
export function newKey({ id, family }: SignatureAlg, backend: Backend): Promise<Key> {
  return run(generateKey(id, family === 'hmac' ? { kid: globalThis.crypto.randomUUID() } : {}), backend)
}

/** What verifies what a key signs. */
export function verifyingHalf(key: Key, backend: Backend): Promise<Key> | Key {
  return key.kind === 'secret' ? key : run(publicKey(key), backend)
}

/** The keys of an issuer: one signs, and those that signed before are known beside it. */
export class TestKeys extends KeyProvider {
  readonly alg: SignatureAlg
  readonly #backend: Backend
  #signing: Key
  #set: KeySet

  private constructor(alg: SignatureAlg, signing: Key, set: KeySet, backend: Backend) {
    super()
    this.alg = alg
    this.#signing = signing
    this.#set = set
    this.#backend = backend
  }

  /** Makes the first key. */
  static async make(alg: SignatureAlg, backend: Backend): Promise<TestKeys> {
    const signing = await newKey(alg, backend)
    const set = new KeySet({ keys: [await verifyingHalf(signing, backend)] }, backend)
    return new TestKeys(alg, signing, set, backend)
  }

  get signing(): Key {
    return this.#signing
  }

  /** Makes a new key, which signs from now on. */
  async rotate(keep: boolean): Promise<Key> {
    const signing = await newKey(this.alg, this.#backend)
    const half = await verifyingHalf(signing, this.#backend)
    this.#set = new KeySet({ keys: [half, ...(keep ? this.#set.keys : [])] }, this.#backend)
    this.#signing = signing
    return signing
  }

  /** What is published: never a secret (attack 56). */
  jwks(): Promise<JwkSet> {
    return run(publicJwks(this.#set.keys.filter(({ kind }) => kind === 'public')), this.#backend)
  }

  /** @internal As `KeySource.select`. */
  override select(header: JoseHeader, alg: Needs, role: Role): Selection {
    return this.#set.select(header, alg, role)
  }

  /** @internal As `KeySource.first`. */
  override first(alg: Needs): Op<Key, Sourcing> {
    return this.#set.first(alg)
  }
}
