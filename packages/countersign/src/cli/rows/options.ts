import type { Options } from '../table.ts'

const secretEncoding = {
  type: 'string',
  value: 'WORD',
  oneOf: ['utf8', 'base64', 'base64url', 'hex'],
  about: 'how the secret is written; utf8 unless said',
} as const

const passphrase = {
  type: 'string',
  value: 'SOURCE',
  about: 'what the private key is encrypted with; on a terminal it is asked for',
} as const

/** What signs, or signed. */
export const SECRET = {
  secret: { type: 'string', value: 'SOURCE', about: 'a shared secret (HMAC), by where it is and never itself' },
  'secret-encoding': secretEncoding,
} as const satisfies Options

/** A private key that may be encrypted. */
export const PASSPHRASE = { passphrase } as const satisfies Options

/** What may be fetched, and for how long that is waited for. */
export const TIMEOUT = {
  timeout: { type: 'string', value: 'D', about: 'how long to wait for an answer; 5s unless said' },
} as const satisfies Options

/** Where the parts of a token go. */
export const PART = {
  part: {
    type: 'string',
    value: 'WORD',
    oneOf: ['header', 'payload', 'signature'],
    about: 'print this part alone',
  },
} as const satisfies Options

/** What is written into a token. */
export const WRITTEN = {
  kid: { type: 'string', value: 'ID', about: 'the kid of the header, or the word thumbprint; that of the key unless said' },
  header: { type: 'string', short: 'H', multiple: true, value: 'CLAIM', about: 'a member of the header: name=text, name:=json' },
  claim: { type: 'string', short: 'c', multiple: true, value: 'CLAIM', about: 'a claim: name=text, name:=json' },
  exp: { type: 'string', value: 'TIME', about: 'when it expires: 15m from now, @seconds, ISO 8601, now, never' },
} as const satisfies Options

export const LINES = {
  lines: { type: 'boolean', about: 'one token a line, and one answer a line' },
} as const satisfies Options
