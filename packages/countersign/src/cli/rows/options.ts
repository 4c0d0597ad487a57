import type { Option, OptionsOf } from './table.ts'

export type SecretNames = 'secret' | 'secret-encoding'
export type PassphraseNames = 'passphrase'
export type TimeoutNames = 'timeout'
export type PartNames = 'part'
export type WrittenNames = 'kid' | 'header[]' | 'claim[]' | 'exp'
export type LinesNames = 'lines!'

const secretEncoding: Option & { readonly type: 'string'; readonly multiple?: never } = {
  type: 'string',
  value: 'WORD',
  oneOf: ['utf8', 'base64', 'base64url', 'hex'],
  about: 'how the secret is written; utf8 unless said',
}

const passphrase: Option & { readonly type: 'string'; readonly multiple?: never } = {
  type: 'string',
  value: 'SOURCE',
  about: 'what the private key is encrypted with; on a terminal it is asked for',
}

/** What signs, or signed. */
export const SECRET: OptionsOf<SecretNames> = {
  secret: { type: 'string', value: 'SOURCE', about: 'a shared secret (HMAC), by where it is and never itself' },
  'secret-encoding': secretEncoding,
}

/** A private key that may be encrypted. */
export const PASSPHRASE: OptionsOf<PassphraseNames> = { passphrase }

/** What may be fetched, and for how long that is waited for. */
export const TIMEOUT: OptionsOf<TimeoutNames> = {
  timeout: { type: 'string', value: 'D', about: 'how long to wait for an answer; 5s unless said' },
}

/** Where the parts of a token go. */
export const PART: OptionsOf<PartNames> = {
  part: {
    type: 'string',
    value: 'WORD',
    oneOf: ['header', 'payload', 'signature'],
    about: 'print this part alone',
  },
}

/** What is written into a token. */
export const WRITTEN: OptionsOf<WrittenNames> = {
  kid: {
    type: 'string',
    value: 'ID',
    offers: ['thumbprint'],
    about: 'the kid in the header, or the word thumbprint; that of the key unless said',
  },
  header: {
    type: 'string',
    short: 'H',
    multiple: true,
    value: 'CLAIM',
    about: 'a further member of the header: name=text, name:=json',
  },
  claim: {
    type: 'string',
    short: 'c',
    multiple: true,
    value: 'CLAIM',
    about: 'a claim: name=text, or name:=json for what is no text',
  },
  exp: {
    type: 'string',
    value: 'TIME',
    offers: ['5m', '15m', '1h', '1d', 'never'],
    about: 'when it expires: 15m from now, @seconds, ISO 8601, now, never',
  },
}

export const LINES: OptionsOf<LinesNames> = {
  lines: { type: 'boolean', about: 'one token a line, and one answer a line' },
}
