import { CommandError } from '../../diagnosis/told.ts'

/** A command line that says nothing that can be done. It repeats no value that it was given, which may be a secret. */
export function usage(message: string, command = '', hint?: string): CommandError {
  const help = `\`countersign help${command === '' ? '' : ` ${command}`}\` says what there is.`
  return new CommandError('CS_USAGE', message, { hint: hint === undefined ? help : hint })
}

/** `, did you mean X?` where one of the names is near enough to the word, or longer; or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, steps: stepsBetween(word, name) }))
    .filter(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.steps - b.steps)[0]
  const longer = word.replace(/^--/, '').length < 3 ? [] : names.filter((name) => name.startsWith(word))
  const meant = near === undefined ? longer.slice(0, 3) : [near.name]
  return meant.length === 0 ? '' : `, did you mean ${meant.join(' or ')}?`
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
