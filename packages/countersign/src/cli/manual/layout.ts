/** Lines of at most so many characters, as far as words allow. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Names with what they mean beside them, or below where a name is long. */
export function table(
  rows: readonly (readonly [name: string, about: string])[],
  { width, indent = 2, most = 26 }: { readonly width: number; readonly indent?: number; readonly most?: number },
): readonly string[] {
  const longest = Math.max(0, ...rows.map(([name]) => name.length).filter((length) => length <= most))
  const before = ' '.repeat(indent)
  const behind = ' '.repeat(indent + longest + 2)
  return rows.flatMap(([name, about]) => {
    const [first = '', ...rest] = wrap(about, Math.max(24, width - behind.length))
    const head =
      name.length > longest ? [`${before}${name}`, `${behind}${first}`] : [`${before}${name.padEnd(longest)}  ${first}`]
    return [...head, ...rest.map((line) => `${behind}${line}`)]
  })
}

/** A command line in several, each but the last with a backslash at its end, so that it still can be copied. */
export function foldCommand(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line]
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  // What stands between pipes stays together where it can; if not, an option stays with its value.
  const commands = joined(words, (word) => /^(?:\||\|\||&&)$/.test(word))
  const units = commands.flatMap((command) =>
    command.length + 4 <= width ? [command] : joined(command.split(SPACES), (word) => word.startsWith('-')),
  )
  const lines: string[] = []
  let now = ''
  for (const unit of units) {
    if (now !== '' && now.length + unit.length + 3 > width) {
      lines.push(`${now} \\`)
      now = `  ${unit}`
    } else now = now === '' ? unit : `${now} ${unit}`
  }
  return [...lines, now]
}

/** Spaces that stand in no quotes. */
const SPACES = / (?=(?:[^'"]|'[^']*'|"[^"]*")*$)/

/** Words joined to pieces, each of which begins with a word that is a beginning. */
function joined(words: readonly string[], isBeginning: (word: string) => boolean): readonly string[] {
  const pieces: string[] = []
  for (const word of words) {
    if (pieces.length === 0 || isBeginning(word)) pieces.push(word)
    else pieces.push(`${pieces.pop()} ${word}`)
  }
  return pieces
}
