// What an attack is made of, said once for all libraries: each runner puts it into the words of its own.
import type { Server } from './served.ts'

/** A key as a program has it: a JWK, a JWK Set, a PEM text or the octets of a secret. */
export type KeyGiven =
  | { readonly jwk: object }
  | { readonly set: unknown }
  | { readonly pem: string }
  | { readonly secret: Uint8Array }

/** The names of the libraries as options and reasons are given for them. */
export type LibraryName = 'countersign' | 'jose' | 'jsonwebtoken' | 'fast-jwt' | 'jwks-rsa'

/** What a program demands of a token, in our words. */
export interface Demands {
  readonly issuer?: unknown
  readonly audience?: unknown
  readonly subject?: string
  readonly typ?: string
  readonly requiredClaims?: readonly string[]
  /** Seconds. */
  readonly maxAge?: unknown
  /** Seconds. */
  readonly clockTolerance?: unknown
  readonly crit?: readonly string[]
}

/** A JWT against a key and demands. */
export interface VerifyAsk {
  readonly do: 'verify'
  readonly token: unknown
  readonly key: KeyGiven
  /** What the program allows where it says so. */
  readonly algorithms: unknown
  readonly demands?: Demands
  /** Options of one library in its own words, in the place of others. */
  readonly options?: Partial<Record<LibraryName, object>>
  /** What was wrong with the claims that came out, or with the process; without it, that they came out is the harm. */
  readonly harm?: (claims: Readonly<Record<string, unknown>>) => string | undefined
}

/** A JWS of any serialization. */
export interface JwsAsk {
  readonly do: 'jws'
  readonly token: unknown
  readonly key: KeyGiven
  readonly algorithms: readonly string[]
}

/** A JWE of any serialization; `claims` for one that is read as a JWT. */
export interface DecryptAsk {
  readonly do: 'decrypt'
  readonly token: unknown
  readonly key: object
  readonly algorithms: readonly string[]
  readonly encryptions: readonly string[]
  readonly claims?: true
}

/** Several JWEs that have to be refused alike: whoever sees a difference has an oracle. */
export interface OracleAsk {
  readonly do: 'oracle'
  readonly asks: readonly DecryptAsk[]
}

/** Claims to be signed. */
export interface SignAsk {
  readonly do: 'sign'
  readonly claims: unknown
  readonly key: KeyGiven
  readonly alg: string
  readonly header?: Readonly<Record<string, unknown>>
}

/** A JWK Set behind a URL. */
export interface RemoteAsk {
  readonly do: 'remote'
  readonly act: (open: OpenSet, server: Server) => Promise<Harm>
}

/** What one library alone can be asked. */
export interface OwnAsk {
  readonly do: 'own'
  readonly acts: Partial<Record<LibraryName, (door: unknown) => Promise<Harm>>>
  /** Why the others cannot be asked. */
  readonly lacks: string
}

/** What harm was done: `true`, or that it was held, and how. */
export type Harm = true | { readonly held: string }

export type Ask = VerifyAsk | JwsAsk | DecryptAsk | OracleAsk | SignAsk | RemoteAsk | OwnAsk

/** Verifies tokens by the keys behind a URL. */
export type OpenSet = (url: string, options?: SetOptions) => Promise<(token: string) => Promise<unknown>>

export interface SetOptions {
  /** Takes the place of the network. */
  readonly fetch?: (url: string) => Promise<Response>
  /** Seconds; what the library has by itself where it is left out. */
  readonly timeout?: number
}

/** One way to carry out an attack. */
export interface Case {
  /** Its number among the seventy classes of attack. */
  readonly attack: number
  /** What the attacker does. */
  readonly what: string
  readonly ask: Ask
  /** The same without the attack, which has to be accepted. */
  readonly control: Ask
  /** Why a library cannot be asked this. */
  readonly lacks?: Partial<Record<LibraryName, string>>
  /** Where the documentation of a library leaves this to its caller, what it says. */
  readonly duty?: Partial<Record<LibraryName, string>>
  /** The demand stands in an option, so the first example of a README does not make it. */
  readonly byOptions?: true
  /** A mistake of the program, not of a token: a TypeError is the right answer. */
  readonly misuse?: true
  /** Milliseconds that it may take, where 250 are too few: it waits for a deadline. */
  readonly within?: number
}

/** A library has no such thing. */
export class Lacks extends Error {}
