import { fromUtf8 } from '../../bytes.ts'
import {
  type ExactJson,
  type ExactObject,
  member,
  parseExact,
  printable,
  quoted,
  toExact,
  toLines,
  toValue,
} from '../../diagnosis/exact-json.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { Key } from '../../key/key.ts'
import { exportJwk, publicKey, thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readKey } from '../given/keys.ts'
import { MOST_READ, Sources } from '../given/sources.ts'
import { usage } from '../line/usage.ts'
import type { KeySetNames } from '../rows/keys.ts'
import { type KeyFacts, MOST_MEMBERS, memberFacts, type RefusedFacts } from '../shown/key-facts.ts'
import { say } from '../shown/key-output.ts'
import { keyTable } from '../shown/key-table.ts'
import type { Outcome } from '../shown/outcome.ts'

type SetCall = CallOf<KeySetNames>

/** A file that holds a JWK Set, as it is there. */
interface SetFile {
  readonly path: string
  readonly isNew: boolean
  readonly json: ExactObject
  readonly members: readonly Member[]
}

/** A member of a set, to its last digit, and what it is. */
interface Member {
  readonly exact: ExactJson
  readonly facts: KeyFacts | RefusedFacts
}

/** Adds a key to a file that holds a JWK Set, takes one out, or lists them. */
export const keySet: Run<KeySetNames> = async (call) => {
  const { values, words, settings, sources } = call
  const [file = '', what = '', source] = words
  const path = file.startsWith('@') ? file.slice(1) : file
  if (path === '' || (!file.startsWith('@') && Sources.isSource(file)))
    throw usage('FILE is the name of a file, which is read and written again', 'key set')
  if (what !== 'add' && source !== undefined)
    throw usage(
      `key set FILE ${what} takes no SRC`,
      'key set',
      what === 'remove' ? 'name the key: --kid ID' : undefined,
    )
  if (what !== 'list' && settings.out !== undefined)
    throw usage('key set changes FILE itself, and --out names another file', 'key set')
  if (what === 'list') return listed(await readSetFile(path, call), values.kid)
  if (what === 'remove') {
    if (values.kid === undefined) throw usage('key set FILE remove needs the name of the key: --kid ID', 'key set')
    return removed(await readSetFile(path, call), values.kid, call)
  }
  if (source === undefined) throw usage('key set FILE add needs the key: key set FILE add @key.jwk', 'key set')
  sources.claim(source, 'SRC')
  sources.claim(values.passphrase, '--passphrase')
  // The file first: where it is no set, nothing need be asked.
  const set = (await call.host.isThere(path)) ? await readSetFile(path, call) : newSet(path)
  return added(set, await toAdd(call, source, set), call)
}

const newSet = (path: string): SetFile => ({ path, isNew: true, json: { kind: 'object', members: [] }, members: [] })

/** @throws {CommandError} `CS_JWKS_INVALID` for a file that holds something else, which stays as it is */
async function readSetFile(path: string, { host }: SetCall): Promise<SetFile> {
  const bytes = await host.readFile(path, MOST_READ)
  const name = printable(path)
  const invalid = (why: string): CommandError =>
    new CommandError('CS_JWKS_INVALID', `${name} is no JWK Set, and stays as it is: ${why}`, {
      hint: 'name the file of a set, {"keys": [ … ]}, or one that is not there: add makes it.',
    })
  let json: ExactJson
  try {
    json = parseExact(fromUtf8(bytes, name).replace(/^\ufeff/, ''), 'it')
  } catch (error) {
    if (error instanceof JoseError) throw invalid(bytes.length === 0 ? 'it is empty.' : `${error.message}.`)
    throw error
  }
  if (json.kind !== 'object') throw invalid('it is no object.')
  const keys = json.members.filter(([own]) => own === 'keys').map(([, value]) => value)
  const [list] = keys
  if (member(json, 'kty') !== undefined) throw invalid('it is a JWK, one key.')
  if (list?.kind !== 'array' || keys.length > 1) throw invalid('it has no member keys that is an array.')
  if (list.items.length > MOST_MEMBERS) throw invalid(`it has ${list.items.length} keys, ${MOST_MEMBERS} are allowed.`)
  const members = await Promise.all(
    list.items.map(async (exact) => {
      const jwk = toValue(exact)
      if (!isObject(jwk)) throw invalid('one of its keys is no object.')
      return { exact, facts: await memberFacts(jwk) }
    }),
  )
  return { path, isNew: false, json, members }
}

/** The name by which a member is chosen: its kid, or else its thumbprint. */
const nameOf = ({ facts }: Member): string | undefined =>
  facts.kid ?? ('thumbprint' in facts ? facts.thumbprint : undefined)

interface Addition {
  readonly key: Key
  /** The private key of which it is the public half. */
  readonly from?: string
}

/** The key to add: its public half, unless the set is one of secrets. */
async function toAdd(call: SetCall, source: string, set: SetFile): Promise<Addition> {
  const { kid, passphrase } = call.values
  const given = await readKey(call, source, { what: 'SRC', passphrase, ...(kid !== 'thumbprint' && { kid }) })
  const { key, name, others = [] } = given
  const holdsSecrets = set.members.some(({ facts }) => facts.kind === 'secret')
  if (key.kind === 'secret') {
    if (holdsSecrets) return { key }
    throw new CommandError('CS_KEY_TYPE', `${name} is a secret, which is never published in a set.`, {
      hint: 'add the public half of a key pair. A set of secrets is begun by: countersign key new HS256 --format jwks --out FILE',
    })
  }
  if (holdsSecrets)
    throw new CommandError(
      'CS_KEY_TYPE',
      `${printable(set.path)} is a set of secrets, and ${name} is a ${key.kind} key.`,
      {
        hint: 'name a set of its own: secrets and public keys never stand in one.',
      },
    )
  if (others.length > 0)
    call.note({
      code: 'CS_NOTE_KEY',
      message: `left out what is not part of the key: ${others
        .slice(0, 8)
        .map((other) => printable(other.slice(0, 40)))
        .join(', ')}.`,
    })
  if (key.kind === 'private') return { key: await run(publicKey(key), backend), from: name }
  return { key }
}

async function added(set: SetFile, { key, from }: Addition, call: SetCall): Promise<Outcome> {
  const print = key.kind === 'secret' ? undefined : await run(thumbprint(key), backend)
  const kid = call.values.kid === 'thumbprint' ? print : (key.kid ?? print)
  if (kid === undefined)
    throw usage('a secret has a name in a set: --kid ID', 'key set', 'its thumbprint would let others try secrets out.')
  const name = printable(set.path)
  const same = set.members.find((one) => nameOf(one) === kid)
  if (same)
    throw new CommandError('CS_AMBIGUOUS_KEY', `${name} has a key with kid ${quoted(kid)} already.`, {
      hint: `take that one out first: countersign key set ${name} remove --kid ${/^[\w.:][\w.:-]*$/.test(kid) ? kid : 'ID'}; or give the new one another name: --kid ID`,
    })
  const twin = set.members.find(
    ({ facts }) => 'thumbprint' in facts && print !== undefined && facts.thumbprint === print,
  )
  if (twin)
    call.note({
      code: 'CS_NOTE_KEY',
      message: `the same key is in ${name} by another name: ${quoted(nameOf(twin) ?? '')}.`,
    })
  const jwk = { ...(await run(exportJwk(key), backend)), kid }
  const members = [...set.members, { exact: toExact(jwk), facts: await memberFacts(jwk as unknown as JsonObject) }]
  await write(set, members, call)
  if (from !== undefined)
    call.note({ code: 'CS_NOTE_KEY', message: `${from} is a private key; its public half was added.` })
  await say(call, `${set.isNew ? 'made' : 'changed'} ${name}: ${quoted(kid)} was added, ${countOf(members)}`)
  return changed('add', set.path, [kid], members)
}

async function removed(set: SetFile, kid: string, call: SetCall): Promise<Outcome> {
  const name = printable(set.path)
  const left = set.members.filter((one) => nameOf(one) !== kid)
  const count = set.members.length - left.length
  if (count === 0) throw noKey(set, kid)
  await write(set, left, call)
  await say(call, `changed ${name}: ${quoted(kid)} was removed${count > 1 ? ` (${count} keys)` : ''}, ${countOf(left)}`)
  return changed('remove', set.path, [kid], left)
}

function noKey({ path, members }: SetFile, kid: string): CommandError {
  const names = members.map((one) => printable((nameOf(one) ?? 'one without kid').slice(0, 100)))
  const list = names.length === 0 ? 'it is empty' : `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
  const name = printable(path)
  const fact = `no key with kid ${quoted(kid.slice(0, 100))} among ${names.length} in ${name}: ${list}.`
  return new CommandError('CS_NO_KEY', fact, {
    hint: `pass one of them; \`countersign key set ${name} list\` says what each is.`,
  })
}

const countOf = ({ length }: readonly unknown[]): string => `${length} ${length === 1 ? 'key' : 'keys'} in it now`

function changed(action: 'add' | 'remove', file: string, kids: readonly string[], members: readonly Member[]): Outcome {
  return { json: { action, file, kids, keys: members.map(({ facts }) => facts) }, text: '', isWritten: true }
}

/** Writes the file anew as a whole, with all that was in it. */
async function write({ path, json, isNew }: SetFile, members: readonly Member[], { host }: SetCall): Promise<void> {
  const keys: ExactJson = { kind: 'array', items: members.map(({ exact }) => exact) }
  const all = isNew
    ? [['keys', keys] as const]
    : json.members.map(([name, value]) => [name, name === 'keys' ? keys : value] as const)
  const isPrivate = members.some(({ facts }) => facts.kind !== 'public')
  const writing = { isPrivate, force: !isNew, changes: !isNew }
  await host.writeFile(path, `${toLines({ kind: 'object', members: all })}\n`, writing)
}

function listed(set: SetFile, kid: string | undefined): Outcome {
  const members = kid === undefined ? set.members : set.members.filter((one) => nameOf(one) === kid)
  if (kid !== undefined && members.length === 0) throw noKey(set, kid)
  const facts = members.map((one) => one.facts)
  return { json: { action: 'list', file: set.path, keys: facts }, text: (brush) => keyTable(facts, brush) }
}
