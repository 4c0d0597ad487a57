import { type Bytes, fromBase64 } from '../bytes.ts'
import { JoseError } from '../errors.ts'

/** One PEM block (RFC 7468). */
export interface Pem {
  /** What stands behind BEGIN, such as `PUBLIC KEY`. */
  readonly label: string
  readonly der: Bytes
  /** The header lines of a block that is encrypted in the way before PKCS#8 (RFC 1421 §4.6). */
  readonly legacy?: string
}

const BEGIN = '-----BEGIN '
const END = '-----END '
const DASHES = '-----'

/** Whether a text holds the beginning of a PEM block anywhere. */
export function looksLikePem(text: string): boolean {
  return text.includes('-----BEGIN')
}

/**
 * The one PEM block of a text, as configuration brings it: with indented lines, CRLF, blank lines, quotes around it, line
 * breaks written as `\n` or flattened to spaces, or the whole of it in base64.
 *
 * @throws {JoseError} `CS_KEY_INVALID`, or `CS_UNSUPPORTED` for header lines that are not those of an encrypted key
 */
export function parsePem(text: string): Pem {
  const plain = unquoted(text)
  const blocks = cut(looksLikePem(plain) ? plain : fromEncoded(plain))
  // `openssl ecparam -genkey` writes the name of the curve into a block of its own, and the key has it too.
  const [block, ...others] = blocks.filter(({ label }) => label !== 'EC PARAMETERS' || blocks.length === 1)
  if (block === undefined || others.length > 0) {
    const labels = blocks.map(({ label }) => label).join(', ')
    throw invalid(
      `this text holds ${blocks.length} PEM blocks: ${labels}`,
      'Give the one block that holds the key; of a chain of certificates that is the first.',
    )
  }
  const { label, content } = block
  const legacy = /^\s*(Proc-Type:\s*4,ENCRYPTED)\s+(DEK-Info:\s*[A-Za-z0-9-]+,[0-9A-Fa-f]+)\s/.exec(content)
  const body = content.slice(legacy?.[0].length ?? 0).replace(/\s+/g, '')
  if (body.includes(':'))
    throw new JoseError('CS_UNSUPPORTED', `this PEM (${label}) has header lines that are not known`)
  if (body === '') throw invalid(`this PEM (${label}) has no body`)
  const der = fromBase64(body, `the body of this PEM (${label})`, 'CS_KEY_INVALID')
  return { label, der, ...(legacy && { legacy: `${legacy[1]}\n${legacy[2]}\n` }) }
}

function unquoted(text: string): string {
  const plain = text.replace(/^\ufeff/, '').trim()
  const [quote] = plain
  const quoted = (quote === '"' || quote === "'") && plain.length > 1 && plain.endsWith(quote)
  return (quoted ? plain.slice(1, -1) : plain).replaceAll('\\r', '').replaceAll('\\n', '\n').trim()
}

/** The PEM inside a text of base64. */
function fromEncoded(text: string): string {
  const octets = /^[A-Za-z0-9+/_\s-]+={0,2}$/.test(text) ? decoded(text.replace(/\s+/g, '')) : undefined
  const inner = octets && String.fromCharCode(...octets.subarray(0, 65_536)).trim()
  if (inner && looksLikePem(inner)) return unquoted(inner)
  if (octets?.[0] === 0x30) {
    throw invalid(
      'this text is the base64 of a DER, without its BEGIN and END lines',
      "Give the octets: importKey(Buffer.from(text, 'base64')).",
    )
  }
  throw invalid(
    'this text is not a PEM: it does not begin with -----BEGIN …-----',
    'A string is a PEM, never a secret; for a secret use secretKey({ text }), { base64 } or { hex }.',
  )
}

function decoded(text: string): Bytes | undefined {
  try {
    return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'), 'the text')
  } catch {
    return undefined
  }
}

interface Block {
  readonly label: string
  readonly content: string
}

/** Cuts a text into its blocks; nothing but white space may stand around them. */
function cut(text: string): readonly Block[] {
  const blocks: Block[] = []
  for (let at = 0; at < text.length; ) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length)
    if (!text.startsWith(BEGIN, at) || labelEnd < 0) throw around()
    const label = text.slice(at + BEGIN.length, labelEnd)
    // Where the line has lost its end, a part of the key stands in place of the label: it is not told.
    if (!/^[A-Z0-9 ]{1,40}$/.test(label)) throw invalid('this PEM has a BEGIN line that is none')
    const end = text.indexOf(`${END}${label}${DASHES}`, labelEnd)
    const content = text.slice(labelEnd + DASHES.length, end)
    if (end < 0 || content.includes(DASHES))
      throw invalid(`this PEM (${label}) has no END line that matches its BEGIN line`)
    blocks.push({ label, content })
    at = end + END.length + label.length + DASHES.length
    while (/\s/.test(text.charAt(at))) at++
  }
  return blocks
}

function around(): JoseError {
  return invalid(
    'this text holds more than its PEM block',
    'Keep what stands from -----BEGIN to the end of its END line, and nothing around it.',
  )
}

function invalid(why: string, hint?: string): JoseError {
  return new JoseError('CS_KEY_INVALID', why, hint === undefined ? {} : { hint })
}

/** Octets as a PEM block with lines of 64 characters (RFC 7468 §2). */
export function toPem(label: string, base64: string, headers = ''): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  const top = headers === '' ? [] : [headers]
  return [`${BEGIN}${label}${DASHES}`, ...top, ...lines, `${END}${label}${DASHES}`, ''].join('\n')
}
