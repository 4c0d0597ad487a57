import { generateKey, type Key, type publicJwks, thumbprint } from 'countersign'
import { dpopProof } from 'countersign/profile'
import { createTestIssuer, type TestIssuer } from 'countersign/testing'
import type { Shot } from './autocannon.ts'
import { AUDIENCE, REALM, SCOPE } from './control.ts'

/** An answer, as it has to be. */
export interface Expected {
  readonly kind: string
  readonly status: number
  /** That of the challenge and of the body; nothing where nobody has done wrong. */
  readonly error?: string
}

/** Something to send, and what has to come back. */
export interface Card {
  readonly shot: Shot
  readonly context: Expected
}

type Make = () => Card

const PATH = '/orders'
const ADMIN = '/admin'
/** Characters in a token that Node takes in a header, of the 16 KiB that it takes of all headers. */
const [LONG, LONGER] = [6000, 12_000]
/** How many good tokens there are at a time: more than a verifier remembers, so that its memory is full at once; and proofs. */
const [POOL, PROOFS] = [1200, 50]

const card = (kind: string, status: number, headers: Readonly<Record<string, string>>, error?: string): Card => ({
  shot: { method: 'GET', path: kind.startsWith('admin') ? ADMIN : PATH, headers },
  context: { kind, status, ...(error !== undefined && { error }) },
})
const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` })
const filler = (length: number): string => 'A'.repeat(length)

/** Somebody who has tokens made for the time being: good ones in turns, and one of each bad kind. */
export class Tokens {
  readonly issuer: TestIssuer
  #good: readonly string[] = []
  #long: readonly string[] = []
  #bound = ''
  #bad: readonly Make[] = []
  #proven: Card[] = []
  #turn = 0
  #badTurn = 0
  #keys: readonly [Key, Key] | undefined

  private constructor(issuer: TestIssuer) {
    this.issuer = issuer
  }

  static async open(): Promise<Tokens> {
    const claims = { client_id: 'load', scope: SCOPE }
    return new Tokens(await createTestIssuer({ audience: AUDIENCE, typ: 'at+jwt', claims, tokenLifetime: '10m' }))
  }

  /** The last keys of the issuer: a set has room for some hundred. */
  async jwks(): Promise<Awaited<ReturnType<typeof publicJwks>>> {
    const { keys } = await this.issuer.jwks()
    return { keys: keys.slice(0, 4) } // the newest comes first
  }

  /** Makes new tokens, to be used from `use` on. @param origin - what proofs are for */
  async make(origin: string): Promise<{ use(): void }> {
    const { mint, clock } = this.issuer
    clock.set(new Date())
    const good = await Promise.all(Array.from({ length: POOL }, (_, at) => mint.valid({ sub: `user ${at}` })))
    const long = await Promise.all(['a', 'b'].map((sub) => mint.valid({ sub, filler: filler(LONG) })))
    const bad = await this.#badOnes(origin)
    const [key] = await this.#holders()
    const bound = await mint.valid({ sub: 'holder', cnf: { jkt: await thumbprint(key) } })
    return {
      use: () => {
        this.#good = good
        this.#bound = bound
        this.#long = long
        this.#bad = bad
      },
    }
  }

  /** Makes proofs anew: each is good once, and for a short time. */
  async prove(origin: string, count: number = PROOFS): Promise<void> {
    const [key] = await this.#holders()
    const [signer, accessToken] = [dpopProof.createSigner({ key }), this.#bound]
    const made: Card[] = []
    for (let left = count; left > 0; left--) {
      const dpop = await signer.sign({ method: 'GET', url: `${origin}${PATH}`, accessToken })
      made.push(card('with its proof', 200, { authorization: `DPoP ${accessToken}`, dpop }))
    }
    this.#proven = made
  }

  /** A request that has to be let in. */
  good(): Card {
    const turn = this.#turn++
    if (turn % 50 === 0) {
      const proven = this.#proven.pop()
      if (proven) return proven
    }
    if (turn % 25 === 1) return card('a long token', 200, bearer(this.#long[turn % this.#long.length] ?? ''))
    return card('a token', 200, bearer(this.#good[turn % this.#good.length] ?? ''))
  }

  /** One that must not. */
  bad(): Card {
    const make = this.#bad[this.#badTurn++ % this.#bad.length]
    if (make === undefined) throw new Error('there are no tokens yet')
    return make()
  }

  /** How many kinds of bad ones there are. */
  get kinds(): number {
    return this.#bad.length
  }

  async #holders(): Promise<readonly [Key, Key]> {
    this.#keys ??= await Promise.all([generateKey('ES256'), generateKey('ES256')])
    return this.#keys
  }

  async #badOnes(origin: string): Promise<readonly Make[]> {
    const { mint } = this.issuer
    const hostile = (await mint.hostile()).map(({ name, token }) => card(name, 401, bearer(token), 'invalid_token'))
    const valid = await mint.valid()
    const [key, other] = await this.#holders()
    const bound = await mint.valid({ cnf: { jkt: await thumbprint(key) } })
    const at = { method: 'GET', url: `${origin}${PATH}`, accessToken: bound }
    const dpop = await dpopProof.createSigner({ key }).sign(at)
    const [foreign, elsewhere, unbound] = [
      await dpopProof.createSigner({ key: other }).sign(at),
      await dpopProof.createSigner({ key }).sign({ ...at, url: `${origin}/elsewhere` }),
      await dpopProof.createSigner({ key }).sign({ ...at, accessToken: valid }),
    ]
    const proven = (proof: string, token = bound): Readonly<Record<string, string>> => ({
      authorization: `DPoP ${token}`,
      dpop: proof,
    })
    const { none, wrong, scarce, malformed } = {
      none: (kind: string, headers: Readonly<Record<string, string>>) => card(kind, 401, headers),
      wrong: (kind: string, headers: Readonly<Record<string, string>>, error = 'invalid_token') =>
        card(kind, 401, headers, error),
      scarce: (kind: string, headers: Readonly<Record<string, string>>) =>
        card(kind, 403, headers, 'insufficient_scope'),
      malformed: (kind: string, authorization: string) => card(kind, 400, { authorization }, 'invalid_request'),
    }
    const cards = [
      ...hostile,
      none('no token', {}),
      none('another scheme', { authorization: 'Basic YTpi' }),
      malformed('no token behind the scheme', 'Bearer'),
      malformed('two words', `Bearer ${valid} ${valid}`),
      malformed('two headers in one', `Bearer ${valid}, Bearer ${valid}`),
      malformed('no token at all', 'Bearer {"alg":"none"}'),
      wrong('long garbage', bearer(filler(LONGER))),
      wrong('long garbage with dots', bearer(`${filler(4000)}.${filler(4000)}.${filler(4000)}`)),
      wrong('many dots', bearer('a.'.repeat(LONGER / 2))),
      wrong(
        'a long token that was changed',
        bearer(`${(await mint.valid({ filler: filler(LONG) })).slice(0, -6)}AAAAAA`),
      ),
      scarce('a token without the scope', bearer(await mint.valid({ scope: 'orders:write' }))),
      scarce('admin: a token without the role', bearer(valid)),
      wrong('a bound token as a bearer token', bearer(bound)),
      wrong('a bound token without its proof', { authorization: `DPoP ${bound}` }, 'invalid_dpop_proof'),
      wrong('a proof by another key', proven(foreign), 'invalid_dpop_proof'),
      wrong('a proof for another address', proven(elsewhere), 'invalid_dpop_proof'),
      wrong('a proof for another token', proven(unbound), 'invalid_dpop_proof'),
      wrong('a proof with a token that is not bound', proven(unbound, valid), 'invalid_token'),
      wrong('two proofs', proven(`${dpop}, ${dpop}`), 'invalid_dpop_proof'),
    ]
    return cards.map((one) => () => one)
  }
}

/** What is wrong with an answer; nothing where it is as it has to be. */
export function faultOf(
  { status, headers, body }: { status: number; headers: Readonly<Record<string, string>>; body: string },
  { status: expected, error }: Expected,
): string | undefined {
  if (status !== expected) return `${status} in place of ${expected}: ${body.slice(0, 200)}`
  const challenge = headers['www-authenticate']
  if (status === 200) return challenge === undefined ? undefined : 'a challenge for who was let in'
  if (challenge === undefined || !challenge.includes(`realm="${REALM}"`)) return `the challenge ${challenge}`
  const named = /error="([^"]*)"/.exec(challenge)?.[1]
  if (named !== error) return `the challenge says ${named} in place of ${error}`
  const said = JSON.parse(body) as { readonly error?: unknown }
  return said.error === (error ?? 'no_token') ? undefined : `the body says ${said.error} in place of ${error}`
}
