import { ALGORITHM } from '../../../countersign/src/alg/algorithm.ts'
import { CONTENT, CONTENT_BY_DEFAULT, DIRECT } from '../../../countersign/src/alg/content.ts'
import { MANAGEMENT } from '../../../countersign/src/alg/management.ts'
import { SIGNATURE } from '../../../countersign/src/alg/signature.ts'
import type { Capabilities } from '../../../countersign/src/capabilities.ts'
import { backend } from '../../../countersign/src/crypto/web.ts'
import { type ExactJson, parseExact, toExact } from '../../../countersign/src/diagnosis/exact-json.ts'
import { describe } from '../../../countersign/src/diagnosis/told.ts'
import type { Key } from '../../../countersign/src/key/key.ts'
import {
  exportJwk,
  exportPem,
  type GenerateOptions,
  generateKey,
  publicKey,
  thumbprint,
} from '../../../countersign/src/key/ops.ts'
import { run } from '../../../countersign/src/op.ts'
import { CAPABILITIES } from './browser.ts'
import { lines } from './build.ts'
import { type GivenText, readKeys } from './keys.ts'

/** A key as JSON, laid out, and as PEM where there is one. */
export interface Forms {
  readonly jwk: string
  readonly pem?: string
}

/** A key in all its forms. */
export interface Shown {
  /** `an RSA private key, 2048 bits` */
  readonly title: string
  readonly kind: Key['kind']
  readonly alg: string | undefined
  readonly kid: string | undefined
  /** What it may serve. */
  readonly algorithms: readonly string[]
  /** RFC 7638. That of a secret would tell something about the secret. */
  readonly thumbprint?: string
  readonly open?: Forms
  /** The private key, or the secret. */
  readonly hidden?: Forms
}

/** What a key can be made for here, and what not. */
export interface Makeable {
  readonly groups: readonly (readonly [title: string, algorithms: readonly string[]])[]
  readonly missing: readonly string[]
  readonly curves: readonly string[]
}

/** @param found - what the browser can do */
export function makeable(found: Capabilities = CAPABILITIES): Makeable {
  const made = (names: readonly string[]): readonly string[] =>
    names.filter((name) => ALGORITHM.get(name)?.generate !== undefined)
  const missing = (all: Iterable<string>, here: readonly string[]): readonly string[] =>
    [...all].filter((name) => !here.includes(name))
  return {
    groups: [
      ['to sign', made(found.signature)],
      ['to encrypt a key', made(found.management)],
      ['to encrypt directly (dir)', made(found.content)],
    ],
    missing: [
      ...missing(SIGNATURE.keys(), found.signature),
      ...missing(MANAGEMENT.keys(), found.management),
      ...missing(CONTENT.keys(), found.content),
    ],
    curves: found.curves,
  }
}

/** The sizes to choose from where an algorithm takes several, in bits. */
export const sizesFor = (alg: string): readonly number[] =>
  ALGORITHM.get(alg)?.generate?.kty === 'RSA' ? [2048, 3072, 4096] : []

/** The curves, likewise. */
export function curvesFor(alg: string, here: readonly string[]): readonly string[] {
  const curves = ALGORITHM.get(alg)?.crv?.filter((crv) => here.includes(crv)) ?? []
  return curves.length > 1 ? curves : []
}

/** Makes a key. @throws {JoseError} for what this browser has not */
export async function make(alg: string, options: GenerateOptions): Promise<Shown> {
  return show(await run(generateKey(alg, options), backend))
}

/** Reads the keys in a text, and writes each in all its forms. @throws {JoseError} */
export async function convert(given: GivenText): Promise<readonly Shown[]> {
  const { keys } = await readKeys(given)
  return Promise.all(keys.map(show))
}

async function show(key: Key): Promise<Shown> {
  const open = key.kind === 'secret' ? undefined : await run(publicKey(key), backend)
  return {
    title: `${describe(key)}, ${key.bits} bits`,
    kind: key.kind,
    alg: key.alg,
    kid: key.kid,
    algorithms: key.algorithms,
    ...(open && { open: await formsOf(open), thumbprint: await run(thumbprint(open), backend) }),
    ...(key.kind !== 'public' && { hidden: await formsOf(key) }),
  }
}

async function formsOf(key: Key): Promise<Forms> {
  const jwk = JSON.stringify(await run(exportJwk(key), backend), null, 2)
  try {
    return key.kind === 'secret' ? { jwk } : { jwk, pem: await run(exportPem(key), backend) }
  } catch {
    return { jwk } // a browser need not know the PEM of every key that it works with
  }
}

/** The header of a draft, for a key of another algorithm. What is no JSON stays as it is. */
export function headerFor(header: string, { alg, kid }: Pick<Shown, 'alg' | 'kid'>): string {
  if (alg === undefined) return header
  const names = SIGNATURE.has(alg)
    ? { alg, enc: undefined }
    : MANAGEMENT.has(alg)
      ? { alg, enc: CONTENT_BY_DEFAULT }
      : { alg: DIRECT, enc: alg }
  try {
    const json = parseExact(header, 'the header')
    if (json.kind !== 'object') return header
    return lines(withMembers(json.members, { ...names, kid }))
  } catch {
    return header
  }
}

/** Members with others in their place; what is undefined goes. */
function withMembers(
  members: readonly (readonly [string, ExactJson])[],
  others: Readonly<Record<string, string | undefined>>,
): ExactJson {
  const kept = members.flatMap(([name, value]): [string, ExactJson][] => {
    if (!Object.hasOwn(others, name)) return [[name, value]]
    const text = others[name]
    return text === undefined ? [] : [[name, toExact(text)]]
  })
  const added = Object.entries(others).flatMap(([name, text]): [string, ExactJson][] =>
    text === undefined || members.some(([own]) => own === name) ? [] : [[name, toExact(text)]],
  )
  return { kind: 'object', members: [...kept, ...added] }
}
