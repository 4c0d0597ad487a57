/** How two texts differ that nearly are the same; nothing where they are far from it. Both may be in quotes. */
export function nearness(one: string, other: string): string | undefined {
  const [a, b] = [one, other].map((text) => text.replace(/^"|"$/g, ''))
  if (a === undefined || b === undefined || a === b) return undefined
  if (withoutSlash(a) === withoutSlash(b)) return 'they differ by a final "/"'
  if (a.toLowerCase() === b.toLowerCase()) return 'they differ by upper and lower case'
  if (a.trim() === b.trim()) return 'they differ by white space'
  if (withoutScheme(a) === withoutScheme(b)) return 'they differ by http and https'
  return undefined
}

const withoutSlash = (text: string): string => text.replace(/\/$/, '')
const withoutScheme = (text: string): string => text.replace(/^https?:/, '')
