import { readFile } from 'node:fs/promises'

/** A piece of this program that does what a step of the demo shows. */
export interface Piece {
  /** What it does. */
  readonly title: string
  /** Its module, without what it ends in: that is `.ts` in the sources and `.js` where it was compiled. */
  readonly module: string
  /** What its first line has in it, compiled or not. */
  readonly starts: string
}

/** The pieces that are shown, by name, in the order of the steps; there is no way to any other file. */
export const PIECES: ReadonlyMap<string, Piece> = new Map(
  Object.entries({
    arrive: { title: 'How an app takes the answer to a login', module: 'demo/client', starts: 'async arrive(' },
    password: { title: 'How a password is checked', module: 'accounts/users', starts: 'async authenticate(' },
    'take-apart': { title: 'How Notes takes a token apart', module: 'demo/pages', starts: 'function homePage(' },
    resource: {
      title: 'What a token for an API is',
      module: 'protocol/provider',
      starts: 'function toResourceServer(',
    },
    api: { title: 'How the API lets in by role', module: 'demo/api', starts: 'function createDemoApi(' },
    roles: { title: 'How roles get into a token', module: 'protocol/provider', starts: 'extraTokenClaims(' },
    ring: { title: 'How the keys are opened', module: 'keys/ring', starts: 'async function openRing(' },
    'jwk-set': { title: 'How the keys are published', module: 'server/app', starts: 'function createApp(' },
    verify: { title: 'How the API checks any token', module: 'demo/verify', starts: 'function verifyRoutes(' },
    depart: { title: 'How an app asks for a login', module: 'demo/client', starts: 'async depart(' },
    grant: {
      title: 'How the authority knows what was granted',
      module: 'protocol/provider',
      starts: 'async function loadExistingGrant(',
    },
    rotate: { title: 'How a rotation is brought forward', module: 'operations/keys', starts: 'async rotateKeys(' },
    sign: { title: 'How a token is signed', module: 'keys/ring-key', starts: 'async sign(' },
    watch: { title: 'How this page watches a rotation', module: 'demo/watch', starts: 'async #watch(' },
    leave: { title: 'How an app asks to log out everywhere', module: 'demo/client', starts: 'async leave(' },
    told: { title: 'How an app is told of a logout', module: 'demo/app', starts: "app.post('/backchannel-logout'" },
  } satisfies Record<string, Piece>),
)

/** A file of this program with one piece of it in view. */
export interface Shown {
  readonly name: string
  readonly piece: Piece
  /** The file, by its path in the package. */
  readonly path: string
  readonly text: string
  /** The first and the last line of the piece, counted from 1. */
  readonly from: number
  readonly to: number
}

/** This very module tells whether sources run, or what was compiled from them. */
const ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** The code of a piece, as it runs here; nothing for a name that is not on the list. */
export async function showPiece(name: string): Promise<Shown | undefined> {
  const piece = PIECES.get(name)
  if (piece === undefined) return undefined
  const file = `${piece.module}${ENDING}`
  const text = (await readFile(new URL(`../${file}`, import.meta.url), 'utf8')).trimEnd()
  const path = ENDING === '.ts' ? `src/${file}` : file
  return { name, piece, path, text, ...rangeOf(text.split('\n'), piece.starts) }
}

/** The lines of a piece: its comment, its first line, and all up to the bracket that closes it. */
function rangeOf(lines: readonly string[], starts: string): { readonly from: number; readonly to: number } {
  const first = lines.findIndex((line) => line.includes(starts) && !isComment(line))
  if (first < 0) return { from: 1, to: lines.length }
  let from = first
  while (from > 0 && isComment(lines[from - 1] ?? '')) from--
  const depth = depthOf(lines[first])
  const closes = (line: string): boolean => depthOf(line) === depth && /^\s*[)}\]]/.test(line) && !/[{(]$/.test(line)
  const to = lines.findIndex((line, index) => index > first && closes(line))
  return { from: from + 1, to: (to < 0 ? first : to) + 1 }
}

const isComment = (line: string): boolean => /^\s*(?:\/\/|\/\*|\*)/.test(line)
const depthOf = (line = ''): number => line.search(/\S/)
