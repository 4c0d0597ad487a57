import { SIGNATURE } from '../../alg/signature.ts'
import type { Bytes } from '../../bytes.ts'
import type { GivenKeys } from '../../diagnosis/told.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { Key } from '../../key/key.ts'
import { publicKey, thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import { discover } from '../../source/discovery.ts'
import { isLoopback } from '../../source/download.ts'
import { KeySet } from '../../source/set.ts'
import { toRemoteKeySet } from '../../source/shared.ts'
import type { Keys } from '../../source/source.ts'
import type { Call } from '../call.ts'
import { backend } from '../engine.ts'
import { didYouMean, usage } from '../line/usage.ts'
import { type GivenSet, readKeys, readSet, toSet } from './keys.ts'
import { type GivenSecret, readSecret, toSecretKey } from './secrets.ts'
import { Sources } from './sources.ts'
import { parseDuration } from './times.ts'

/** What a token is verified with. */
export interface VerifyingKeys {
  readonly given: GivenKeys
  /** The same for the library. */
  readonly keys: Keys
  /** Every key of the set, also those that --kid leaves aside. */
  readonly all?: readonly Key[]
  /** What a secret was before it became a key. */
  readonly secret?: GivenSecret
  /** What the file of a key has in it, where that can be read once more. */
  readonly written?: () => Promise<Bytes | undefined>
}

interface Asked {
  readonly key?: string | undefined
  readonly secret?: string | undefined
  readonly 'secret-encoding'?: string | undefined
  readonly jwks?: string | undefined
  readonly issuer?: string | undefined
  readonly kid?: string | undefined
  readonly timeout?: string | undefined
  readonly 'allow-weak-secret'?: boolean
}

const SOURCES = ['key', 'secret', 'jwks', 'issuer'] as const

/**
 * Holds that a command line names one source of keys, before anything is read or fetched.
 *
 * @throws {CommandError} `CS_USAGE` for none, for several, and for what does not go with it; `CS_OFFLINE`
 */
export function checkKeySource(call: Call, values: Asked, command: string): (typeof SOURCES)[number] {
  const [name, ...others] = SOURCES.filter((source) => values[source] !== undefined)
  if (name === undefined) {
    throw usage(
      `${command} needs a source of keys: --key, --secret, --jwks or --issuer`,
      command,
      'without a key nothing can be verified; `countersign decode` shows a token and checks nothing.',
    )
  }
  if (others.length > 0) {
    const flags = [name, ...others].map((source) => `--${source}`).join(' and ')
    throw usage(`${flags} exclude each other: one source of keys decides`, command)
  }
  const isSecret = name === 'secret'
  if (values['secret-encoding'] !== undefined && !isSecret)
    throw usage('--secret-encoding says how --secret is written, and there is none', command)
  if (values['allow-weak-secret'] && !isSecret)
    throw usage('--allow-weak-secret is about --secret, and there is none', command)
  if (isSecret && values.kid !== undefined)
    throw usage('--kid chooses a key out of a set, and --secret is one secret', command)
  parseTimeout(values.timeout)
  if (name === 'issuer') checkAddress(call, values.issuer ?? '', '--issuer')
  if (name === 'jwks') checkSetSource(call, values.jwks ?? '', '--jwks')
  return name
}

/** The keys that a command line names. @throws {CommandError} as {@link checkKeySource} */
export async function readVerifyingKeys(call: Call, values: Asked, command: string): Promise<VerifyingKeys> {
  const name = checkKeySource(call, values, command)
  const source = values[name] ?? ''
  if (name === 'secret') {
    const secret = await readSecret(call, source, '--secret', values['secret-encoding'])
    const given = toSecretKey(secret, { allowWeak: values['allow-weak-secret'] ?? false })
    return { given, keys: given.key, secret }
  }
  if (name === 'issuer') return fromSet(call, await discoveredSet(call, source, values.timeout), values.kid)
  if (name === 'jwks') return fromSet(call, await jwksOf(call, source, values.timeout), values.kid)
  const given = await readKeys(call, source, { what: '--key', isPublicEnough: true })
  if (given.as === 'set') return fromSet(call, given, values.kid)
  if (values.kid !== undefined && values.kid !== given.key.kid)
    throw usage('--kid chooses a key out of a set, and --key holds one key, which has no such name', command)
  const [key = given.key] = await openHalves(call, given)
  const isOpen = given.key.kind === 'public' && /^(@|env:)/.test(source)
  const written = isOpen ? { written: () => readAgain(call, source) } : {}
  return { given: { ...given, keys: [key] }, keys: key, ...written }
}

async function readAgain(call: Call, source: string): Promise<Bytes | undefined> {
  try {
    return (await call.sources.read(source, { what: '--key' })).bytes
  } catch {
    return undefined
  }
}

/** Keys with the public halves of those that are private: these do all that verifying takes. */
async function openHalves(call: Call, { name, keys }: GivenKeys): Promise<readonly Key[]> {
  const secret = keys.filter(({ kind }) => kind === 'private').length
  if (secret > 0) {
    const what =
      keys.length === 1 ? 'is a private key; its public half is' : 'holds private keys; their public halves are'
    call.note({ code: 'CS_NOTE_KEY', message: `${name} ${what} what verifies.` })
  }
  return Promise.all(keys.map((key) => (key.kind === 'private' ? run(publicKey(key), backend) : key)))
}

/** A JWK Set from a file or from a URL. */
export async function jwksOf(call: Call, text: string, timeout?: string, what = '--jwks'): Promise<GivenSet> {
  checkSetSource(call, text, what)
  if (!isUrl(text)) return readSet(call, text, what)
  return fetched(call, async (options) => toFetchedSet(call, toRemoteKeySet(text, options, backend), text), timeout)
}

/** The JWK Set of an issuer, by discovery. */
export async function discoveredSet(call: Call, issuer: string, timeout?: string): Promise<GivenSet> {
  checkAddress(call, issuer, '--issuer')
  const find = async (options: RemoteOptions): Promise<GivenSet> => {
    const { keys, jwksUri } = await discover(issuer, options, backend)
    return toFetchedSet(call, keys, jwksUri)
  }
  return fetched(call, find, timeout)
}

async function toFetchedSet(call: Call, remote: ReturnType<typeof toRemoteKeySet>, name: string): Promise<GivenSet> {
  await remote.load()
  return { ...toSet(name, remote.current, call), jwks: remote.snapshot()?.jwks }
}

/** How something is fetched. */
export type RemoteOptions = Pick<NonNullable<Parameters<typeof discover>[1]>, 'timeout' | 'now' | 'fetch'>

const DEFAULT_TIMEOUT = '5s'
/** A day: what a timer cannot count, it takes for no time at all. */
const LONGEST_TIMEOUT = 86_400

export function parseTimeout(text: string = DEFAULT_TIMEOUT): number {
  const seconds = parseDuration(text, '--timeout')
  if (seconds > LONGEST_TIMEOUT) throw usage('--timeout is a day at most: 24h')
  return seconds
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

/** Fetches. Where nothing answers, and a proxy is set that Node does not go by, it says so. */
export async function fetched<T>(
  { host }: Call,
  work: (options: RemoteOptions) => Promise<T>,
  timeout?: string,
): Promise<T> {
  const options: RemoteOptions = {
    timeout: parseTimeout(timeout),
    now: () => host.now(),
    fetch: (url, request) => host.fetch(url, request as RequestInit),
  }
  try {
    return await work(options)
  } catch (error) {
    const proxy = PROXIES.find((name) => host.env[name])
    const isUnheard = proxy !== undefined && host.env['NODE_USE_ENV_PROXY'] !== '1' && !/^(Bun|Deno)/.test(host.runtime)
    const isAnswered =
      error instanceof JoseError && (!/could not be fetched/.test(error.message) || /HTTP status/.test(error.message))
    if (!(error instanceof JoseError) || !isUnheard || isAnswered) throw error
    throw new JoseError(error.code, error.message, {
      hint: `${proxy} is set, and Node.js goes by it only where NODE_USE_ENV_PROXY=1 is set, too.`,
      unavailable: error.unavailable,
      cause: error,
    })
  }
}

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** @throws {CommandError} `CS_USAGE` for what is neither a URL nor a SOURCE nor JSON */
function checkSetSource(call: Call, text: string, what: string): void {
  if (isUrl(text)) checkAddress(call, text, what)
  else if (!Sources.isSource(text) && !text.trimStart().startsWith('{'))
    throw usage(`${what} takes a URL, a SOURCE or the JSON of a JWK Set`, '', 'a file is named with @: @jwks.json.')
}

/** @throws {CommandError} `CS_USAGE` for what may not be fetched, which it does not repeat; `CS_OFFLINE` */
export function checkAddress({ settings }: Call, text: string, what: string): void {
  if (!isUrl(text) || !URL.canParse(text))
    throw usage(
      `${what} is no URL`,
      '',
      `it begins with https://${what === '--issuer' ? ', as iss of its tokens does' : ''}.`,
    )
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    throw usage(
      `${what} has a name or a password in it: what stands on a command line is in the history and in the list of processes`,
    )
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    throw usage(
      `${what} begins with ${url.protocol}//, and keys that come so may be anybody's`,
      '',
      'keys are fetched by https, or by http from this machine: http://localhost, http://127.0.0.1.',
    )
  if (settings.offline) throw new CommandError('CS_OFFLINE', `--offline forbids to fetch ${text}.`)
}

/** The keys of a set, or the one that --kid names. */
async function fromSet(call: Call, given: GivenSet, kid: string | undefined): Promise<VerifyingKeys> {
  const all = await openHalves(call, given)
  const isChanged = all.some((key, index) => key !== given.keys[index])
  const set = isChanged ? new KeySet({ keys: all }, backend) : given.set
  const open: GivenKeys = { name: given.name, as: 'set', keys: all }
  if (kid === undefined) return { given: open, keys: set, all }
  const keys = await named(all, kid)
  if (keys.length > 0) return { given: { ...open, keys }, keys, all }
  const { message } = tell(new JoseError('CS_NO_KEY', 'there is none'), { given: open, header: { kid } })
  throw new CommandError('CS_NO_KEY', message, {
    hint: '--kid is a name of one of these; without it the token says which.',
  })
}

/** The keys of a name: their kid, or the thumbprint of those that have none. */
export async function named(keys: readonly Key[], kid: string): Promise<readonly Key[]> {
  const names = await Promise.all(
    keys.map(async (key) => key.kid ?? (key.kind === 'secret' ? undefined : await run(thumbprint(key), backend))),
  )
  return keys.filter((_, index) => names[index] === kid)
}

/** The algorithms that --alg names. @throws {CommandError} `CS_USAGE` for a name that is none */
export function signatureNames(alg: string | undefined): readonly string[] | undefined {
  const names = alg?.split(',').map((id) => id.trim())
  const odd = names?.find((id) => !SIGNATURE.has(id))
  if (odd === undefined) return names
  const known = [...SIGNATURE.keys()]
  throw usage(
    `--alg names no algorithm that is known${didYouMean(odd, known)}`,
    '',
    `algorithms that sign are ${known.join(', ')}.`,
  )
}
