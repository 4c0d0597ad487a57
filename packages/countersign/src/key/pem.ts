import { type Bytes, fromBase64url } from '../bytes.ts'
import { JoseError } from '../errors.ts'

/** One PEM block (RFC 7468). */
export interface Pem {
  /** What stands behind BEGIN, such as `PUBLIC KEY`. */
  readonly label: string
  readonly der: Bytes
}

const BEGIN = '-----BEGIN '
const DASHES = '-----'

/** Whether a text holds the beginning of a PEM block anywhere. */
export function looksLikePem(text: string): boolean {
  return text.includes('-----BEGIN')
}

/**
 * The one PEM block of a text. Indented lines, CRLF, blank lines around it, and line breaks written as `\n`, as they
 * come out of environment variables, are taken as what they stand for.
 *
 * @throws {JoseError} `CS_KEY_INVALID`
 */
export function parsePem(text: string): Pem {
  const lines = text
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const first = lines[0] ?? ''
  if (!first.startsWith(BEGIN) || !first.endsWith(DASHES)) {
    throw new JoseError('CS_KEY_INVALID', 'this text is not a PEM: it does not begin with -----BEGIN …-----', {
      hint: 'A string is a PEM, never a secret; for a secret use secretKey({ text }), { base64 } or { hex }.',
    })
  }
  const label = first.slice(BEGIN.length, -DASHES.length)
  if (lines.at(-1) !== `-----END ${label}-----` || lines.slice(1).some((line) => line.startsWith(BEGIN))) {
    throw new JoseError('CS_KEY_INVALID', 'this PEM is not one block with an END line that matches its BEGIN line')
  }
  const body = lines.slice(1, -1).join('')
  if (body.includes(':')) {
    throw new JoseError('CS_UNSUPPORTED', `this PEM (${label}) has header lines, as legacy encrypted keys do`, {
      hint: 'Convert it: openssl pkcs8 -topk8 -nocrypt -in old.pem -out new.pem',
    })
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0 || body === '') {
    throw new JoseError('CS_KEY_INVALID', 'the body of this PEM is not base64')
  }
  const base64url = body.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  return { label, der: fromBase64url(base64url, 'the body of this PEM', 'CS_KEY_INVALID') }
}

/** Octets as a PEM block with lines of 64 characters (RFC 7468 §2). */
export function toPem(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return [`${BEGIN}${label}${DASHES}`, ...lines, `-----END ${label}${DASHES}`, ''].join('\n')
}
