import { SIGNATURE, type SignatureAlg } from '../alg/signature.ts'
import type { GivenKeys } from '../diagnosis/told.ts'
import { CommandError, describe } from '../diagnosis/told.ts'
import type { Key } from '../key/key.ts'
import { thumbprint } from '../key/ops.ts'
import { run } from '../op.ts'
import { discover } from '../source/discovery.ts'
import type { RemoteKeySet } from '../source/remote.ts'
import { KeySet } from '../source/set.ts'
import { toRemoteKeySet } from '../source/shared.ts'
import type { Keys } from '../source/source.ts'
import type { Call } from './call.ts'
import { backend } from './engine.ts'
import { type GivenSecret, type GivenSet, readKeys, readSecret, readSet, toSecretKey, toSet } from './keys.ts'
import { parseDuration } from './times.ts'
import { usage } from './usage.ts'

/** What a token is verified with. */
export interface VerifyingKeys {
  readonly given: GivenKeys
  /** The same for the library. */
  readonly keys: Keys
  /** What a secret was before it became a key. */
  readonly secret?: GivenSecret
  /** The issuer whose metadata led to the keys. */
  readonly issuer?: string
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

/** The one source of keys that a command line names. @throws {CommandError} `CS_USAGE` for none, and for several */
export async function readVerifyingKeys(call: Call, values: Asked, command: string): Promise<VerifyingKeys> {
  const named = SOURCES.filter((name) => values[name] !== undefined)
  if (named.length === 0) {
    throw usage(
      `${command} needs a source of keys: --key, --secret, --jwks or --issuer`,
      command,
      'without a key nothing can be verified; `countersign decode` shows a token and checks nothing.',
    )
  }
  if (named.length > 1)
    throw usage(
      `${named.map((name) => `--${name}`).join(' and ')} exclude each other: one source of keys decides`,
      command,
    )
  if (values['secret-encoding'] !== undefined && values.secret === undefined)
    throw usage('--secret-encoding says how --secret is written, and there is none', command)
  const { key, secret, jwks, issuer, kid } = values
  if (secret !== undefined) {
    const read = await readSecret(call, secret, '--secret', values['secret-encoding'])
    const given = toSecretKey(read, { allowWeak: values['allow-weak-secret'] ?? false })
    return { given, keys: given.key, secret: read }
  }
  if (key !== undefined) {
    const given = await readKeys(call, key, { what: '--key' })
    if (given.as === 'set') return narrowed(given, kid)
    if (given.key.kind === 'private') {
      // Its public half does all that is asked for here.
      const { publicKey } = await import('../key/ops.ts')
      const open = await run(publicKey(given.key), backend)
      call.note({ code: 'CS_NOTE_KEY', message: `${given.name} is a private key; its public half is what verifies.` })
      return { given: { ...given, keys: [open] }, keys: open }
    }
    return { given, keys: given.key }
  }
  if (issuer !== undefined) return narrowed(await discoveredSet(call, issuer, values.timeout), kid)
  return narrowed(await jwksOf(call, jwks ?? '', values.timeout), kid)
}

/** A JWK Set from a file or from a URL. */
export async function jwksOf(call: Call, text: string, timeout?: string): Promise<GivenSet> {
  if (!/^https?:\/\//i.test(text)) return readSet(call, text, '--jwks')
  refuseOffline(call, text)
  const set = toRemoteKeySet(text, remoteOptions(call, timeout), backend)
  return loaded(set, text, call)
}

/** The JWK Set of an issuer, by discovery. */
export async function discoveredSet(
  call: Call,
  issuer: string,
  timeout?: string,
): Promise<GivenSet & { readonly issuer: string; readonly metadata: object }> {
  refuseOffline(call, issuer)
  if (!/^https?:\/\//i.test(issuer))
    throw usage('--issuer is a URL', '', 'it is what tokens have in iss, such as https://id.example.com')
  const { keys, jwksUri, metadata } = await discover(issuer, remoteOptions(call, timeout), backend)
  return { ...(await loaded(keys, jwksUri, call)), issuer, metadata }
}

function remoteOptions(call: Call, timeout = '5s'): Parameters<typeof discover>[1] {
  const { host } = call
  return {
    timeout: parseDuration(timeout, '--timeout'),
    now: () => host.now(),
    fetch: (url, request) => host.fetch(url, request as RequestInit),
  }
}

async function loaded(remote: RemoteKeySet, name: string, call: Call): Promise<GivenSet> {
  await remote.load()
  return toSet(name, remote.current, call)
}

function refuseOffline({ settings }: Call, url: string): void {
  if (settings.offline) throw new CommandError('CS_OFFLINE', `--offline forbids to fetch ${url}.`)
}

/** The keys of a set, or the one that --kid names. */
async function narrowed(
  given: GivenSet & { readonly issuer?: string },
  kid: string | undefined,
): Promise<VerifyingKeys> {
  const issuer = given.issuer === undefined ? {} : { issuer: given.issuer }
  if (kid === undefined) return { given, keys: given.set, ...issuer }
  const names = await Promise.all(given.keys.map(async (key) => key.kid ?? (await run(thumbprint(key), backend))))
  const keys = given.keys.filter((_, index) => names[index] === kid)
  if (keys.length === 0) {
    const { tell } = await import('../diagnosis/told.ts')
    const { JoseError } = await import('../errors.ts')
    const { message } = tell(new JoseError('CS_NO_KEY', 'no such key'), { given, header: { kid } })
    throw new CommandError('CS_NO_KEY', message)
  }
  return {
    given: { ...given, keys },
    keys: keys.length === 1 && keys[0] ? keys[0] : new KeySet({ keys }, backend),
    ...issuer,
  }
}

/**
 * The algorithms that may be used: what the keys can do, narrowed by what they say of themselves, then by --alg. What a
 * token says is not looked at.
 *
 * @throws {CommandError} `CS_USAGE` for a name that is none, `CS_ALG` where nothing is left
 */
export function allowedAlgorithms({ keys, name }: GivenKeys, alg: string | undefined): readonly string[] {
  // A secret that is too short for one of them is told as such when it comes to it.
  const serves = ({ kind, alg: own, algorithms }: Key, { id, family }: SignatureAlg): boolean =>
    algorithms.includes(id) || (kind === 'secret' && family === 'hmac' && (own === undefined || own === id))
  const can = [...SIGNATURE.values()].filter((row) => keys.some((key) => serves(key, row))).map(({ id }) => id)
  if (alg === undefined && (can.length > 0 || keys.length === 0)) return can
  if (alg === undefined)
    throw new CommandError(
      'CS_KEY_TYPE',
      `${name} verifies no signatures: it is ${keys[0] ? describe(keys[0]) : 'no key'}.`,
    )
  const named = alg.split(',').map((id) => id.trim())
  for (const id of named) {
    if (SIGNATURE.has(id)) continue
    throw usage(`--alg names an algorithm that is none: known are ${[...SIGNATURE.keys()].join(', ')}`, 'verify')
  }
  const left = can.filter((id) => named.includes(id))
  if (left.length > 0 || keys.length === 0) return left
  throw new CommandError(
    'CS_ALG',
    `--alg allows ${named.join(', ')}, and ${name} serves ${can.length === 0 ? 'no signatures' : `${can.join(', ')} alone`}.`,
    {
      hint: 'pass the key that belongs to the algorithm, or leave out --alg.',
    },
  )
}
