import type { Backend } from '../../crypto/backend.ts'
import { textOf } from '../../diagnosis/exact-json.ts'
import { type Finding, inOrder, lintSubject, type Setup } from '../lint.ts'
import type { SetSubject } from '../subject.ts'
import { type LookOptions, lookAt } from './look.ts'
import { memberOf } from './subject.ts'

/** What became of a look at an issuer. */
export interface IssuerAudit {
  readonly issuer: string
  /** Where its metadata was found. */
  readonly metadataUrl: string
  readonly jwksUri?: string
  /** The set that it publishes, where it could be fetched and read. */
  readonly published?: SetSubject
  /** How many keys that has. */
  readonly keys?: number
  /** For how many seconds the set may be kept by its own account. */
  readonly maxAge?: number
  /** The gravest first. */
  readonly findings: readonly Finding[]
}

/**
 * Looks at a live issuer: its metadata, and the JWK Set that it publishes.
 *
 * @throws {TypeError} for an option that is not what it should be
 * @throws {JoseError} `CS_DISCOVERY` where there is no metadata to look at
 */
export async function auditIssuer(
  issuer: string,
  setup: Setup,
  options: LookOptions,
  backend: Backend,
): Promise<IssuerAudit> {
  const subject = await lookAt(issuer, options, backend)
  const { metadata, keys } = subject
  const { set, count, maxAge } = keys.state === 'published' ? keys.publication : {}
  const found = await lintSubject(subject, setup, backend)
  const inside = set === undefined ? [] : await lintSubject(set, setup, backend)
  const jwksUri = textOf(memberOf(metadata, 'jwks_uri'))
  return {
    issuer,
    metadataUrl: metadata.place,
    ...(jwksUri !== undefined && { jwksUri }),
    ...(set !== undefined && { published: set }),
    ...(count !== undefined && { keys: count }),
    ...(maxAge !== undefined && { maxAge }),
    findings: inOrder([...found, ...inside.map(inJwks)]),
  }
}

/** A finding about the set, with its place in what was looked at. */
const inJwks = (finding: Finding): Finding => ({
  ...finding,
  path: finding.path === '' ? 'jwks' : `jwks.${finding.path}`,
})
