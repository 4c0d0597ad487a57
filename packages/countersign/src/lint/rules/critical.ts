import type { DecodedToken } from '../../diagnosis/decode-token.ts'
import { type ExactJson, textOf } from '../../diagnosis/exact-json.ts'
import { REGISTERED } from '../../header.ts'
import type { Hit } from '../rule.ts'
import { short } from '../shown.ts'

/** The extensions that are registered as ones to be understood (RFC 7797 §3, RFC 8225 §8.1). */
const EXTENSIONS: Readonly<Record<DecodedToken['kind'], readonly string[]>> = { jws: ['b64', 'ppt'], jwe: [] }

/** What is wrong about a crit, or hard for its readers. */
export function* critical(
  path: string,
  crit: ExactJson,
  header: ExactJson,
  kind: DecodedToken['kind'],
): Generator<Hit> {
  const names = namesOf(crit)
  if (crit.kind !== 'array' || crit.items.length === 0 || names.length < crit.items.length) {
    yield { path, message: 'crit is no list of names with something in it.' }
    return
  }
  const there = new Set(header.kind === 'object' ? header.members.map(([name]) => name) : [])
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    const at = `${path}[${index}]`
    const says = `crit names ${short(name)}`
    if (seen.has(name)) yield { path: at, message: `${says} twice.` }
    else if (REGISTERED.has(name)) yield { path: at, message: `${says}, which is no extension.` }
    else if (!there.has(name)) yield { path: at, message: `${says}, which the header does not have.` }
    else if (!EXTENSIONS[kind].includes(name))
      yield { path: at, message: `${says}, an extension that hardly any reader knows.`, severity: 'warn' }
    seen.add(name)
  }
}

/** The names in a crit that are text. */
export function namesOf(crit: ExactJson | undefined): readonly string[] {
  return crit?.kind === 'array' ? crit.items.flatMap((item) => textOf(item) ?? []) : []
}
