import type { Random } from '../random.ts'
import type { Bytes, Mutate } from '../target.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Changes a compact token where it means something: a part is decoded, changed and encoded anew, or parts change places.
 *
 * @param inner - what a decoded part is changed by
 */
export function mutateToken(inner: readonly Mutate[]): Mutate {
  return (input, random, other) => {
    const parts = Buffer.from(input).toString('latin1').split('.', 16)
    for (let left = 1 + random.below(2); left > 0; left--) change(parts, random, inner, other)
    return Buffer.from(parts.join('.'), 'latin1') as Bytes
  }
}

function change(parts: string[], random: Random, inner: readonly Mutate[], other: () => Bytes): void {
  const at = random.below(parts.length)
  const part = parts[at] ?? ''
  switch (random.below(9)) {
    case 0: {
      const place = random.below(parts.length)
      ;[parts[at], parts[place]] = [parts[place] ?? '', part]
      return
    }
    case 1:
      parts.splice(at, 1)
      return
    case 2:
      parts.splice(random.below(parts.length + 1), 0, random.once(3) ? '' : part)
      return
    case 3: {
      // Of another token the same part.
      const donor = Buffer.from(other()).toString('latin1').split('.', 16)
      parts[at] = donor[Math.min(at, donor.length - 1)] ?? ''
      return
    }
    case 4:
      // The last letter carries bits that may have to be 0.
      parts[at] = `${part.slice(0, -1)}${LETTERS[random.below(64)]}`
      return
    case 5:
      parts[at] = random.once(2) ? `${part}=` : part.replaceAll('-', '+').replaceAll('_', '/')
      return
    default: {
      const place = random.once(2) ? 0 : at
      const octets = new Uint8Array(Buffer.from(parts[place] ?? '', 'base64url'))
      const mutate = random.of(inner)
      // An inner input is a part, and a part of another token is its like.
      const like = (): Bytes => {
        const donor = Buffer.from(other()).toString('latin1').split('.', 16)
        return new Uint8Array(Buffer.from(donor[Math.min(place, donor.length - 1)] ?? '', 'base64url'))
      }
      parts[place] = Buffer.from(mutate(octets, random, like)).toString('base64url')
    }
  }
}

/** Changes one of several sections of an input that a mark separates, by what is meant for it. */
export function mutateSections(mark: number, inner: readonly Mutate[]): Mutate {
  return (input, random, other) => {
    const sections = cut(input, mark, inner.length)
    const at = random.below(sections.length)
    const like = (): Bytes => cut(other(), mark, inner.length)[at] ?? new Uint8Array()
    const mutate = inner[at] as Mutate
    sections[at] = mutate(sections[at] ?? new Uint8Array(), random, like)
    return Buffer.concat(
      sections.flatMap((section, index) => (index === 0 ? [section] : [Uint8Array.of(mark), section])),
    )
  }
}

/** The sections of an input: the last takes all that is left. */
export function cut(input: Bytes, mark: number, count: number): Bytes[] {
  const sections: Bytes[] = []
  let from = 0
  while (sections.length < count - 1) {
    const at = input.indexOf(mark, from)
    if (at < 0) break
    sections.push(input.subarray(from, at))
    from = at + 1
  }
  return [...sections, input.subarray(from)]
}
