import { CONTENT, type ContentAlg, DIRECT } from '../../alg/content.ts'
import { MANAGEMENT, type ManagementAlg, PREFERRED } from '../../alg/management.ts'
import { type Misfit, misfit, nearestMisfit } from '../../alg/needs.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { secretKey } from '../../key/import.ts'
import type { Key } from '../../key/key.ts'
import { publicKey } from '../../key/ops.ts'
import { run } from '../../op.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import { namedAlgorithm } from './algorithms.ts'
import { contentOf } from './key-words.ts'
import { type GivenKey, type GivenSet, readKey, readKeys } from './keys.ts'
import { readPassphrase } from './passphrases.ts'
import { readSecret, toSecretKey } from './secrets.ts'

/** What a token is encrypted with. */
export interface EncryptionKey {
  readonly given: GivenKey
  readonly key: Key
  readonly alg: ManagementAlg
  /** Nothing where the key decides. */
  readonly enc: ContentAlg | undefined
}

interface Asked {
  readonly secret?: string | undefined
  readonly 'secret-encoding'?: string | undefined
  readonly password?: string | undefined
  readonly passphrase?: string | undefined
}

interface Recipient extends Asked {
  readonly to?: string | undefined
  readonly alg?: string | undefined
  readonly enc?: string | undefined
  readonly p2c?: string | undefined
  readonly 'sign-with'?: string | undefined
}

/** The one source of a key that is named. @throws {CommandError} `CS_USAGE` for none, and for several */
function oneSource<Names extends string>(
  asked: Asked & { readonly [Name in Names]?: string | undefined },
  first: Names,
  command: string,
  hint: string,
): void {
  const named = ([first, 'secret', 'password'] as const).filter((name) => asked[name] !== undefined)
  if (named.length === 0) throw usage(`${command} needs a key: --${first}, --secret or --password`, command, hint)
  if (named.length > 1)
    throw usage(`${named.map((name) => `--${name}`).join(' and ')} exclude each other: one key is used`, command)
  if (asked['secret-encoding'] !== undefined && asked.secret === undefined)
    throw usage('--secret-encoding says how --secret is written, and there is none', command)
}

/**
 * The key to encrypt with, and how: what was asked for, or what the key says of itself, or else the best that it serves.
 *
 * @throws {CommandError} `CS_USAGE`, `CS_KEY_TYPE`, `CS_KEY_SIZE`
 */
export async function readEncryptionKey(call: Call, asked: Recipient): Promise<EncryptionKey> {
  const { to, secret, password, passphrase } = asked
  oneSource(asked, 'to', 'encrypt', 'pass the public key of the recipient: --to @FILE')
  const named =
    asked.alg === undefined ? undefined : namedAlgorithm(asked.alg, MANAGEMENT, 'key management', '--alg', 'encrypt')
  const enc =
    asked.enc === undefined ? undefined : namedAlgorithm(asked.enc, CONTENT, 'content encryption', '--enc', 'encrypt')
  refuseMixed(named, password !== undefined, 'encrypt')
  if (asked.p2c !== undefined && password === undefined)
    throw usage('--p2c says how often --password is hashed, and there is none', 'encrypt')
  if (password !== undefined) {
    const given = await passwordKey(call, password, true)
    const alg = named ?? (MANAGEMENT.get(PREFERRED.at(-1) ?? '') as ManagementAlg)
    refuseWork(alg, asked.p2c)
    return { given, key: given.key, alg, enc }
  }
  if (secret !== undefined) {
    const given = toSecretKey(await readSecret(call, secret, '--secret', asked['secret-encoding'], '--to'))
    return chosen(given, given.key, named, enc)
  }
  const isSigned = asked['sign-with'] !== undefined
  const opens = isSigned ? { isPublicEnough: true } : { passphrase }
  const given = await readKey(call, to ?? '', { what: '--to', ...opens })
  if (given.key.kind !== 'private') return chosen(given, given.key, named, enc)
  call.note({ code: 'CS_NOTE_KEY', message: `${given.name} is a private key; its public half is what encrypts.` })
  return chosen(given, await run(publicKey(given.key), backend), named, enc)
}

function chosen(
  given: GivenKey,
  key: Key,
  named: ManagementAlg | undefined,
  enc: ContentAlg | undefined,
): EncryptionKey {
  const rows = named === undefined ? ownRows(key) : [named]
  const alg = rows.find(
    (row) => row.family !== 'password' && misfit(needsOf(row, key, enc), key, 'encrypt') === undefined,
  )
  if (alg) return { given, key, alg, enc }
  const [only, ...others] = rows
  const row = others.length === 0 ? only : undefined
  if (row?.family === 'password')
    throw usage(`${given.name} is a password (${row.id}), which is for --password to name`, 'encrypt')
  const fault = row
    ? misfit(needsOf(row, key, enc), key, 'encrypt')
    : nearestMisfit(MANAGEMENT.values(), key, 'encrypt')
  throw unfit(given, key, fault, row, enc)
}

/** What a key is for by its own word, or what is best where it says nothing. */
function ownRows(key: Key): readonly ManagementAlg[] {
  const own = CONTENT.has(key.alg ?? '') ? DIRECT : key.alg
  const row = MANAGEMENT.get(own ?? '')
  if (row) return [row]
  return PREFERRED.flatMap((id) => MANAGEMENT.get(id) ?? []).filter(({ family }) => family !== 'password')
}

/** With a key that is shared, it is the content encryption that asks something of it. */
function needsOf(alg: ManagementAlg, key: Key, enc: ContentAlg | undefined): ManagementAlg | ContentAlg {
  if (alg.family !== 'direct') return alg
  return enc ?? [...CONTENT.values()].find((row) => misfit(row, key, 'encrypt') === undefined) ?? alg
}

function unfit(
  given: GivenKey,
  key: Key,
  fault: Misfit | undefined,
  alg: ManagementAlg | undefined,
  enc: ContentAlg | undefined,
): CommandError {
  const { code, why } = fault ?? { code: 'CS_KEY_TYPE', why: 'the key serves no algorithm' }
  if (code === 'CS_KEY_SIZE' && key.kind === 'secret') {
    const change = given.change === undefined ? '' : ` (${given.change})`
    const needs = alg === undefined ? undefined : needsOf(alg, key, enc)
    const octets = [...new Set((needs?.sizes ?? SECRET_BITS).map((bits) => bits / 8))]
    const takes = octets.length === 1 ? octets[0] : `${octets.slice(0, -1).join(', ')} or ${octets.at(-1)}`
    const what = needs === undefined ? 'a secret to encrypt with has' : `${needs.id} takes`
    const make =
      needs === undefined || needs.id === DIRECT
        ? PREFERRED.find((id) => MANAGEMENT.get(id)?.family === 'wrap')
        : needs.id
    return new CommandError(code, `${given.name} has ${key.bits / 8} bytes${change}; ${what} ${takes}.`, {
      hint: `countersign key new ${make} --out secret.jwk, then --to @secret.jwk; what somebody can remember is for --password.`,
    })
  }
  const how = alg === undefined || alg.id === key.alg ? '' : ` with ${alg.id}`
  const serves = key.algorithms.length === 0 ? `: ${why}` : `, which is for ${key.algorithms.join(', ')}`
  return new CommandError(code, `cannot encrypt${how}: ${given.name} holds ${contentOf({ ...given, key })}${serves}.`, {
    hint: 'pass a key that is for encryption: an RSA, EC, X25519 or X448 key, or a secret; `countersign algs` lists what each is for.',
  })
}

/** The sizes of the secrets that encrypt. */
const SECRET_BITS: readonly number[] = [
  ...new Set(
    [...MANAGEMENT.values()]
      .filter(({ family }) => family === 'wrap' || family === 'direct')
      .flatMap(({ sizes = [] }) => sizes),
  ),
].sort((a, b) => a - b)

/** A password does not stand in for a key, nor a key for a password. */
function refuseMixed(alg: ManagementAlg | undefined, isPassword: boolean, command: string): void {
  if (alg === undefined || (alg.family === 'password') === isPassword) return
  if (isPassword)
    throw usage(
      `--alg names ${alg.id}, which takes no password`,
      command,
      `leave out --alg, or pass ${passwordIds().join(', ')}.`,
    )
  throw usage(`--alg names ${alg.id}, which takes a password`, command, 'pass it with --password.')
}

function refuseWork(alg: ManagementAlg, p2c: string | undefined): void {
  if (alg.family !== 'password' || p2c === undefined || Number(p2c) <= alg.iterations) return
  throw usage(`--p2c for ${alg.id} is at most ${alg.iterations}`, 'encrypt')
}

const passwordIds = (): readonly string[] =>
  [...MANAGEMENT.values()].filter(({ family }) => family === 'password').map(({ id }) => id)

/** @param isNew - it is asked for twice, since nobody could open what a slip of a finger has closed */
async function passwordKey(call: Call, source: string, isNew = false): Promise<GivenKey> {
  const text = await readPassphrase(call, source, 'password: ', '--password')
  if (isNew && source === 'prompt:' && (await call.sources.ask('password again: ', '--password')) !== text)
    throw new CommandError('CS_INPUT', 'the two passwords differ.', { hint: 'try again; nothing was made.' })
  const key = secretKey({ text }, undefined, {})
  return { name: source === 'prompt:' ? 'the password' : source, as: 'secret', keys: [key], key }
}

interface Opener extends Asked {
  readonly key?: string | undefined
  readonly alg?: string | undefined
  readonly enc?: string | undefined
  readonly 'max-p2c'?: string | undefined
}

/** What a token is decrypted with. */
export interface DecryptionKeys {
  readonly given: GivenKey | GivenSet
  readonly isPassword: boolean
  /** The key management that is allowed: passwords where one was given, and nothing else then. */
  readonly algorithms: readonly ManagementAlg[]
  /** Whether --alg says so. */
  readonly isNarrowed: boolean
  readonly encryptions: readonly ContentAlg[]
}

/** The one source of keys that decrypt shall use. @throws {CommandError} `CS_USAGE`, `CS_KEY_TYPE` */
export async function readDecryptionKeys(
  call: Call,
  asked: Opener,
  named: readonly ManagementAlg[] | undefined,
  encryptions: readonly ContentAlg[],
): Promise<DecryptionKeys> {
  const { key, secret, password, passphrase } = asked
  oneSource(
    asked,
    'key',
    'decrypt',
    'pass the private key: --key @FILE; `countersign decode` shows the header without one.',
  )
  if (passphrase !== undefined && key === undefined)
    throw usage('--passphrase opens --key, and there is none', 'decrypt')
  if (asked['max-p2c'] !== undefined && password === undefined)
    throw usage('--max-p2c limits the work of --password, and there is none', 'decrypt')
  const isPassword = password !== undefined
  for (const alg of named ?? []) refuseMixed(alg, isPassword, 'decrypt')
  const algorithms = named ?? [...MANAGEMENT.values()].filter(({ family }) => (family === 'password') === isPassword)
  const common = { isPassword, algorithms, isNarrowed: named !== undefined, encryptions }
  if (password !== undefined) return { ...common, given: await passwordKey(call, password) }
  if (secret !== undefined) {
    const read = await readSecret(call, secret, '--secret', asked['secret-encoding'])
    return { ...common, given: toSecretKey(read) }
  }
  return { ...common, given: await readKeys(call, key ?? '', { what: '--key', passphrase }) }
}
