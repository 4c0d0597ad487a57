import { CONTENT } from '../../alg/content.ts'
import { MANAGEMENT } from '../../alg/management.ts'
import { misfit, type Needs } from '../../alg/needs.ts'
import { type Bytes, base64url, fromUtf8 } from '../../bytes.ts'
import { mediaType } from '../../claims.ts'
import { decodeFound } from '../../diagnosis/decode-token.ts'
import {
  type ExactJson,
  exactly,
  member,
  numberOf,
  parseExact,
  quoted,
  textOf,
  toLines,
} from '../../diagnosis/exact-json.ts'
import { findToken, notToken } from '../../diagnosis/find-token.ts'
import { CommandError, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { type DecryptedJwe, decryptJwe } from '../../jwe/decrypt-jwe.ts'
import { run } from '../../op.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { namedAlgorithms } from '../given/algorithms.ts'
import { type DecryptionKeys, readDecryptionKeys } from '../given/encryption-keys.ts'
import { contentOf, publicAlone } from '../given/key-words.ts'
import { tokenText } from '../given/tokens.ts'
import type { DecryptNames } from '../rows/tokens.ts'
import type { Outcome } from '../shown/outcome.ts'
import { jsonPaint } from '../shown/paint.ts'

type DecryptCall = CallOf<DecryptNames>

/** Opens an encrypted token, and says what is inside. Nothing that is inside is checked. */
export const decrypt: Run<DecryptNames> = async (call) => {
  const { values, words, sources, settings } = call
  sources.claim(words[0] ?? '-', 'TOKEN')
  for (const name of ['key', 'secret', 'password', 'passphrase'] as const) sources.claim(values[name], `--${name}`)
  const named =
    values.alg === undefined ? undefined : namedAlgorithms(values.alg, MANAGEMENT, 'key management', '--alg', 'decrypt')
  const encryptions =
    values.enc === undefined
      ? [...CONTENT.values()]
      : namedAlgorithms(values.enc, CONTENT, 'content encryption', '--enc', 'decrypt')
  const found = findToken(await tokenText(call, words[0], 'decrypt'), settings.strict)
  if (found.kind === 'cut') throw notToken(String(found.token))
  const decoded = decodeFound(found, settings.strict)
  for (const note of found.notes) call.note(note)
  if (decoded.kind === 'jws') {
    const alg = textOf(member(decoded.header, 'alg'))
    throw new CommandError(
      'CS_MALFORMED',
      `this token is signed and not encrypted (JWS${alg === undefined ? '' : `, ${cut(alg)}`}).`,
      {
        hint: 'countersign decode shows what it says, countersign verify finds out whether that is true.',
        spec: 'RFC 7516 §9',
      },
    )
  }
  const headers = decoded.headers.length > 0 ? decoded.headers : [decoded.header]
  refuseWork(headers, values['max-p2c'])
  const keys = await readDecryptionKeys(call, values, named, encryptions)
  refuseHeader(headers, keys)
  return toOutcome(await open(found.token, decoded.header, keys), decoded.header, call)
}

/** Names of a header in a message. */
const cut = (text: string): string => quoted(text.length > 100 ? `${text.slice(0, 100)}…` : text).slice(1, -1)

/** What a password costs is looked at before anything is done for it. */
function refuseWork(headers: readonly ExactJson[], most: string | undefined): void {
  if (most === undefined) return
  const asked = Math.max(...headers.map((header) => numberOf(member(header, 'p2c')) ?? 0))
  if (asked <= Number(most)) return
  throw new CommandError('CS_TOO_LARGE', `p2c of the header is ${asked}, and --max-p2c allows ${most}.`, {
    hint: 'where you trust whoever made it, allow more.',
    spec: 'RFC 8725 §3.12',
  })
}

/** What anyone can see that does not fit is told by name, as nothing is that has to do with the key itself. */
function refuseHeader(headers: readonly ExactJson[], keys: DecryptionKeys): void {
  const [header, ...others] = headers
  const [alg, enc] = ['alg', 'enc'].map((name) => textOf(member(header, name)) ?? '')
  const row = MANAGEMENT.get(alg ?? '')
  const content = CONTENT.get(enc ?? '')
  if (keys.given.as !== 'set' && keys.given.key.kind === 'public') throw publicAlone(keys.given, 'decrypt')
  refusePublicSet(header, keys)
  if (others.length > 0 || row === undefined || content === undefined) return
  if (!keys.algorithms.includes(row)) throw wrongManagement(row.id, row.family === 'password', keys)
  if (!keys.encryptions.includes(content)) {
    throw new CommandError(
      'CS_ALG',
      `the token says enc ${content.id}, and --enc allows ${keys.encryptions.map(({ id }) => id).join(', ')} alone.`,
      {
        hint: `if such tokens are to be opened, pass --enc ${content.id}.`,
      },
    )
  }
  if (keys.given.as === 'set') return
  const needs: Needs = row.family === 'direct' ? content : row
  const fault = misfit(needs, keys.given.key, 'decrypt')
  if (fault === undefined) return
  const who = keys.isPassword ? 'the password does not serve' : `${keys.given.name} holds ${contentOf(keys.given)}`
  throw new CommandError(fault.code, `the token says ${row.id} with ${content.id}, and ${who}: ${fault.why}.`, {
    hint: 'pass the key that it was encrypted to; `countersign decode` shows its kid.',
  })
}

/** Of a set, the keys that the token may mean: where none of them is private, the set is one for those who encrypt. */
function refusePublicSet(header: ExactJson | undefined, { given }: DecryptionKeys): void {
  if (given.as !== 'set') return
  const kid = textOf(member(header, 'kid'))
  const named = given.keys.filter((key) => kid !== undefined && key.kid === kid)
  const meant = named.length === 0 ? given.keys : named
  if (meant.length === 0 || meant.some(({ kind }) => kind !== 'public')) return
  const what =
    named.length === 0 ? 'public keys alone' : `the public half alone of the key with kid ${quoted(cut(kid ?? ''))}`
  throw new CommandError('CS_KEY_TYPE', `cannot decrypt: ${given.name} holds ${what}.`, {
    hint: 'pass the private key, or a set of private keys.',
  })
}

function wrongManagement(id: string, isPassword: boolean, keys: DecryptionKeys): CommandError {
  if (isPassword && !keys.isPassword) {
    return new CommandError('CS_ALG', `the token is encrypted with a password (${id}).`, {
      hint: 'pass the password with --password. Each try takes a while, so it is made for passwords alone.',
    })
  }
  const names = keys.algorithms.map((row) => row.id).join(', ')
  if (keys.isNarrowed) {
    return new CommandError('CS_ALG', `the token says alg ${id}, and --alg allows ${names} alone.`, {
      hint: `if such tokens are to be opened, pass --alg ${id}.`,
    })
  }
  return new CommandError('CS_ALG', `the token says alg ${id}, which takes no password.`, {
    hint: 'pass the key that it was encrypted to: --key @private.pem, or --secret.',
  })
}

async function open(token: unknown, header: ExactJson, keys: DecryptionKeys): Promise<DecryptedJwe> {
  const { given, algorithms, encryptions } = keys
  const ids = (rows: readonly Needs[]): readonly string[] => rows.map(({ id }) => id)
  const options = {
    keys: given.as === 'set' ? given.set : given.key,
    algorithms: ids(algorithms),
    encryptions: ids(encryptions),
  }
  try {
    return await run(decryptJwe(token, options, backend), backend)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const kid = textOf(member(header, 'kid'))
    const { code, message, hint } = tell(
      error,
      given.as === 'set' ? { given, header: { ...(kid !== undefined && { kid }) } } : {},
    )
    const other = code === 'CS_DECRYPTION' ? otherKey(kid, keys) : undefined
    throw new CommandError(code, message, { hint: other ?? hint })
  }
}

/** Whether the token names another key than the one that was given: that is for everyone to see. */
function otherKey(kid: string | undefined, { given, isPassword }: DecryptionKeys): string | undefined {
  if (isPassword) return 'the password is another one, or the token was changed: which of them is not told, on purpose.'
  if (given.as === 'set' || kid === undefined || given.key.kid === undefined || given.key.kid === kid) return undefined
  return `the token names kid ${quoted(kid.slice(0, 100))}, and ${given.name} has kid ${quoted(given.key.kid.slice(0, 100))}; pass that key.`
}

/** What was encrypted, as far as it can be read. */
interface Plaintext {
  readonly bytes: Bytes
  readonly text?: string
  readonly json?: ExactJson
}

function toPlaintext(bytes: Uint8Array): Plaintext {
  const own = Uint8Array.from(bytes)
  let text: string
  try {
    text = fromUtf8(own, 'the plaintext')
  } catch {
    return { bytes: own }
  }
  try {
    return { bytes: own, text, json: parseExact(text, 'the plaintext') }
  } catch {
    return { bytes: own, text }
  }
}

const COMPACT = /^\s*e[wy][\w-]+(\.[\w-]*){2,4}\s*$/

function toOutcome({ plaintext, key }: DecryptedJwe, header: ExactJson, call: DecryptCall): Outcome {
  const content = toPlaintext(plaintext)
  const cty = textOf(member(header, 'cty'))
  const isNested = (cty !== undefined && mediaType(cty) === mediaType('JWT')) || COMPACT.test(content.text ?? '')
  if (isNested) call.note({ code: 'CS_NOTE_NESTED', message: nestedText(content) })
  else if (content.json?.kind === 'object')
    call.note({ code: 'CS_NOTE_UNCHECKED', message: uncheckedText(key.kind === 'private') })
  const payload = content.json ? exactly(content.json) : content.text
  const json = {
    header: exactly(header),
    ...(payload === undefined ? { payloadBase64url: base64url(content.bytes) } : { payload }),
    nested: isNested,
  }
  // It was worth encrypting, so a file of it is for its owner alone.
  const common = { json, isPrivate: call.values.part !== 'header' }
  if (call.values.part === 'header') return { ...common, text: (brush) => `${toLines(header, jsonPaint(brush))}\n` }
  return { ...common, text: isShown(call) ? shown(content) : content.bytes }
}

function nestedText({ text = '' }: Plaintext): string {
  const parts = text.trim().split('.').length
  if (parts === 5) return 'what was encrypted is an encrypted token again: pipe it to `countersign decrypt -`.'
  return 'what was encrypted is a signed token, which is yet to be verified: pipe it to `countersign verify -`.'
}

function uncheckedText(isPrivate: boolean): string {
  return isPrivate
    ? 'the claims are not signed, and were not checked: whoever has the public key can write such a token.'
    : 'the claims were not checked: it may have expired, or be meant for someone else.'
}

/** People at a terminal are shown what programs get as it is. */
const isShown = ({ host, settings }: DecryptCall): boolean => host.output.isTerminal && settings.out === undefined

/** The plaintext for a terminal: nothing in it moves the cursor or changes a colour. */
function shown({ bytes, text, json }: Plaintext): Outcome['text'] {
  if (json) return (brush) => `${toLines(json, jsonPaint(brush))}\n`
  if (text === undefined)
    return (brush) => `${brush('dim', `${bytes.length} bytes that are no text; --out FILE, or a pipe, takes them`)}\n`
  return `${inLines(text.replace(/\r?\n$/, ''))}\n`
}

/** Text with what a terminal would act upon escaped, but for the ends of its lines. */
function inLines(text: string): string {
  return text
    .split('\n')
    .map((line) => quoted(line).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\'))
    .join('\n')
}
