/** What a stretch of code is, as far as it matters to who reads it. */
export type Kind = 'comment' | 'string' | 'word' | 'plain'

export interface Stretch {
  readonly kind: Kind
  readonly text: string
}

const WORDS = [
  ...['import', 'export', 'const', 'let', 'function', 'class', 'extends', 'implements', 'new', 'return', 'async'],
  ...['await', 'if', 'else', 'for', 'in', 'while', 'try', 'catch', 'finally', 'throw', 'typeof', 'instanceof', 'break'],
  ...['satisfies', 'this', 'true', 'false', 'undefined', 'null', 'static', 'switch', 'case', 'continue', 'void'],
]
/** Those that are names as well: a word where another one follows. */
const NAMES = ['from', 'type', 'of', 'as', 'readonly', 'interface', 'override', 'get', 'default']

/** The next stretch of code; what begins or ends a template or a block is left to stand alone. */
const NEXT = new RegExp(
  [
    /(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)/.source,
    /(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|(?<=[(,=:[!&|?{;]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*)/
      .source,
    `(?<word>(?<![\\w$#.])(?:(?:${WORDS.join('|')})(?![\\w$:])|(?:${NAMES.join('|')})(?=\\s+[\\w'{[#])))`,
    /(?<bracket>[`{}])/.source,
    /(?<plain>[\w$#]+|[\s\S])/.source,
  ].join('|'),
  'gy',
)
/** Some of the text of a template, up to its end or to code in it. */
const TEMPLATE = /(?:\\.|\$(?!\{)|[^`$\\])*(?<end>`|\$\{)/gsy

/**
 * TypeScript or JavaScript in lines of stretches. It knows comments, strings, templates and words; code that it does not
 * understand has its colours wrong, and nothing worse.
 */
export function coloured(code: string): readonly (readonly Stretch[])[] {
  const lines: Stretch[][] = [[]]
  const put = (kind: Kind, text: string): void => {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([])
      const line = lines.at(-1) as Stretch[]
      const last = line.at(-1)
      if (last?.kind === kind) line[line.length - 1] = { kind, text: last.text + part }
      else if (part !== '') line.push({ kind, text: part })
    }
  }
  /** How many brackets are open in each piece of code within a template. */
  const open: number[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(code)
    at = found === null ? code.length : pattern.lastIndex
    return found
  }
  /** The text of a template; code in it comes next. */
  const template = (): void => {
    const start = at
    const found = take(TEMPLATE)
    put('string', code.slice(start, at))
    if (found?.groups?.['end'] === '${') open.push(0)
  }
  while (at < code.length) {
    const { comment, string, word, bracket, plain } = take(NEXT)?.groups ?? {}
    if (comment !== undefined) put('comment', comment)
    else if (string !== undefined) put('string', string)
    else if (word !== undefined) put('word', word)
    else if (plain !== undefined) put('plain', plain)
    else if (bracket === '`') {
      put('string', bracket)
      template()
    } else if (bracket === '}' && open.at(-1) === 0) {
      open.pop()
      put('string', bracket)
      template()
    } else if (bracket !== undefined) {
      if (open.length > 0) open[open.length - 1] = (open.at(-1) ?? 0) + (bracket === '{' ? 1 : -1)
      put('plain', bracket)
    }
  }
  return lines
}
