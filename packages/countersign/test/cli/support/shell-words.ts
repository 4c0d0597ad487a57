/** The command lines of a console block: what stands behind `$ `, with the lines that a backslash continues. */
export function typedLines(text: string): readonly string[] {
  return [...text.replaceAll(/ \\\n\s*/g, ' ').matchAll(/^\$ (.*)$/gm)].map(([, line = '']) => line)
}

/**
 * What each `countersign …` of a line of a shell is given: in pipes, lists, and substitutions of commands, with quotes
 * taken away. As much of a shell as examples need.
 */
export function callsIn(line: string): readonly (readonly string[])[] {
  const calls: (readonly string[])[] = []
  let words: string[] = []
  let word: string | undefined
  let isTarget = false
  const endWord = (): void => {
    if (word !== undefined && !isTarget) words.push(word)
    if (word !== undefined) isTarget = false
    word = undefined
  }
  const endCommand = (): void => {
    endWord()
    const at = words.findIndex((each) => !/^\w+=/.test(each))
    if (words[at] === 'countersign') calls.push(words.slice(at + 1))
    words = []
  }
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    const nested = /^[$<]\(/.test(line.slice(at)) ? closing(line, at + 2) : undefined
    if (nested !== undefined) {
      calls.push(...callsIn(line.slice(at + 2, nested)))
      word = `${word ?? ''}(…)`
      at = nested
    } else if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1)
      if (end < 0) throw new Error(`a quote without an end: ${line}`)
      const inside = line.slice(at + 1, end)
      if (char === '"') for (const [, own = ''] of inside.matchAll(/\$\((.*?)\)/g)) calls.push(...callsIn(own))
      word = (word ?? '') + inside
      at = end
    } else if (/\s/.test(char)) endWord()
    else if (/[|&;]/.test(char)) endCommand()
    else if (/[<>]/.test(char)) {
      // The number before it names a descriptor.
      if (/^\d+$/.test(word ?? '')) word = undefined
      endWord()
      isTarget = true
    } else word = (word ?? '') + char
  }
  endCommand()
  return calls
}

/** Where the bracket closes that was opened before a place. */
function closing(line: string, from: number): number {
  let depth = 1
  for (let at = from; at < line.length; at++) {
    if (line[at] === '(') depth++
    if (line[at] === ')' && --depth === 0) return at
  }
  throw new Error(`a bracket without an end: ${line}`)
}
