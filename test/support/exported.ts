// What the doors of the packages hand out, read from their sources: each name with its docstring and its members. It goes by
// the way that Biome writes a file, so that no compiler is needed: a declaration begins at the margin, and so does its end.
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

const root = new URL('../../', import.meta.url)

/** A property, a method or a member of an object type. */
export interface Member {
  readonly name: string
  /** How it is declared, without its docstring. */
  readonly text: string
  /** Its docstring without the stars; empty where it has none. */
  readonly doc: string
}

export interface Exported {
  readonly name: string
  readonly kind: 'class' | 'const' | 'function' | 'interface' | 'type'
  /** Where it is declared, from the root. */
  readonly file: string
  readonly doc: string
  /** The declaration with what is in it; of overloads the first. */
  readonly text: string
  readonly members: readonly Member[]
}

/** All that a door gives, in the order of its source. @throws {Error} for a name that is declared nowhere */
export function exportedBy(door: string): readonly Exported[] {
  const found = new Map<string, Exported>()
  for (const { name, file } of namesOf(door)) {
    if (!found.has(name)) found.set(name, declared(name, file))
  }
  return [...found.values()]
}

interface Named {
  readonly name: string
  readonly file: string
}

function namesOf(file: string): readonly Named[] {
  const source = read(file)
  const own = [...source.matchAll(DECLARATION)].map(([, , name = '']) => ({ name, file }))
  const handed = [...source.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?/gm)].flatMap(
    ([, list = '', from]) =>
      namesIn(list).map((name) => ({ name, file: beside(file, from ?? importOf(name, source, file)) })),
  )
  const all = [...source.matchAll(/^export (?:type )?\* from '([^']+)'/gm)].flatMap(([, from = '']) =>
    namesOf(beside(file, from)),
  )
  return [...own, ...handed, ...all]
}

const namesIn = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '')

/** A type that a module declares or imports; nothing for those of the language and of other packages. */
export function typeOf(name: string, file: string): Exported | undefined {
  const source = read(file)
  if (new RegExp(`^(?:export )?(?:abstract )?(?:class|interface|type) ${name}\\b`, 'm').test(source))
    return declared(name, file)
  const from = importIn(name, source)
  return from?.startsWith('.') ? declared(name, beside(file, from)) : undefined
}

/** From where a module has a name that it hands on. */
function importOf(name: string, source: string, file: string): string {
  const from = importIn(name, source)
  if (from === undefined) throw new Error(`${file} exports ${name}, and imports it from nowhere`)
  return from
}

function importIn(name: string, source: string): string | undefined {
  for (const [, list = '', from = ''] of source.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    if (namesIn(list).includes(name)) return from
  }
  return undefined
}

const beside = (file: string, path: string): string => new URL(path, `file:///${file}`).pathname.slice(1)

const DECLARATION = /^export (?:declare |abstract |async )?(class|const|function|interface|type) ([\w$]+)/gm
const ANY = /^(?:export )?(?:declare |abstract |async )?(class|const|function|interface|type) ([\w$]+)/gm

function declared(name: string, file: string): Exported {
  const source = read(file)
  for (const match of source.matchAll(ANY)) {
    if (match[2] !== name) continue
    const text = upToItsEnd(source.slice(match.index))
    const doc = docBefore(source.slice(0, match.index))
    const kind = match[1] as Exported['kind']
    return { name, kind, file, doc, text, members: membersOf(text, kind) }
  }
  // Handed on by a module between.
  const further = namesOf(file).find((it) => it.name === name)
  if (further === undefined || further.file === file) throw new Error(`${file} does not declare ${name}`)
  return declared(name, further.file)
}

/** A declaration goes on as long as its lines are indented, and may close at the margin. */
function upToItsEnd(source: string): string {
  const lines = source.split('\n')
  const end = lines.findIndex((line, index) => index > 0 && !/^(\s|$)/.test(line))
  const whole = /^[})\]]/.test(lines[end] ?? '') ? end + 1 : end
  return lines.slice(0, end < 0 ? undefined : whole).join('\n')
}

/** A line for a tool may stand between a docstring and its declaration. */
const docBefore = (before: string): string =>
  clean(/\/\*\*((?:(?!\*\/).)*)\*\/\s*(?:\/\/[^\n]*\s*)*$/s.exec(before)?.[1] ?? '')

const clean = (comment: string): string => comment.replaceAll(/^\s*\* ?/gm, '').trim()

const MEMBER = /^\s+(?:\| )?(?:\(?\{ )?(?:readonly )?'?([\w$~-]+)'?\??(?:[:(]|<.*\()/
/** In a class, what is further in is code. */
const CLASS_MEMBER = /^ {2}(?:(?:abstract|async|get|override|readonly|static) )*([\w$]+)\??[:(<]/

/** The lines that declare a member: they stand in braces, in no parenthesis, and end with no comma. */
function membersOf(text: string, kind: Exported['kind']): readonly Member[] {
  if (kind === 'const' || kind === 'function') return []
  const members: Member[] = []
  let doc: string[] = []
  let inDoc = false
  let parens = 0
  for (const line of text.split('\n').slice(1)) {
    if (inDoc || /^\s*\/\*\*/.test(line)) {
      if (!inDoc) doc = []
      doc.push(line)
      inDoc = !line.includes('*/')
      continue
    }
    const name = (kind === 'class' ? CLASS_MEMBER : MEMBER).exec(line)?.[1]
    const own = docBefore(doc.join('\n'))
    const found = name !== undefined && name !== 'constructor' && parens === 0 && !line.endsWith(',')
    if (found && !own.includes('@internal')) members.push({ name, text: line.trim(), doc: own })
    parens += count(line, '(') - count(line, ')')
    doc = []
  }
  return members
}

const count = (text: string, character: string): number => text.split(character).length - 1

const sources = new Map<string, string>()

function read(file: string): string {
  const source = sources.get(file) ?? readFileSync(new URL(file, root), 'utf8')
  sources.set(file, source)
  return source
}

/** A door: what people import, and the source that gives it. */
export interface Door {
  readonly name: string
  /** From the root. */
  readonly file: string
}

/** Every door of the two packages, as their `exports` have them. */
export function doors(): readonly Door[] {
  return ['packages/countersign', 'packages/authority'].flatMap((home) => {
    const { name, exports } = JSON.parse(read(`${home}/package.json`)) as Manifest
    return Object.entries(exports).flatMap(([path, target]) => {
      const file = typeof target === 'string' ? target : target.types
      return file.endsWith('.ts') ? [{ name: posix.join(name, path), file: posix.join(home, file) }] : []
    })
  })
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}
