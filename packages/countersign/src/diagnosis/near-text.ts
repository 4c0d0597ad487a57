import { quoted } from './exact-json.ts'

/** How two texts may be written differently that mean one thing: in words, and what takes the difference away. */
const SPELLINGS: readonly (readonly [difference: string, plain: (text: string) => string])[] = [
  ['a final "/"', (text) => text.replace(/\/$/, '')],
  ['upper and lower case', (text) => text.toLowerCase()],
  ['white space', (text) => text.replace(/\s+/g, '')],
  ['http and https', (text) => text.replace(/^https:/i, 'http:')],
  ['"https://" in front', (text) => text.replace(/^https?:\/\//i, '')],
  ['characters that nobody sees', (text) => text.replace(/[\p{Cf}\p{Cc}]/gu, '')],
  ['a port that goes without saying', (text) => text.replace(/^(https:\/\/[^/]*):443(?=\/|$)/i, '$1')],
]
/** Two texts of which one begins with the other have this much in common at least, or it is no matter. */
const COMMON = 8

/**
 * How two texts differ that are nearly the same; nothing where they are far from it. Each may be several, as an error
 * tells them: in quotes, with commas between them.
 */
export function nearness(one: string, other: string): string | undefined {
  const [ours, theirs] = [textsIn(one), textsIn(other)]
  const isPair = ours.length === 1 && theirs.length === 1
  for (const a of ours) {
    for (const b of theirs) {
      const difference = differenceOf(a, b)
      if (difference !== undefined)
        return `${isPair ? 'they' : `${quoted(a)} and ${quoted(b)}`} differ by ${difference}`
    }
  }
  return undefined
}

/** The texts that an error tells; one that is not in quotes is one by itself. */
export function textsIn(told: string): readonly string[] {
  try {
    const list = JSON.parse(`[${told}]`) as readonly unknown[]
    if (list.length > 0 && list.every((item) => typeof item === 'string')) return list
  } catch {
    // It was cut, or stands there as it is.
  }
  return [told]
}

function differenceOf(a: string, b: string): string | undefined {
  if (a === b) return undefined
  const single = SPELLINGS.find(([, plain]) => plain(a) === plain(b))
  if (single) return single[0]
  for (const [index, [first, plain]] of SPELLINGS.entries()) {
    const second = SPELLINGS.slice(index + 1).find(([, other]) => other(plain(a)) === other(plain(b)))
    if (second) return `${first} and ${second[0]}`
  }
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length < COMMON || !long.startsWith(short)) return undefined
  return `what one of them has at its end: ${quoted(long.slice(short.length))}`
}

/** The name that is near enough to a word to be meant, or else up to three names that begin with it. */
export function nearNames(word: string, names: readonly string[]): readonly string[] {
  const near = names
    .map((name) => ({ name, steps: stepsBetween(word, name) }))
    .filter(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.steps - b.steps)[0]
  if (near !== undefined) return [near.name]
  return word.replace(/^--/, '').length < 3 ? [] : names.filter((name) => name.startsWith(word)).slice(0, 3)
}

/** How many letters have to be put in, left out, changed, or swapped with their neighbour to make one word the other. */
function stepsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return 64
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const [left = 0, above = 0, across = 0] = [next[j - 1], row[j], row[j - 1]]
      const steps = Math.min(left + 1, above + 1, across + (same ? 0 : 1))
      next.push(swapped ? Math.min(steps, (before[j - 2] ?? 0) + 1) : steps)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
