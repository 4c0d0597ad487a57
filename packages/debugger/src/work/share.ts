import { backend } from '../../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { exportJwk } from '../../../countersign/src/key/ops.ts'
import { run } from '../../../countersign/src/op.ts'
import type { GivenKeys } from './keys.ts'

/** What came with the address of the page. */
export interface Arrival {
  readonly token?: string
  /** As it stands there: it may be anything. */
  readonly key?: string
  /** A token stood where servers log it, so it was not taken. */
  readonly isRefused: boolean
  /** The address without all that; nothing where there was nothing to remove. */
  readonly rest?: string
}

/** Whoever sends a token by the fragment calls it so, the first one first. */
const TOKEN_NAMES = ['token', 'id_token', 'access_token'] as const

/**
 * Reads the address of the page: a fragment never leaves the browser, so a token may stand there; a query is sent to
 * servers, which log it.
 */
export function readAddress({ pathname, search, hash }: Pick<Location, 'pathname' | 'search' | 'hash'>): Arrival {
  const [inFragment, inQuery] = [pairsOf(hash), pairsOf(search)]
  const token = TOKEN_NAMES.map((name) => inFragment.get(name)).find((text) => text !== undefined && text !== '')
  const key = inFragment.get('key')
  const isRefused = [...TOKEN_NAMES, 'key'].some((name) => inQuery.has(name))
  const isTaken = [...TOKEN_NAMES, 'key'].some((name) => inFragment.has(name))
  return {
    ...(token !== undefined && { token }),
    ...(key !== undefined && key !== '' && { key }),
    isRefused,
    ...((isRefused || isTaken) && { rest: `${pathname}${isRefused ? '' : search}${isTaken ? '' : hash}` }),
  }
}

/** The first of each name; a plus stays a plus, as base64 has it. */
function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const part of text.replace(/^[#?]/, '').split('&')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    if (!pairs.has(name)) pairs.set(name, equals < 0 ? '' : decoded(part.slice(equals + 1)))
  }
  return pairs
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Keys as they may be handed on: the members of public keys, written anew one by one, so that nothing else comes along.
 *
 * @returns nothing for a secret
 */
export async function publicText({ as, judging }: GivenKeys): Promise<string | undefined> {
  const keys = judging.all ?? []
  if (keys.length === 0 || keys.some(({ kind }) => kind !== 'public')) return undefined
  const jwks = await Promise.all(keys.map((key) => run(exportJwk(key), backend)))
  return JSON.stringify(as === 'set' ? { keys: jwks } : jwks[0])
}

/** Whether a key from an address is one that may be handed on. */
export function isOpen({ keys }: GivenKeys): boolean {
  return keys.every(({ kind }) => kind === 'public')
}

const OF_TOKENS = [
  ...['payload', 'protected', 'header', 'signature', 'signatures'],
  ...['unprotected', 'encrypted_key', 'iv', 'ciphertext', 'tag', 'aad', 'recipients'],
]

/** A token as it may be handed on: of one in JSON the members that tokens have, and nothing that stood beside them. */
export function tokenText(token: DecodedToken['token']): string {
  if (typeof token === 'string') return token
  return JSON.stringify(Object.fromEntries(Object.entries(token).filter(([name]) => OF_TOKENS.includes(name))))
}

/** The link to a token and a public key, behind the address of the page. */
export function linkTo(page: string, parts: { readonly token?: string; readonly key?: string }): string {
  const pairs = Object.entries(parts).map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
  return `${page.replace(/[?#].*$/, '')}${pairs.length === 0 ? '' : `#${pairs.join('&')}`}`
}
