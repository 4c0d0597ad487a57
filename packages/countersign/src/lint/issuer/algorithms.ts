import { ALGORITHM } from '../../alg/algorithm.ts'
import { CONTENT } from '../../alg/content.ts'
import { LEFT_OUT, MANAGEMENT } from '../../alg/management.ts'
import { misfit, type Needs } from '../../alg/needs.ts'
import { OPENID_SIGNATURE, SIGNATURE } from '../../alg/signature.ts'
import { WITHDRAWN } from '../../alg/withdrawn.ts'
import { member, textOf } from '../../diagnosis/exact-json.ts'
import { isNone } from '../../serialization/jws.ts'
import { memberAt, type Rule, type Severity } from '../rule.ts'
import { short } from '../shown.ts'
import { type IssuerSubject, listOf, type Metadata, textsIn } from './subject.ts'

/** Where the algorithms of ID tokens are. */
const ID_TOKEN_LIST = 'id_token_signing_alg_values_supported'

/** The algorithms that an issuer offers. */
export const ALGORITHM_RULES: readonly Rule[] = [
  {
    id: 'CSL114',
    name: 'unsigned-offered',
    severity: 'error',
    title: 'the issuer offers to go without a signature (alg none)',
    text: 'Whoever registers a client for it gets, or sends, what anybody could have written. Where clients prove who they are, it is no proof at all.',
    fix: 'take none out of the list.',
    spec: 'RFC 8725 §3.2',
    *issuer({ metadata }) {
      for (const { name, path, algorithms } of listsOf(metadata)) {
        if (!algorithms.some(isNone)) continue
        const severity = NONE_WEIGHS.get(name)
        yield { path, message: `${name} has none.`, ...(severity && { severity }) }
      }
    },
  },
  {
    id: 'CSL115',
    name: 'shared-secret-offered',
    severity: 'info',
    title: 'ID tokens may be signed with a shared secret (HS…), though the issuer publishes keys',
    text: 'The secret is that of the client, so that the client can write ID tokens itself, and whoever confuses the two ways takes a published key for the secret.',
    fix: 'sign ID tokens with the published keys alone.',
    spec: 'RFC 8725 §2.1',
    *issuer({ metadata, keys }) {
      for (const { name, path, algorithms } of listsOf(metadata)) {
        const shared = algorithms.filter((alg) => SIGNATURE.get(alg)?.family === 'hmac')
        if (shared.length === 0) continue
        if (name === ID_TOKEN_LIST && keys.state === 'published' && keys.publication.count > 0)
          yield { path, message: `${name} has ${listed(shared)}.` }
        if (name === 'dpop_signing_alg_values_supported')
          yield {
            path,
            message: `${name} has ${listed(shared)}, and a proof has a public key. (RFC 9449 §4.2)`,
            severity: 'error',
          }
      }
    },
  },
  {
    id: 'CSL116',
    name: 'broken-algorithm-offered',
    severity: 'warn',
    title: 'the issuer offers an algorithm that nobody should use any more',
    text: 'It is there for whoever asks for it, and with it what is wrong about it: RSA1_5 may let others decrypt, and a signature with SHA-1 may let them forge.',
    fix: 'take it out of the list; for RSA keys there are RSA-OAEP-256 and PS256.',
    spec: 'RFC 8725 §3.2',
    *issuer({ metadata }) {
      for (const { name, path, algorithms } of listsOf(metadata))
        for (const [alg, why] of WITHDRAWN)
          if (algorithms.includes(alg)) yield { path, message: `${name} has ${alg}: ${why}.` }
    },
  },
  {
    id: 'CSL117',
    name: 'unknown-algorithm-offered',
    severity: 'info',
    title:
      'the issuer offers an algorithm, or publishes a key for one, that is unknown, replaced, or for something else',
    text: 'Names are what two sides agree by. One that is misspelled, or the registry does not have, is understood by this issuer alone.',
    fix: 'use the registered names; in place of EdDSA, which names no curve, Ed25519 or both.',
    spec: 'RFC 7518 §7.1',
    *issuer({ metadata, keys }) {
      for (const { name, path, algorithms, rows } of listsOf(metadata)) {
        const strange = algorithms.filter((alg) => !ALGORITHM.has(alg) && !WITHDRAWN.has(alg) && !isNone(alg))
        if (strange.length > 0) yield { path, message: `${name} has ${listed(strange)}, which is not known here.` }
        const misplaced = algorithms.filter((alg) => ALGORITHM.has(alg) && !rows.has(alg))
        if (misplaced.length > 0)
          yield { path, message: `${name} has ${listed(misplaced)}, which is for something else.` }
        const vague = algorithms.find((alg) => curvesOf(alg) > 1)
        if (vague !== undefined && !algorithms.some((alg) => curvesOf(alg) === 1))
          yield { path, message: `${name} has ${vague}, which names no curve, and no name that does. (RFC 9864 §2.2)` }
      }
      for (const { exact, path } of keys.state === 'published' ? keys.publication.set.keys : []) {
        const alg = textOf(member(exact, 'alg'))
        if (alg !== undefined && !ALGORITHM.has(alg) && !LEFT_OUT.has(alg))
          yield {
            path: `jwks.${memberAt(path, 'alg')}`,
            message: `${path} is for ${short(alg)}, which is not known here.`,
          }
      }
    },
  },
  {
    id: 'CSL118',
    name: 'no-common-algorithm',
    severity: 'info',
    title: 'ID tokens are not signed with the algorithm that every client knows (RS256)',
    text: 'OpenID Connect demands it of every provider, and a client that was told nothing else expects it. Otherwise nothing is wrong with going without.',
    fix: 'add it beside the better ones, if unknown clients are to use the issuer.',
    spec: 'OpenID Connect Discovery 1.0 §3',
    *issuer({ metadata }) {
      const offered = listOf(metadata, ID_TOKEN_LIST)
      if (offered !== undefined && !offered.includes(OPENID_SIGNATURE))
        yield { path: `metadata.${ID_TOKEN_LIST}`, message: `${ID_TOKEN_LIST} lacks ${OPENID_SIGNATURE}.` }
    },
  },
  {
    id: 'CSL119',
    name: 'unserved-algorithm',
    severity: 'warn',
    title: 'ID tokens are offered with an algorithm that no published key serves',
    text: 'A client that asks for it gets tokens that it cannot verify, or an error in place of a login.',
    fix: 'publish a key for it, or take it out of the list.',
    spec: 'OpenID Connect Core 1.0 §10.1',
    *issuer(issuer) {
      const unserved = promisedBy(issuer.metadata).filter((row) => keysFor(row, issuer) === 0)
      if (issuer.keys.state === 'published' && unserved.length > 0)
        yield {
          path: `metadata.${ID_TOKEN_LIST}`,
          message: `no key of the set serves ${listed(unserved.map(({ id }) => id))}.`,
        }
    },
  },
]

/** The algorithms of ID tokens that a published key has to serve. */
export function promisedBy(metadata: Metadata): readonly Needs[] {
  return [...new Set(listOf(metadata, ID_TOKEN_LIST))].flatMap((id) => {
    const row = SIGNATURE.get(id)
    return row === undefined || row.family === 'hmac' ? [] : [row]
  })
}

function keysFor(row: Needs, { keys }: IssuerSubject): number {
  if (keys.state !== 'published') return 0
  return keys.publication.set.keys.filter(({ key }) => key !== undefined && misfit(row, key) === undefined).length
}

/** Where `none` does less harm: what a client sends through the browser, and what comes by https from the issuer itself. */
const NONE_WEIGHS: ReadonlyMap<string, Severity> = new Map([
  ['request_object_signing_alg_values_supported', 'warn'],
  ['userinfo_signing_alg_values_supported', 'info'],
])

interface AlgorithmList {
  readonly name: string
  readonly path: string
  readonly algorithms: readonly string[]
  /** What belongs there. */
  readonly rows: ReadonlyMap<string, unknown>
}

function listsOf(metadata: Metadata): readonly AlgorithmList[] {
  // Of several members of one name the last counts, as everywhere.
  return [...new Map(metadata.json.members)].flatMap(([name, value]) => {
    const [, kind] = /_(signing_alg|encryption_alg|(?:encryption_)?enc|alg)_values_supported$/.exec(name) ?? []
    const algorithms = textsIn(value)
    if (kind === undefined || algorithms === undefined) return []
    return [{ name, path: memberAt('metadata', name), algorithms, rows: ROWS[kind] ?? CONTENT }]
  })
}

const ROWS: Readonly<Record<string, ReadonlyMap<string, unknown>>> = {
  signing_alg: SIGNATURE,
  encryption_alg: MANAGEMENT,
  alg: ALGORITHM,
}

/** On how many curves an algorithm works, where its keys have one. */
function curvesOf(alg: string): number {
  const row = SIGNATURE.get(alg)
  return row?.family === 'eddsa' ? (row.crv?.length ?? 0) : 0
}

/** Some names, cut. */
const listed = (names: readonly string[]): string =>
  `${names.slice(0, 8).map(short).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`
