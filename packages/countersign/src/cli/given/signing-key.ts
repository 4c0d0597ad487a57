import { misfit, nearestMisfit } from '../../alg/needs.ts'
import { SIGNATURE, type SignatureAlg } from '../../alg/signature.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { Call } from '../call.ts'
import { usage } from '../line/usage.ts'
import { namedAlgorithm } from './algorithms.ts'
import { contentOf, publicAlone } from './key-words.ts'
import { type GivenKey, readKey } from './keys.ts'
import { readSecret, toSecretKey } from './secrets.ts'

/** What a token is signed with. */
export interface SigningKey {
  readonly given: GivenKey
  readonly alg: SignatureAlg
}

interface Asked {
  readonly key?: string | undefined
  readonly secret?: string | undefined
  readonly 'secret-encoding'?: string | undefined
  readonly passphrase?: string | undefined
  readonly alg?: string | undefined
}

/**
 * The key that a command line names, and the algorithm that it signs with.
 *
 * @throws {CommandError} `CS_USAGE` for none and for several, and where --alg has to choose; `CS_KEY_TYPE`,
 *   `CS_WEAK_SECRET` for a key that cannot sign
 */
export async function readSigningKey(call: Call, asked: Asked): Promise<SigningKey> {
  const { key, secret, passphrase, alg } = asked
  if (key !== undefined && secret !== undefined)
    throw usage('--key and --secret exclude each other: one key signs', 'sign')
  if (asked['secret-encoding'] !== undefined && secret === undefined)
    throw usage('--secret-encoding says how --secret is written, and there is none', 'sign')
  if (passphrase !== undefined && key === undefined) throw usage('--passphrase opens --key, and there is none', 'sign')
  const named = alg === undefined ? undefined : namedAlgorithm(alg, SIGNATURE, 'signature algorithm', '--alg', 'sign')
  if (secret !== undefined) {
    const given = toSecretKey(await readSecret(call, secret, '--secret', asked['secret-encoding']))
    return { given, alg: signatureOf(given, named) }
  }
  if (key === undefined) {
    throw usage(
      'sign needs a key: --key or --secret',
      'sign',
      '`countersign key new ES256 --out key.jwk` makes one; then pass --key @key.jwk.',
    )
  }
  const given = await readKey(call, key, { what: '--key', passphrase })
  return { given, alg: signatureOf(given, named) }
}

/**
 * The algorithm that a key signs with: what was asked for, or else its own, or the only one that it serves.
 *
 * @param choose - what to do where it serves several, such as this one, and there is no --alg to say which
 * @throws {CommandError}
 */
export function signatureOf(
  given: GivenKey,
  named: SignatureAlg | undefined,
  choose?: (id: string) => string,
): SignatureAlg {
  const { key, name } = given
  if (key.kind === 'public') throw publicAlone(given, 'sign')
  const fit = [...SIGNATURE.values()].filter((row) => misfit(row, key, 'sign') === undefined)
  const [only, ...others] = fit
  if (named === undefined && only !== undefined && others.length === 0) return only
  const ids = fit.map(({ id }) => id).join(', ')
  if (named === undefined && only !== undefined) {
    const names = key.kty === 'OKP' ? ` ${only.id} is the name that older libraries know.` : ''
    throw usage(
      `${name} signs with ${ids}: say which`,
      'sign',
      choose?.(only.id) ?? `pass --alg with one of them.${names}`,
    )
  }
  if (named !== undefined && fit.includes(named)) return named
  const { code, why } = (named && misfit(named, key, 'sign')) ?? nearestMisfit(SIGNATURE.values(), key, 'sign')
  if (code === 'CS_WEAK_SECRET') {
    const header = named === undefined ? {} : { alg: named.id }
    const { message, hint } = tell(new JoseError(code, why), { given, header })
    throw new CommandError(code, message, { hint })
  }
  const serves = ids === '' ? why : `which signs with ${ids}`
  const how = named === undefined ? '' : ` with ${named.id}`
  throw new CommandError(
    code,
    `cannot sign${how}: ${name} holds ${contentOf(given)}${ids === '' ? ': ' : ', '}${serves}.`,
    {
      ...(ids !== '' && { hint: 'pass the key that belongs to the algorithm, or another --alg.' }),
    },
  )
}
