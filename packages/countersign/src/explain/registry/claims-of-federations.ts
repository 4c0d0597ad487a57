import type { Row } from './row.ts'

const federation = (section: string): string => `OpenID Federation 1.0 §${section}`

/** Claims of the statements by which services of a federation vouch for each other. */
export const CLAIMS_OF_FEDERATIONS: readonly Row[] = [
  ['authority_hints', 'array of strings', 'who may vouch for this service: those right above it', federation('3.2')],
  [
    'constraints',
    'object',
    'what those below have to keep to, such as how many levels there may be',
    federation('13.3'),
  ],
  [
    'crit',
    'array of strings',
    'which claims have to be understood, or the statement refused',
    federation('13.4'),
    { watch: ['As a member of a header it is another thing: there it names members of the header.'] },
  ],
  ['delegation', 'string (token)', 'by which the owner of a trust mark lets another issue it', federation('13.6')],
  [
    'jwks',
    'object (JWK Set)',
    'the public keys of the subject',
    federation('13.1'),
    { watch: ['They are worth as much as the chain that leads to somebody who is trusted already.'] },
  ],
  ['keys', 'array of objects (JWK)', 'the keys of a set that is signed', federation('5.2.1')],
  ['logo_uri', 'string (URL)', 'the logo of a trust mark', federation('13.7')],
  [
    'metadata',
    'object',
    'what the service is and how it is spoken to, by the kinds of services that it is',
    federation('13.2'),
  ],
  ['metadata_policy', 'object', 'what is demanded of the metadata of all those below', federation('3.3')],
  [
    'metadata_policy_crit',
    'array of strings',
    'which operators of the policy have to be understood',
    federation('3.3'),
  ],
  ['ref', 'string (URL)', 'where a trust mark is explained to people', federation('13.5')],
  ['source_endpoint', 'string (URL)', 'where this statement can be had again', federation('3.3')],
  ['trust_anchor', 'string', 'the root that a registration was judged by', federation('12.2.3')],
  ['trust_anchor_hints', 'array of strings', 'roots that the service knows of', federation('3.2')],
  [
    'trust_chain',
    'array of strings (tokens)',
    'the statements that lead from a service to a root',
    federation('8.3.2'),
  ],
  ['trust_mark_issuers', 'object', 'who may issue each trust mark', federation('3.2')],
  ['trust_mark_owners', 'object', 'whose each trust mark is', federation('3.2')],
  ['trust_mark_type', 'string', 'which trust mark this is', federation('7.1')],
  ['trust_marks', 'array of objects', 'what others attest the service', federation('3.2')],
]
