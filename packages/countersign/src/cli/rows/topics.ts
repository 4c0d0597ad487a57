import { EXIT } from '../../messages.ts'
import type { Command, Exit, Value } from './table.ts'

/** Something to read that belongs to several commands. Help, man page and docs/cli.md have it from here. */
export interface Topic {
  /** What stands behind `countersign help`. */
  readonly name: string
  readonly title: string
  /** A line. */
  readonly about: string
  readonly before?: readonly string[]
  /** What can be written, or happen, and what it means. */
  readonly rows?: readonly (readonly [term: string, about: string])[]
  readonly after?: readonly string[]
  readonly examples?: readonly (readonly [line: string, about: string])[]
}

const SOURCES: Topic = {
  name: 'sources',
  title: 'SOURCE',
  about: 'where keys, secrets, tokens and claims are read from',
  before: ['A SOURCE says where something is. It never is the thing itself:'],
  rows: [
    ['-', 'the standard input; of all SOURCEs of a command line one may be it'],
    ['@FILE', 'a file'],
    ['env:NAME', 'a variable of the environment'],
    ['fd:N', 'a descriptor that is open already'],
    ['clip:', 'the clipboard'],
    ['prompt:', 'what somebody types at the terminal, which does not show'],
  ],
  after: [
    'What everybody may see may stand on the command line itself, too: a token, claims as JSON, a public JWK. A secret may not, and is refused there (exit 2): a command line is in the history of the shell, and in the list of processes.',
    'Where it says SOURCE|URL, an address is taken, too. It begins with https://, or with http:// on this machine.',
    'A secret that comes out of a file loses one newline at its end, and a note says so. --secret-encoding says how it is written: utf8, base64, base64url or hex.',
    "In PowerShell a bare @ has another meaning: put the SOURCE into quotes, as in --key '@key.jwk'.",
  ],
  examples: [
    ['countersign verify clip: --key @public.pem', 'a token from the clipboard, a key in a file'],
    ['countersign verify "$TOKEN" --secret fd:3 3< <(pass show jwt)', 'a secret that is in no file and no variable'],
  ],
}

const TIMES: Topic = {
  name: 'times',
  title: 'TIME and D',
  about: 'how moments and durations are written',
  before: ['A TIME is a moment:'],
  rows: [
    ['15m, 2h30m, 7d', 'from now; the units are s, m, h, d and w'],
    ['-5m', 'before now; it stands behind an equals sign: --exp=-5m'],
    ['@1767225600', 'seconds since 1970, as they stand in tokens'],
    ['2026-11-21T22:50:00Z', 'ISO 8601; UTC where it names no offset'],
    ['2026-11-21', 'the beginning of a day in UTC'],
    ['now', 'this moment'],
    ['never', 'no such moment: the claim is left out'],
  ],
  after: ['A D is a duration: 30s, 15m, 2h30m, or a number of seconds.'],
  examples: [
    ['countersign sign --key @key.jwk --sub ada --exp 15m --nbf now', 'from now on, for 15 minutes'],
    ['countersign verify "$TOKEN" --key @public.jwk --at 2026-11-21T20:30:00Z --leeway 1m', 'as it was then'],
  ],
}

const CLAIMS: Topic = {
  name: 'claims',
  title: 'CLAIM and PATH',
  about: 'how claims and members of a header are written',
  before: ['A CLAIM is a member of the claims (-c) or of the header (-H):'],
  rows: [
    ['name=text', 'text, whatever it looks like; the first equals sign divides'],
    ['name:=json', 'JSON: a number, true, null, a list, an object'],
  ],
  after: [
    'iss, sub, aud and jti are texts; aud may be a list of them. Where a claim is given twice, the last one counts; what -c says counts more than the JSON of CLAIMS.',
    'A PATH leads to one claim of a token: its names and places in lists, with dots between: exp, realm_access.roles.0.',
    'What a registered claim means, `countersign explain aud` says.',
  ],
  examples: [
    [
      'countersign sign --key @key.jwk --exp 1h -c role=admin -c level:=3 -c \'scopes:=["read","write"]\'',
      'three types',
    ],
    ['countersign decode clip: --claim realm_access.roles.0', 'one claim alone'],
  ],
}

const EXIT_MEANINGS: Readonly<Record<Exit, string>> = {
  done: 'done; for verify: the signature and every check that was asked for passed',
  internal: 'an internal error, which should not happen: please report it',
  usage:
    'the command line says nothing that can be done: a wrong option, a secret in plain sight, a file that is there',
  input: 'what was read cannot be understood: a token, a key, JSON, an encoding',
  signature: 'the signature does not match, or nothing could be decrypted',
  claims: 'the signature is fine, and a claim refuses the token: expired, aud, iss, typ, a claim that is missing',
  key: 'the key is not the right one: no such kid, wrong type, too short, algorithm not allowed',
  network: 'the network or the discovery failed; nothing was judged',
  findings: 'there are findings that are grave enough to fail',
  unsupported: 'this runtime cannot do it',
  interrupted: 'interrupted by Ctrl-C',
}

const EXITS_IN_SHORT: Readonly<Record<Exit, string>> = {
  done: 'done',
  internal: 'internal error',
  usage: 'wrong command line',
  input: 'unreadable input',
  signature: 'signature or decryption failed',
  claims: 'refused by a claim',
  key: 'wrong key',
  network: 'network failed, nothing judged',
  findings: 'findings',
  unsupported: 'not supported here',
  interrupted: 'Ctrl-C',
}

/** How these commands may end: what each code means, in order. */
export function exitsOf(commands: readonly Command[]): readonly (readonly [code: string, about: string])[] {
  return exitNames(commands).map((name) => [String(EXIT[name]), EXIT_MEANINGS[name]])
}

/** The same in a line. */
export function exitsInShort(commands: readonly Command[]): string {
  return exitNames(commands)
    .map((name) => `${EXIT[name]} ${EXITS_IN_SHORT[name]}`)
    .join(', ')
}

function exitNames(commands: readonly Command[]): readonly Exit[] {
  const every: readonly Exit[] = ['done', 'usage', 'input', 'internal', 'interrupted']
  const names = new Set([...every, ...commands.flatMap(({ exits = [] }) => exits)])
  return (Object.keys(EXIT) as Exit[]).filter((name) => names.has(name))
}

const ENVIRONMENT: Topic = {
  name: 'environment',
  title: 'Environment',
  about: 'which variables count',
  rows: [
    ['NO_COLOR', 'no colour, where it is set and not empty'],
    [
      'FORCE_COLOR',
      'colour also where the output is no terminal; 0 or false: no colour. It counts more than NO_COLOR, and --color more than both',
    ],
    ['TERM', 'no colour where it is dumb'],
    ['NODE_USE_ENV_PROXY', 'with 1, Node goes through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name'],
    ['NODE_EXTRA_CA_CERTS', 'a file of further certificates that Node trusts, such as those of a company'],
    ['BROWSER', 'the program that `countersign debug` opens the debugger with'],
  ],
  after: [
    'No variable holds settings: there is no file of them, either. A secret is read out of a variable only where env:NAME names it.',
  ],
}

const FILES: Topic = {
  name: 'files',
  title: 'Files, secrets and the network',
  about: 'what is written, kept back and sent',
  before: [
    'Nothing prints a private or shared key, unless `--out -` asks for it in so many words. No error, note or JSON document repeats a secret, a password or a whole token.',
    'A file with something private in it is readable for its owner alone (mode 0600). No file that is there is overwritten without --force, and a file is written as a whole or not at all.',
    'Questions are asked on a terminal only, and never with --no-input. A password that is typed does not show.',
    'The network is used for --issuer, and for --jwks or SRC with an address, and for nothing else; --offline forbids that, too. Nothing is reported to anyone.',
  ],
}

const JSON_OUTPUT: Topic = {
  name: 'json',
  title: 'JSON output',
  about: 'what --json prints, for programs',
  before: [
    'With --json a command prints exactly one JSON document on the standard output, also for an error; with --lines, one for each line of the input. Notes are in it, and nothing goes to the standard error.',
  ],
  rows: [
    ['v', '1; it rises where something breaks for programs, and only then'],
    ['ok', 'whether it came out well; the exit code says the same'],
    ['cmd', 'the command: decode, key new'],
    ['notes', 'what is worth knowing: code and message of each'],
    ['error', 'code, exit, message, hint, docs; where a token is at fault, at'],
  ],
  after: [
    'Each command has a JSON Schema for its documents in the package: countersign/schema/decode.json, countersign/schema/key-new.json. Numbers are as exact as they were in the token, also beyond 2^53.',
  ],
  examples: [
    ['countersign verify "$TOKEN" --key @public.jwk --json | jq -r \'.error.code // .verdict\'', 'why it was refused'],
  ],
}

/** Everything there is to read beside commands. */
export function topicsOf(commands: readonly Command[]): readonly Topic[] {
  const exits: Topic = {
    name: 'exit-codes',
    title: 'Exit codes',
    about: 'how a command ends, for scripts',
    rows: exitsOf(commands),
    examples: [['countersign verify "$TOKEN" --key @public.jwk --quiet || echo "refused: $?"', 'in a script']],
  }
  return [SOURCES, TIMES, CLAIMS, exits, JSON_OUTPUT, FILES, ENVIRONMENT]
}

/** What a value may be, in a line, and the topic that has the whole of it. */
export const VALUES: { readonly [Name in Value]?: { readonly about: string; readonly topic: string } } = {
  SOURCE: { about: '- (stdin), @FILE, env:NAME, fd:N, clip: or prompt:', topic: 'sources' },
  'SOURCE|URL': { about: 'a SOURCE, or an address', topic: 'sources' },
  TIME: { about: '15m, 7d, @1767225600, 2026-11-21T22:50:00Z, now, never', topic: 'times' },
  D: { about: 'a duration: 30s, 15m, 2h30m, or seconds', topic: 'times' },
  CLAIM: { about: 'name=text, or name:=json for what has a type', topic: 'claims' },
  PATH: { about: 'names with dots between: exp, realm_access.roles.0', topic: 'claims' },
}
