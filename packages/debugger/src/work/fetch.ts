import { backend } from '../../../countersign/src/crypto/web.ts'
import { CommandError } from '../../../countersign/src/diagnosis/told.ts'
import { discover } from '../../../countersign/src/source/discovery.ts'
import {
  type Answer,
  type DownloadRules,
  download,
  type Fetch,
  reasonOf,
  toDownloadRules,
  toUrl,
} from '../../../countersign/src/source/download.ts'

/** Whom an address would be asked of; nothing for one that this page may not ask. */
export function hostOf(address: string): string | undefined {
  try {
    return new URL(toUrl(address.trim(), 'the address', false, 'CS_JWKS_FETCH').href).host
  } catch {
    return undefined
  }
}

/**
 * Fetches a JWK Set, at its own address or where an issuer says that it is, by the rules of the library: metadata has to name
 * the issuer to the character, and leads nobody from afar to this machine.
 *
 * @returns its text
 * @throws {CommandError} @throws {JoseError}
 */
export async function fetchJwks(address: string, what: 'jwks' | 'issuer'): Promise<string> {
  const bare = address.trim()
  if (what === 'jwks') return fetchSet(bare)
  const { jwksUri } = await discover(bare, LIMITS, backend)
  return fetchSet(jwksUri)
}

/** As little goes along as a browser allows, and it goes nowhere else. */
const quietly: Fetch = async (url, request) => {
  try {
    return await fetch(url, {
      ...(request as RequestInit),
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    })
  } catch {
    throw new Error(
      `${new URL(url).host} cannot be reached, leads elsewhere, or does not let pages of others read it (CORS)`,
    )
  }
}

const LIMITS = { fetch: quietly, timeout: 10, maxBytes: 1_048_576 }

async function fetchSet(url: string): Promise<string> {
  const rules: DownloadRules = toDownloadRules(LIMITS)
  const fail = (why: string): CommandError =>
    new CommandError('CS_JWKS_FETCH', `could not fetch ${url}: ${why}.`, {
      hint: `a browser does not say all. At the terminal nothing is in the way: countersign jwks ${url} --kid ID --pick`,
    })
  let answer: Answer
  try {
    answer = await download(url, { accept: 'application/jwk-set+json, application/json' }, rules)
  } catch (error) {
    throw fail(reasonOf(error))
  }
  if (answer.status !== 200) throw fail(`HTTP status ${answer.status}`)
  try {
    return JSON.stringify(JSON.parse(answer.text), undefined, 2)
  } catch {
    throw fail('the answer is no JSON')
  }
}
