import { accessToken, bestPractice, idToken, proof, type ToProfile } from '../../judge/profiles.ts'
import type { Profile, Terms } from '../../judge/terms.ts'
import type { CallOf } from '../call.ts'
import { backend } from '../engine.ts'
import { usage } from '../line/usage.ts'
import type { VerifyNames } from '../rows/tokens.ts'

type Values = CallOf<VerifyNames>['values']

/**
 * What a kind of token has to be.
 *
 * @throws {CommandError} `CS_USAGE` where something is not said that it takes
 */
export function toProfile(name: string, { values }: CallOf<VerifyNames>, terms: Terms): Profile {
  const kind = KINDS[name]
  if (kind === undefined) throw usage('--profile names a kind of token that is none', 'verify')
  kind.check(values, terms)
  return kind.make(terms, values, backend)
}

interface OfKind {
  readonly make: ToProfile
  /** Holds that a command line says what the kind takes, and nothing that does not go with it. */
  check(values: Values, terms: Terms): void
}

const KINDS: Readonly<Record<string, OfKind>> = {
  bcp: {
    make: bestPractice,
    check(values, { issuer, audience, typ }) {
      demand('bcp', { '--iss (or --issuer)': issuer, '--aud': audience[0], '--typ': typ })
      exclude('bcp', values, ['allow-expired', 'allow-weak-secret', 'nonce', 'htm', 'htu'])
    },
  },
  rfc9068: {
    make: accessToken,
    check(values, { issuer, audience }) {
      demand('rfc9068', { '--iss (or --issuer)': issuer, '--aud': audience[0] })
      exclude('rfc9068', values, ['nonce', 'htm', 'htu'])
    },
  },
  'oidc-id-token': {
    make: idToken,
    check(values, { issuer, audience }) {
      demand('oidc-id-token', { '--iss (or --issuer)': issuer, '--aud (the id of the client)': audience[0] })
      exclude('oidc-id-token', values, ['htm', 'htu'])
      if (audience[0] === 'any') throw usage('--aud is the id of the client, and any is none', 'verify')
    },
  },
  dpop: {
    make: proof,
    check(values) {
      const { htm, htu } = values
      demand('dpop', { '--htm (the method of the request)': htm, '--htu (its URL)': htu })
      exclude('dpop', values, ['secret', 'allow-expired'])
      const { protocol } = URL.canParse(htu ?? '') ? new URL(htu ?? '') : { protocol: '' }
      if (protocol !== 'https:' && protocol !== 'http:')
        throw usage('--htu is the whole URL of the request: https://api.example.com/orders', 'verify')
    },
  },
}

function demand(profile: string, wanted: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.entries(wanted).filter(([, value]) => value === undefined)
  if (missing.length > 0)
    throw usage(`--profile ${profile} takes ${missing.map(([flag]) => flag).join(' and ')}, too`, 'verify')
}

function exclude(profile: string, values: Values, flags: readonly (keyof Values)[]): void {
  const given = flags.find((flag) => values[flag] !== undefined && values[flag] !== false)
  if (given !== undefined) throw usage(`--profile ${profile} and --${given} exclude each other`, 'verify')
}
