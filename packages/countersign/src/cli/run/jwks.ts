import { ALGORITHM } from '../../alg/algorithm.ts'
import { exactly, quoted, toExact, toLines } from '../../diagnosis/exact-json.ts'
import { CommandError, type Told, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import type { Jwk } from '../../key/jwk.ts'
import type { Key } from '../../key/key.ts'
import { exportJwk, nameOf, publicKey, thumbprint } from '../../key/ops.ts'
import { run } from '../../op.ts'
import type { SkippedKey } from '../../source/set.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { discoveredSet, jwksOf } from '../given/key-sources.ts'
import type { GivenSet } from '../given/keys.ts'
import { didYouMean, usage } from '../line/usage.ts'
import type { JwksNames } from '../rows/keys.ts'
import { columnLines, NOTHING } from '../shown/key-table.ts'
import type { Outcome } from '../shown/outcome.ts'
import { type Brush, jsonPaint } from '../shown/paint.ts'

type JwksCall = CallOf<JwksNames>

/** Lists the keys of a JWK Set, or prints one of them. Of a private key only its public half is ever shown. */
export const jwks: Run<JwksNames> = async (call) => {
  const { alg } = call.values
  if (alg !== undefined && !ALGORITHM.has(alg))
    throw usage(
      `--alg names no algorithm that is known${didYouMean(alg, [...ALGORITHM.keys()])}`,
      'jwks',
      '`countersign algs` lists them all.',
    )
  if (call.values.lint && call.values.pick)
    throw usage('--lint and --pick exclude each other: one is about the set, one prints a key', 'jwks')
  const set = await readSet(call)
  const keys = await filtered(set.keys, call)
  if (call.values.pick) return picked(keys, set, call)
  if (keys.length === 0 && isFiltered(call)) throw noKey(set, call)
  if (set.keys.some(({ kind }) => kind === 'private'))
    call.note({ code: 'CS_NOTE_KEY', message: `${set.name} holds private keys: it is not one to publish.` })
  const rows = await Promise.all(keys.map(toRow))
  const skipped = isFiltered(call) ? [] : set.set.skipped.map(toSkipped)
  const listed = {
    json: { source: set.name, keys: rows.map(({ json }) => json), ...(skipped.length > 0 && { skipped }) },
    text: (brush: Brush) => tableText(rows, skipped, brush),
  }
  return call.values.lint ? (await import('./jwks-lint.ts')).withFindings(listed, set, call) : listed
}

async function readSet(call: JwksCall): Promise<GivenSet> {
  const { values, words } = call
  const [source] = words
  if (source !== undefined && values.issuer !== undefined)
    throw usage('SRC and --issuer exclude each other: one set is listed', 'jwks')
  if (source === undefined && values.issuer === undefined && call.host.input.isTerminal)
    throw usage('jwks needs a set', 'jwks', 'countersign jwks URL, or @FILE, or --issuer URL.')
  // What was left out is a part of the list.
  const silent: JwksCall = { ...call, note: () => undefined }
  try {
    if (values.issuer !== undefined) return await discoveredSet(silent, values.issuer, values.timeout)
    return await jwksOf(silent, source ?? '-', values.timeout, 'SRC')
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const told = tell(error, { noToken: true })
    const hint = error.code === 'CS_JWKS_FETCH' ? told.hint.replace(/; or save the set .*$/, '.') : told.hint
    throw new CommandError(told.code, told.message, { hint, ...exitOf(told) })
  }
}

const exitOf = ({ exit }: Told): { exit?: 'network' } => (exit === 7 ? { exit: 'network' } : {})

const isFiltered = ({ values }: JwksCall): boolean =>
  values.kid !== undefined || values.use !== undefined || values.alg !== undefined

async function filtered(keys: readonly Key[], { values }: JwksCall): Promise<readonly Key[]> {
  const { kid, use, alg } = values
  const names = await Promise.all(keys.map((key) => run(nameOf(key), backend)))
  return keys.filter(
    (key, index) =>
      (kid === undefined || names[index] === kid) &&
      (use === undefined || usesOf(key).has(use)) &&
      (alg === undefined || key.algorithms.includes(alg)),
  )
}

/** What a key may be used for: what it says, or else all that its algorithms are for. */
function usesOf({ use, algorithms }: Key): ReadonlySet<string> {
  return new Set(use === undefined ? algorithms.map((id) => ALGORITHM.get(id)?.use ?? '') : [use])
}

function noKey(set: GivenSet, { values }: JwksCall): CommandError {
  const left = set.set.skipped.find(({ kid }) => kid !== undefined && kid === values.kid)
  if (left) {
    const { message } = tell(left.error)
    return new CommandError(
      'CS_NO_KEY',
      `the key ${quoted(left.kid ?? '')} of ${set.name} cannot be used: ${message}`,
      {
        hint: 'whoever publishes it has to mend it.',
      },
    )
  }
  const asked = (['kid', 'use', 'alg'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [`${name} ${quoted(values[name].slice(0, 100))}`],
  )
  const { message } = tell(new JoseError('CS_NO_KEY', 'there is none'), { given: set, header: { kid: '' } })
  const list = message.replace(/^no key with kid "" /, '')
  return new CommandError('CS_NO_KEY', `no key ${asked.length === 0 ? '' : `with ${asked.join(' and ')} `}${list}`, {
    hint: `countersign jwks ${values.issuer === undefined ? 'SRC' : '--issuer URL'} lists them all, and what was left out.`,
  })
}

/** The one key that is left, by its public half. */
async function picked(keys: readonly Key[], set: GivenSet, call: JwksCall): Promise<Outcome> {
  const [key, ...others] = keys
  if (key === undefined) throw noKey(set, call)
  if (others.length > 0) {
    const names = await Promise.all(keys.slice(0, 8).map((one) => run(nameOf(one), backend)))
    const more = keys.length > names.length ? ', …' : ''
    throw new CommandError(
      'CS_AMBIGUOUS_KEY',
      `${keys.length} keys of ${set.name} are left, and --pick takes one: ${names.map((name) => quoted(name ?? '?')).join(', ')}${more}.`,
      { hint: 'choose one of them: --kid ID, or narrow with --use and --alg.' },
    )
  }
  if (key.kind === 'secret')
    throw new CommandError('CS_KEY_TYPE', 'the key is a secret, and no secret is printed.', {
      hint: `pass the set as it is: --key ${set.name}`,
    })
  if (key.kind === 'private')
    call.note({ code: 'CS_NOTE_KEY', message: `the key in ${set.name} is private; this is its public half.` })
  const open = await openJwk(key)
  return { json: { public: open }, text: (brush) => `${toLines(toExact(open), jsonPaint(brush))}\n` }
}

async function openJwk(key: Key): Promise<Jwk> {
  return run(exportJwk(await run(publicKey(key), backend)), backend)
}

interface Row {
  readonly json: Readonly<Record<string, unknown>>
  /** As {@link columnLines} takes them. */
  readonly cells: readonly string[]
}

async function toRow(key: Key): Promise<Row> {
  const { kind, kty, crv, bits, kid, alg, use, key_ops } = key
  // That of a secret would let others try secrets out.
  const print = kind === 'secret' ? undefined : await run(thumbprint(key), backend)
  const what = `${crv === undefined ? `${kty} ${bits}` : `${kty} ${crv}`}${kind === 'public' ? '' : ` ${kind}`}`
  return {
    json: {
      kid,
      kind,
      kty,
      crv,
      bits,
      alg,
      use,
      key_ops,
      thumbprint: print,
      ...(kind !== 'secret' && { public: exactly(toExact(await openJwk(key))) }),
    },
    cells: [kid, what, alg, use, print].map((text) => (text === undefined ? NOTHING : bare(text))),
  }
}

interface Skipped {
  /** From 0, as it stands in the set. */
  readonly index: number
  readonly kid?: string
  readonly code: string
  readonly message: string
}

function toSkipped({ index, kid, error }: SkippedKey): Skipped {
  const { code, message } = tell(error)
  return { index, ...(kid !== undefined && { kid }), code, message }
}

/** A name from outside, of which a terminal does nothing but show it. */
const bare = (text: string): string => quoted(text).slice(1, -1)

function tableText(rows: readonly Row[], skipped: readonly Skipped[], brush: Brush): string {
  const table =
    rows.length === 0
      ? [brush('dim', 'the set has no key that can be used')]
      : columnLines(
          rows.map(({ cells }) => cells),
          brush,
        )
  const left = skipped.map(({ index, kid, message }) => {
    const which = kid === undefined ? `key ${index + 1}` : `key ${index + 1}, kid ${bare(kid)}`
    return `${brush('warn', 'left out')}: ${which}: ${message}`
  })
  return `${[...table, ...left].join('\n')}\n`
}
