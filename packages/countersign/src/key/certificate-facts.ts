import { type Bytes, equal, fromUtf8 } from '../bytes.ts'
import { dotted } from './algorithm-id.ts'
import { fieldsOf, validityOf } from './certificate.ts'
import { type Element, elementsOf, TAG } from './der.ts'

/** What an X.509 certificate says of itself. Nobody has checked any of it. */
export interface CertificateFacts {
  /** Names as `CN=id.example.com, O=Example`, in the order of the certificate; empty where there is none. */
  readonly subject: string
  readonly issuer: string
  /** In hex. */
  readonly serial: string
  /** Epoch seconds. */
  readonly notBefore: number
  readonly notAfter: number
  /** It names itself as its issuer. */
  readonly isSelfIssued: boolean
  /** It is one to issue others with. */
  readonly isAuthority: boolean
  /** What its key is for, such as `digitalSignature`; nothing where it does not say. */
  readonly keyUsage: readonly string[]
  /** For what kinds of work, such as `serverAuth`. */
  readonly purposes: readonly string[]
  /** The names of hosts and mailboxes, the URIs and the IP addresses that it is for. */
  readonly names: readonly string[]
}

/** No certificate in use comes near it. */
const MOST_OCTETS = 256 * 1024
/** As many names, purposes and the like as are read. */
const MOST = 64
/** As many characters of one of them. */
const MOST_TEXT = 256

/** Reads a certificate in DER (RFC 5280 §4.1); nothing where it is none. It never throws. */
export function certificateFacts(der: Bytes): CertificateFacts | undefined {
  const validity = der.length > MOST_OCTETS ? undefined : validityOf(der)
  const [serial, , issuer, , subject, , ...others] = fieldsOf(der)
  if (validity === undefined || serial === undefined || issuer === undefined || subject === undefined) return undefined
  const extensions = extensionsOf(others)
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    serial: toHex(serial.content.subarray(0, MOST)),
    ...validity,
    isSelfIssued: subject.content.length > 0 && equal(subject.content, issuer.content),
    isAuthority: isAuthority(extensions.get(OID.basicConstraints)),
    keyUsage: usagesOf(extensions.get(OID.keyUsage)),
    purposes: purposesOf(extensions.get(OID.extendedKeyUsage)),
    names: namesOf(extensions.get(OID.subjectAltName)),
  }
}

const OID = {
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
} as const

const [SET, BOOLEAN, EXTENSIONS] = [0x31, 0x01, 0xa3]

const toHex = (octets: Bytes): string => [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')

/** The value of each extension by the hex of its object identifier. */
function extensionsOf(others: readonly Element[]): ReadonlyMap<string, Bytes> {
  const wrapped = others.find(({ tag }) => tag === EXTENSIONS)
  const list = wrapped && elementsOf(wrapped.content)[0]
  return new Map(
    (list ? elementsOf(list.content) : []).slice(0, MOST).flatMap((extension) => {
      const [id, ...rest] = elementsOf(extension.content)
      const value = rest.at(-1)
      return id?.tag === TAG.oid && value?.tag === TAG.octetString ? [[toHex(id.content), value.content] as const] : []
    }),
  )
}

/** The elements inside of the one that an extension consists of. */
function insideOf(value: Bytes | undefined): readonly Element[] {
  const [sequence] = value ? elementsOf(value) : []
  return sequence?.tag === TAG.sequence ? elementsOf(sequence.content).slice(0, MOST) : []
}

/** RFC 5280 §4.2.1.9 */
function isAuthority(value: Bytes | undefined): boolean {
  const [first] = insideOf(value)
  return first?.tag === BOOLEAN && first.content.length === 1 && first.content[0] !== 0
}

/** The bits of a key usage, the first of which is the highest (RFC 5280 §4.2.1.3). */
const USAGES = [
  ...['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  ...['keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'],
]

function usagesOf(value: Bytes | undefined): readonly string[] {
  const [bits] = value ? elementsOf(value) : []
  if (bits?.tag !== TAG.bitString) return []
  const octets = bits.content.subarray(1)
  return USAGES.filter((_, index) => ((octets[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
}

/** RFC 5280 §4.2.1.12 */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ['2b06010505070301', 'serverAuth'],
  ['2b06010505070302', 'clientAuth'],
  ['2b06010505070303', 'codeSigning'],
  ['2b06010505070304', 'emailProtection'],
  ['2b06010505070308', 'timeStamping'],
  ['2b06010505070309', 'OCSPSigning'],
])

function purposesOf(value: Bytes | undefined): readonly string[] {
  return insideOf(value).flatMap(({ tag, content }) => {
    const id = toHex(content.subarray(0, MOST))
    return tag === TAG.oid ? [PURPOSES.get(id) ?? dotted(id)] : []
  })
}

/** Mailboxes, hosts and URIs (RFC 5280 §4.2.1.6). */
const NAMED: readonly number[] = [0x81, 0x82, 0x86]

function namesOf(value: Bytes | undefined): readonly string[] {
  return insideOf(value).flatMap(({ tag, content }) =>
    NAMED.includes(tag) ? [latin(content)] : tag === IP ? (addressOf(content) ?? []) : [],
  )
}

const IP = 0x87

/** `10.0.0.1`, or `[2001:db8::1]` as in a URL. */
function addressOf(octets: Bytes): string | undefined {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return undefined
  const groups = pairsOf(octets).map((pair) => pair.toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname
}

/** What a part of a name is called (RFC 4514 §3, RFC 5280 §4.1.2.4). */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'],
  ['550404', 'SN'],
  ['550405', 'serialNumber'],
  ['550406', 'C'],
  ['550407', 'L'],
  ['550408', 'ST'],
  ['550409', 'street'],
  ['55040a', 'O'],
  ['55040b', 'OU'],
  ['55040c', 'title'],
  ['55042a', 'GN'],
  ['550461', 'organizationIdentifier'],
  ['2a864886f70d010901', 'emailAddress'],
  ['0992268993f22c640101', 'UID'],
  ['0992268993f22c640119', 'DC'],
])

/** A distinguished name: a sequence of sets of names with values. */
function nameOf({ content }: Element): string {
  const parts = elementsOf(content).slice(0, MOST)
  return parts
    .flatMap(({ tag, content: set }) => {
      const pairs = tag === SET ? elementsOf(set).slice(0, MOST) : []
      const texts = pairs.flatMap((pair) => {
        const [id, value] = elementsOf(pair.content)
        if (id?.tag !== TAG.oid || value === undefined) return []
        const oid = toHex(id.content.subarray(0, MOST))
        return [`${ATTRIBUTES.get(oid) ?? dotted(oid)}=${escaped(textOf(value))}`]
      })
      return texts.length === 0 ? [] : [texts.join(' + ')]
    })
    .join(', ')
}

/** A comma in a value is not the end of it, whoever wrote the certificate (RFC 4514 §2.4). */
const escaped = (text: string): string => text.replace(/[\\,+]/g, (char) => `\\${char}`)

/** The text of a string of any kind that names are written in. */
function textOf({ tag, content }: Element): string {
  if (tag === 0x0c) return cut(utf(content))
  if (tag === 0x1e) return cut(String.fromCharCode(...pairsOf(content.subarray(0, 2 * MOST_TEXT + 2))))
  // Printable, numeric, IA5, T61 and visible strings.
  if ([0x12, 0x13, 0x14, 0x16, 0x1a].includes(tag)) return latin(content)
  return `#${toHex(content.subarray(0, MOST))}`
}

function utf(content: Bytes): string {
  try {
    return fromUtf8(content, 'the name')
  } catch {
    return latin(content)
  }
}

const pairsOf = (octets: Bytes): readonly number[] =>
  Array.from({ length: octets.length >> 1 }, (_, at) => ((octets[2 * at] ?? 0) << 8) | (octets[2 * at + 1] ?? 0))

const latin = (content: Bytes): string => cut(String.fromCharCode(...content.subarray(0, MOST_TEXT + 1)))

const cut = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text)
