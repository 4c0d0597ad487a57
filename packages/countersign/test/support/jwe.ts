import assert from 'node:assert/strict'
import { type Decrypter, type DecrypterOptions, JoseError, type Keys } from 'countersign'
import type { DecryptJweOptions } from 'countersign/jwe'
import { backend, sync } from '#crypto'
import { CONTENT } from '../../src/alg/content.ts'
import { MANAGEMENT } from '../../src/alg/management.ts'
import { type Bytes, base64url } from '../../src/bytes.ts'
import type { Backend, SyncBackend } from '../../src/crypto/backend.ts'
import { backend as web } from '../../src/crypto/web.ts'
import { type DecryptedJwe, decryptJwe } from '../../src/jwe/decrypt-jwe.ts'
import { type SealedContent, seal } from '../../src/jwe/encrypt.ts'
import { type ManagedKey, type ManagementOptions, manage } from '../../src/jwe/manage.ts'
import type { Key } from '../../src/key/key.ts'
import { type Op, run, runSync, use } from '../../src/op.ts'
import { additionalData } from '../../src/serialization/jwe.ts'
import { DOORS, HAS_SYNC } from './doors.ts'
import type { AnyVerifier } from './forge.ts'

/** A driver of an operation on a backend, some of whose functions a test may give in another form. */
export interface JweRuntime {
  readonly name: string
  readonly backend: Backend
  run<T>(op: Op<T>, instead?: Instead): T | Promise<T>
}

/** What a test puts in the place of chance, or of work that it counts. */
export type Instead = (own: Backend) => Partial<Backend>

const onPromises = (name: string, backend: Backend): JweRuntime => ({
  name,
  backend,
  run: (op, instead) => run(op, { ...backend, ...instead?.(backend) }),
})
const SYNC: JweRuntime = {
  name: 'sync',
  backend: sync,
  run: (op, instead) => runSync(op, { ...sync, ...instead?.(sync) } as SyncBackend),
}

/** The drivers of an operation, and where there are two backends both; a test that runs under all proves that they agree. */
export const JWE_RUNTIMES: readonly JweRuntime[] = [
  onPromises('promise', backend),
  ...(HAS_SYNC ? [SYNC, onPromises('WebCrypto', web)] : []),
]

/** Chance that gives these octets in their order, and no others. */
export function given(...octets: readonly Bytes[]): Pick<Backend, 'random'> & { readonly left: readonly Bytes[] } {
  const left = [...octets]
  return {
    left,
    random(count) {
      const next = left.shift()
      assert.equal(next?.length, count, 'octets that are asked for by chance')
      return next as Bytes
    },
  }
}

/** What a JWE is made of apart from its headers, which are written already. */
export interface JweParts {
  readonly alg: string
  readonly enc: string
  /** The key that encrypts. */
  readonly key: Key
  readonly management?: ManagementOptions
  /** base64url text of the protected header, and of further data. */
  readonly encoded?: string | undefined
  readonly aad?: string | undefined
  readonly plaintext: Bytes
  readonly zip?: boolean
}

/** Encrypts to one recipient under the exact text of a header, as an operation. */
export function* encryptParts(parts: JweParts): Op<{ readonly managed: ManagedKey; readonly sealed: SealedContent }> {
  const managed = yield* manage(rowOf(MANAGEMENT, parts.alg), parts.key, rowOf(CONTENT, parts.enc), {
    ...parts.management,
  })
  return { managed, sealed: yield* sealParts(parts, managed) }
}

/** Encrypts a content with a key that was made or agreed upon, as an operation. */
export function* sealParts(
  { enc, encoded, aad, plaintext, zip }: Omit<JweParts, 'alg' | 'key'>,
  { cek }: Pick<ManagedKey, 'cek'>,
): Op<SealedContent> {
  const octets = zip ? yield* use((backend) => backend.deflate(plaintext)) : plaintext
  return yield* seal(rowOf(CONTENT, enc), cek, octets, additionalData(encoded, aad))
}

/** The row of an algorithm. */
export function rowOf<Row>(table: ReadonlyMap<string, Row>, id: string): Row {
  const row = table.get(id)
  if (row === undefined) throw new TypeError(`no ${id}`)
  return row
}

/** What every opener takes. */
export interface OpenerOptions extends Pick<DecryptJweOptions, 'algorithms' | 'encryptions'> {
  readonly keys: Keys
}

/** Something that decrypts, and checks no claims. */
export interface Opener {
  readonly name: string
  /** Whether it takes tokens in JSON, too. */
  readonly json: boolean
  open(token: unknown, options: OpenerOptions): unknown
}

/** Options of a decrypter that takes all claims, whoever wrote them. */
export const ANY_CLAIMS = { issuer: 'any', audience: 'any', requireExp: false, unsigned: 'accept' } as const

/** Options of a decrypter of nested JWTs. */
export const nested = (keys: Keys, verifier: AnyVerifier): DecrypterOptions => ({
  keys,
  // biome-ignore lint/suspicious/noThenProperty: the option's name; a verifier is no function, so nothing waits for it.
  then: verifier as DecrypterOptions['then'] & object,
})

/** Every way to have a JWE decrypted: bare on each runtime, and as a JWT by each door. */
export const OPENERS: readonly Opener[] = [
  ...JWE_RUNTIMES.map(
    ({ name, backend, run }): Opener => ({
      name: `decryptJwe (${name})`,
      json: true,
      open: async (token, options) => run(decryptJwe(token, options, backend)),
    }),
  ),
  ...DOORS.map(
    ({ name, door }): Opener => ({
      name: `createDecrypter of ${name}`,
      json: false,
      open: async (token, options) => {
        const all: DecrypterOptions = { ...ANY_CLAIMS, ...options }
        return (door.createDecrypter(all) as Decrypter).decrypt(token as string)
      },
    }),
  ),
]

/** The openers that take a token of this kind. */
export const openersOf = (token: unknown): readonly Opener[] =>
  OPENERS.filter(({ json }) => json || typeof token === 'string')

/** Holds that every opener refuses a token with a code. */
export async function refusedBy(token: unknown, code: string, options: OpenerOptions, why = ''): Promise<void> {
  for (const { name, open } of openersOf(token)) {
    const fault = await faultOf(() => open(token, options))
    assert.equal(fault.code, code, `${name}: ${why}: ${fault.message}`)
  }
}

/** Holds that every opener opens a token. */
export async function openedBy(token: unknown, options: OpenerOptions): Promise<void> {
  for (const { open } of openersOf(token)) await open(token, options)
}

/** What something throws, which is a `JoseError`. */
export async function faultOf(act: () => unknown): Promise<JoseError> {
  let value: unknown
  try {
    value = await act()
  } catch (error) {
    assert.ok(error instanceof JoseError, `not a JoseError: ${String(error)}`)
    return error
  }
  return assert.fail(`it was accepted: ${typeof value}`)
}

/** All that an error shows, apart from where it was thrown. */
export function shownOf(error: JoseError): object {
  const where = ['stack', 'line', 'column', 'sourceURL', 'originalLine', 'originalColumn']
  const names = Object.getOwnPropertyNames(error).filter((name) => !where.includes(name))
  const own = Object.fromEntries(names.map((name) => [name, error[name as keyof JoseError]]))
  return { ...own, class: error.constructor.name, text: String(error), json: JSON.stringify(error) }
}

/** The work that a token may cause. */
const WORK = ['agree', 'decryptKey', 'inflate', 'open', 'stretch', 'unwrap'] as const
type Work = (typeof WORK)[number]

/** A backend that counts what is asked of it. */
export function counting(): { readonly calls: Record<Work, number>; readonly instead: Instead; total(): number } {
  const calls = Object.fromEntries(WORK.map((name) => [name, 0])) as Record<Work, number>
  const instead: Instead = (own) =>
    Object.fromEntries(
      WORK.map((name) => [
        name,
        (...inputs: readonly unknown[]) => {
          calls[name]++
          return (own[name] as (...inputs: readonly unknown[]) => unknown)(...inputs)
        },
      ]),
    )
  return { calls, instead, total: () => WORK.reduce((sum, name) => sum + calls[name], 0) }
}

/** Decrypts on every runtime and counts the work. */
export async function workOf(
  token: unknown,
  options: DecryptJweOptions,
  check: (calls: Readonly<Record<Work, number>>, outcome: DecryptedJwe | JoseError, total: number) => void,
): Promise<void> {
  for (const { backend, run } of JWE_RUNTIMES) {
    const { calls, instead, total } = counting()
    let outcome: DecryptedJwe | JoseError
    try {
      outcome = await run(decryptJwe(token, options, backend), instead)
    } catch (error) {
      assert.ok(error instanceof JoseError, String(error))
      outcome = error
    }
    check(calls, outcome, total())
  }
}

/** Holds that a token is refused with a code before any work is done. */
export async function refusedUnseen(token: unknown, code: string, options: DecryptJweOptions, why = ''): Promise<void> {
  await workOf(token, options, (calls, outcome, total) => {
    assert.ok(outcome instanceof JoseError, `${why}: it was accepted`)
    assert.equal(outcome.code, code, `${why}: ${outcome.message}`)
    assert.equal(total, 0, `${why}: ${JSON.stringify(calls)}`)
  })
}

/** A compact JWE of its parts. */
export const compactOf = (encoded: string, ...octets: readonly Bytes[]): string =>
  [encoded, ...octets.map(base64url)].join('.')
