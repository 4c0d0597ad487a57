import type { Random } from '../random.ts'
import type { Bytes, Mutate } from '../target.ts'

/** A value in DER: its tag, with what is in it. */
interface Node {
  tag: number
  content: Bytes | Node[]
  /** Written in place of its length. */
  length?: Bytes
}

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0x82, 0xa0, 0xa1, 0xa3,
]
const LENGTHS = [
  [0x80],
  [0x81, 0x00],
  [0x81, 0x7f],
  [0x82, 0x00, 0x80],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x7f],
  [0x00],
  [0xff],
]

/** Changes the values of a DER: lengths are right afterwards, but for one that is to be wrong. */
export function mutateDer(inner: Mutate): Mutate {
  return (input, random, other) => {
    const [nodes] = read(input, 0)
    if (nodes.length === 0) return inner(input, random, other)
    for (let left = 1 + random.below(2); left > 0; left--) change(nodes, random, inner, other)
    return write(nodes)
  }
}

/** As much as can be read, and the octets behind it. */
function read(octets: Bytes, depth: number): readonly [nodes: Node[], rest: Bytes] {
  const nodes: Node[] = []
  let at = 0
  while (at + 1 < octets.length) {
    const tag = octets[at] as number
    let length = octets[at + 1] as number
    let start = at + 2
    if (length > 0x80 && length < 0x84) {
      const end = start + (length & 0x7f)
      for (length = 0; start < end; start++) length = length * 256 + (octets[start] ?? 0)
    }
    if (start + length > octets.length || nodes.length > 64) break
    const content = octets.slice(start, start + length)
    // A bit string and an octet string may have DER in them, too.
    const isNest = depth < 12 && ((tag & 0x20) !== 0 || (tag === 0x04 && content[0] === 0x30))
    const [within, rest] = isNest ? read(content, depth + 1) : [[], content]
    nodes.push({ tag, content: isNest && rest.length === 0 && within.length > 0 ? within : content })
    at = start + length
  }
  return [nodes, octets.subarray(at)]
}

function change(nodes: Node[], random: Random, inner: Mutate, other: () => Bytes): void {
  const at = random.below(nodes.length)
  const node = nodes[at]
  if (node === undefined) return
  if (Array.isArray(node.content) && !random.once(4)) {
    change(node.content, random, inner, other)
    return
  }
  switch (random.below(8)) {
    case 0:
      nodes.splice(at, 1)
      return
    case 1:
      nodes.splice(random.below(nodes.length + 1), 0, { ...node })
      return
    case 2:
      node.tag = random.once(2) ? random.of(TAGS) : node.tag ^ (1 << random.below(8))
      return
    case 3:
      node.length = Uint8Array.from(random.of(LENGTHS))
      return
    case 4: {
      const [donor] = read(other(), 0)
      const one = pick(donor, random)
      if (one) nodes[at] = one
      return
    }
    case 5: {
      const place = random.below(nodes.length)
      ;[nodes[at], nodes[place]] = [nodes[place] as Node, node]
      return
    }
    default:
      node.content = inner(Array.isArray(node.content) ? write(node.content) : node.content, random, other).slice()
  }
}

function pick(nodes: readonly Node[], random: Random): Node | undefined {
  const node = nodes[random.below(nodes.length)]
  return node && Array.isArray(node.content) && !random.once(3) ? pick(node.content, random) : node
}

function write(nodes: readonly Node[]): Bytes {
  return Buffer.concat(
    nodes.flatMap(({ tag, content, length }) => {
      const octets = Array.isArray(content) ? write(content) : content
      return [Uint8Array.of(tag), length ?? lengthOf(octets.length), octets]
    }),
  )
}

function lengthOf(length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(length)
  return length < 0x100 ? Uint8Array.of(0x81, length) : Uint8Array.of(0x82, length >> 8, length & 0xff)
}

/** The same for the DER inside a PEM; text that is none is changed as text. */
export function mutatePem(der: Mutate, text: Mutate): Mutate {
  return (input, random, other) => {
    const [, label, body] = PEM.exec(Buffer.from(input).toString('latin1')) ?? []
    if (label === undefined || body === undefined || random.once(4)) return text(input, random, other)
    const like = (): Bytes => octetsOf(PEM.exec(Buffer.from(other()).toString('latin1'))?.[2] ?? '')
    const changed = Buffer.from(der(octetsOf(body), random, like)).toString('base64')
    const lines = changed.match(/.{1,64}/g) ?? []
    return Buffer.from([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')) as Bytes
  }
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END/
const octetsOf = (base64: string): Bytes => new Uint8Array(Buffer.from(base64, 'base64'))
