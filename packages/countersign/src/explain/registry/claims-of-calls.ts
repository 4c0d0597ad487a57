import type { Row } from './row.ts'

const SIP = 'RFC 8055'
const RICH = 'RFC 9795'

/** Claims about phone calls and messages: SIP, and the tokens that vouch for who calls (PASSporT). */
export const CLAIMS_OF_CALLS: readonly Row[] = [
  ['atc', 'object', 'what an authority grants, to answer a challenge of ACME', 'RFC 9447'],
  ['attest', 'string', 'how sure the provider is of the caller: A fully, B partly, C not at all', 'RFC 8588 §4'],
  ['crn', 'string', 'why somebody calls', RICH],
  ['dest', 'object', 'who is called', 'RFC 8225 §5.2.1'],
  ['div', 'object', 'whom the call was for before it was passed on', 'RFC 8946 §3'],
  ['jcard', 'array', 'the business card of the caller, in JSON', 'RFC 8688'],
  ['mky', 'array of objects', 'the fingerprints of the keys that encrypt what is said', 'RFC 8225 §5.2.2'],
  ['msgi', 'string', 'the digest of a message', 'RFC 9475'],
  ['opt', 'string', 'the token of the call before it was passed on, as a whole', 'RFC 8946 §5'],
  ['orig', 'object', 'who calls', 'RFC 8225 §5.2.1'],
  ['origid', 'string', 'an id by which the origin of the call can be traced', 'RFC 8588 §5'],
  ['rcd', 'object', 'what is shown about the caller: a name, a logo, a card', RICH],
  ['rcdi', 'object', 'the digests of what rcd leads to', RICH],
  ['rph', 'object', 'which priority the call may claim', 'RFC 8443 §3'],
  ['sip_callid', 'string', 'the Call-ID of a SIP request', SIP],
  ['sip_cseq_num', 'string or number', 'the number of a SIP request in its row', SIP],
  ['sip_date', 'string', 'the date of a SIP request', SIP],
  ['sip_from_tag', 'string', 'the tag of the sender of a SIP request', SIP],
  ['sip_via_branch', 'string', 'the branch that a SIP request came by', SIP],
  ['sph', 'string', 'the priority of an emergency call', 'RFC 9027'],
]
