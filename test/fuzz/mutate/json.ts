import type { Random } from '../random.ts'
import type { Bytes, Mutate } from '../target.ts'

/** JSON with its members in a list, so that one name can stand there twice. */
type Tree = { readonly members: [name: string, value: Tree][] } | { readonly items: Tree[] } | { readonly text: string }

const VALUES = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1', '0.5', '1e400', '9007199254740993', '1790000000', '1e21', '""'],
  ...['"a"', '[]', '{}', '[[]]', '[{}]', '[""]', '["a","a"]', '{"":0}', '"\\u0000"', '"\\ud800"', '"__proto__"'],
  ...['"\u202e"', '[null]', '{"a":[1,{"b":2}]}', '"https://issuer.example"', '"none"', '"b64"', '["b64"]'],
]
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '0', 'length', 'then', 'toJSON', '\u0000']

/** Changes members of a JSON text; text that is none stays as it is. */
export function mutateJson(words: readonly string[]): Mutate {
  return (input, random) => {
    const tree = toTree(Buffer.from(input).toString())
    if (tree === undefined) return input
    for (let left = 1 + random.below(3); left > 0; left--) change(tree, random, words)
    return Buffer.from(toText(tree, random)) as Bytes
  }
}

function toTree(text: string): Tree | undefined {
  try {
    return ofValue(JSON.parse(text))
  } catch {
    return undefined
  }
}

function ofValue(value: unknown): Tree {
  if (Array.isArray(value)) return { items: value.map(ofValue) }
  if (typeof value !== 'object' || value === null) return { text: JSON.stringify(value) }
  return { members: Object.entries(value).map(([name, own]) => [name, ofValue(own)]) }
}

function change(tree: Tree, random: Random, words: readonly string[]): void {
  if ('text' in tree) return
  const list: unknown[] = 'items' in tree ? tree.items : tree.members
  const at = random.below(list.length)
  const inner = 'items' in tree ? tree.items[at] : tree.members[at]?.[1]
  if (inner !== undefined && !('text' in inner) && !random.once(3)) {
    change(inner, random, words)
    return
  }
  const put = (value: Tree): void => {
    if ('items' in tree) tree.items[at] = value
    else if (tree.members[at]) tree.members[at][1] = value
  }
  switch (random.below(8)) {
    case 0:
      list.splice(at, 1)
      return
    case 1:
      put(someValue(random, words))
      return
    case 2:
      put(someValue(random, words))
      return
    case 3:
      add(tree, random.below(list.length + 1), someValue(random, words), random, words)
      return
    case 4:
      if (inner) put(wrapped(inner, random))
      return
    case 5:
      if ('members' in tree && tree.members[at]) tree.members[at][0] = someName(random, words)
      return
    case 6: {
      // The same name once more.
      const twin = 'members' in tree ? tree.members[at] : undefined
      if (twin && 'members' in tree)
        tree.members.splice(random.below(list.length + 1), 0, [twin[0], someValue(random, words)])
      else if (inner) add(tree, at, inner, random, words)
      return
    }
    default: {
      const other = random.below(list.length)
      if (list.length > 1) [list[at], list[other]] = [list[other], list[at]]
      else add(tree, 0, someValue(random, words), random, words)
    }
  }
}

function add(tree: Tree, at: number, value: Tree, random: Random, words: readonly string[]): void {
  if ('items' in tree) tree.items.splice(at, 0, value)
  else if ('members' in tree) tree.members.splice(at, 0, [someName(random, words), value])
}

function someName(random: Random, words: readonly string[]): string {
  return random.once(4) || words.length === 0 ? random.of(NAMES) : random.of(words)
}

function someValue(random: Random, words: readonly string[]): Tree {
  return { text: random.once(2) && words.length > 0 ? JSON.stringify(random.of(words)) : random.of(VALUES) }
}

function wrapped(tree: Tree, random: Random): Tree {
  let inner = tree
  for (let left = random.once(4) ? 1 + random.below(40) : 1; left > 0; left--)
    inner = random.once(2) ? { items: [inner] } : { members: [['a', inner]] }
  return inner
}

/** As text: now and then with white space, and with letters spelled as escapes. */
function toText(tree: Tree, random: Random): string {
  const gap = random.once(8) ? random.of([' ', '\n', '\t\r\n ']) : ''
  const spells = random.once(4)
  const spell = (text: string): string => {
    if (!spells || !random.once(2)) return text
    const at = 1 + random.below(Math.max(1, text.length - 2))
    const letter = text[at]
    if (letter === undefined || !/[\w ]/.test(letter) || text[at - 1] === '\\' || text.includes('\\u')) return text
    return `${text.slice(0, at)}\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}${text.slice(at + 1)}`
  }
  const write = (one: Tree): string => {
    if ('text' in one) return one.text.startsWith('"') ? spell(one.text) : one.text
    if ('items' in one) return `[${gap}${one.items.map(write).join(`,${gap}`)}]`
    return `{${gap}${one.members.map(([name, value]) => `${spell(JSON.stringify(name))}${gap}:${gap}${write(value)}`).join(`,${gap}`)}}`
  }
  return write(tree)
}
