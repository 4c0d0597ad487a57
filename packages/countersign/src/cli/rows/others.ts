import {
  LINES,
  type LinesNames,
  PASSPHRASE,
  type PassphraseNames,
  SECRET,
  type SecretNames,
  TIMEOUT,
  type TimeoutNames,
} from './options.ts'
import type { CommandOf } from './table.ts'

export type LintNames =
  | SecretNames
  | PassphraseNames
  | TimeoutNames
  | LinesNames
  | 'fail-on'
  | 'rule[]'
  | 'profile'
  | 'format'
  | 'issuer'
  | 'list-rules!'
export type ExplainNames = PassphraseNames
export type AlgsNames = 'kind'
export type DebugNames = 'serve' | 'print-path!' | 'no-open!'
export type CompletionNames = never

/** What there is to read. It is no row of the table: it is answered before any command runs. */
export const HELP: CommandOf<never> = {
  name: 'help',
  about: 'say what there is: a command, a group such as key, a topic',
  examples: [
    ['countersign help verify', 'a command'],
    ['countersign help sources', 'how keys, tokens and secrets are passed'],
  ],
  arguments: [
    {
      name: 'WHAT',
      about: 'a command, a group of commands or a topic; everything where it is left out',
      optional: true,
    },
  ],
  options: {},
}

/** The ids of the rules of lint: those of tokens, keys and sets, and those of issuers. What else there is of them takes long to load. */
const RULE_IDS: readonly string[] = [...idsOf(1, 28), ...idsOf(101, 128)]

function idsOf(first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `CSL${String(first + index).padStart(3, '0')}`)
}

export const LINT: CommandOf<LintNames> = {
  name: 'lint',
  about: 'find what is wrong, or risky, about tokens, keys and issuers',
  more: [
    'It looks at each WHAT by every rule, and says what it found, where, why that matters and what to do. A JWK Set among them is taken for the one that the issuer of the tokens publishes. No signature is checked but against secrets that everybody knows: a token without findings may be forged all the same, and `countersign verify` finds out.',
    'It exits with 8 where something is found that is as grave as --fail-on says, and with 0 otherwise. What cannot be read ends it, with 3 and before anything is looked at; with --lines that is told, and the next line goes on.',
    '--rule sets what one rule weighs, or switches it off: --rule CSL015=off. --profile holds tokens to what their kind has to be. --list-rules says what there is; docs/lint.md has it all.',
    '--secret looks at the strength of a secret: by itself where there is no WHAT, or else as the one that the tokens were signed with.',
    '--issuer fetches the metadata and the JWK Set of an issuer and looks at both; tokens that stand beside it are held against that set.',
    '--format sarif prints a log for code scanning (SARIF 2.1.0), with neither a token nor a secret in it; json is the same as --json.',
  ],
  examples: [
    ['countersign lint "$TOKEN"', 'one token'],
    ['countersign lint @token.txt @key.pem @jwks.json --fail-on warn', 'a token, a key and a set'],
    ['countersign lint @tokens.txt --lines --format sarif -o jwt.sarif --fail-on warn', 'many, for code scanning'],
    ['countersign lint "$TOKEN" --profile rfc9068 --rule CSL015=off --secret env:JWT_SECRET', 'by rules of your own'],
    ['countersign lint --issuer https://id.example.com', 'a live issuer'],
  ],
  arguments: [
    {
      name: 'WHAT',
      about:
        'a token, a key or a JWK Set, as a SOURCE or, where everybody may see it, itself; the standard input where nothing is named',
      optional: true,
      multiple: true,
      value: 'SOURCE',
    },
  ],
  options: {
    'fail-on': {
      type: 'string',
      value: 'WORD',
      oneOf: ['error', 'warn', 'info'],
      about: 'how grave a finding has to be for exit code 8; error unless said',
    },
    rule: {
      type: 'string',
      multiple: true,
      value: 'ID=WORD',
      offers: RULE_IDS.map((id) => `${id}=`),
      about: 'what a rule weighs: CSL015=off, or error, warn, info; the last word on a rule counts',
    },
    profile: {
      type: 'string',
      value: 'WORD',
      oneOf: ['bcp', 'oidc-id-token', 'rfc9068', 'dpop'],
      about: 'what tokens are held to, beside what holds for each of them',
    },
    format: {
      type: 'string',
      value: 'WORD',
      oneOf: ['pretty', 'json', 'sarif'],
      asJson: 'json',
      about: 'how it is printed; pretty unless said',
    },
    ...SECRET,
    secret: { ...SECRET.secret, about: 'a shared secret whose strength is looked at, by where it is and never itself' },
    ...PASSPHRASE,
    issuer: { type: 'string', value: 'URL', about: 'an issuer to look at: its metadata and its keys' },
    ...TIMEOUT,
    'list-rules': { type: 'boolean', about: 'list the rules, and look at nothing' },
    ...LINES,
  },
  exits: ['network', 'findings', 'unsupported'],
}

export const EXPLAIN: CommandOf<ExplainNames> = {
  name: 'explain',
  about: 'say what something is, in plain words',
  more: [
    'WHAT is a word: a claim (aud), an algorithm (ES256), a member of a header or a key (kid), a type (at+jwt), an error (CS_AUD), a rule of lint (CSL003), an exit code (4). It says what that is, what it is for and what to watch, with the sections to read; a word that is several things is told as each of them.',
    'Or WHAT is a token, a key, a JWK Set or a certificate, found in other text as decode finds it: then each member of it is told with its value and what that means, and what lint finds. Nothing is verified, and neither a secret nor a private member is shown.',
  ],
  examples: [
    ['countersign explain aud', 'a claim'],
    ['countersign explain ES256', 'an algorithm'],
    ['countersign explain "$TOKEN"', 'a token, member by member'],
    ['countersign explain @cert.pem', 'a key with its certificate'],
    ['countersign explain CS_SIGNATURE', 'an error'],
  ],
  arguments: [
    {
      name: 'WHAT',
      about:
        'a word, a token, a key, a JWK Set or a certificate, itself or as a SOURCE; the standard input where it is left out',
      optional: true,
      value: 'SOURCE',
    },
  ],
  options: { ...PASSPHRASE },
}

export const ALGS: CommandOf<AlgsNames> = {
  name: 'algs',
  about: 'list the algorithms, and what to think of them',
  more: [
    'Recommended is what to choose for something new, acceptable what is sound and seldom the best. Legacy is for what is there already, experimental for who knows why. What is left out is neither made nor accepted, on purpose. What this runtime does not have is said so.',
  ],
  examples: [
    ['countersign algs --kind sig', 'those that sign'],
    ["countersign algs --json | jq -r '.algorithms[] | select(.supported).alg'", 'what this runtime has'],
  ],
  arguments: [],
  options: {
    kind: {
      type: 'string',
      value: 'WORD',
      oneOf: ['sig', 'key', 'enc'],
      about: 'signatures, key management or content encryption',
    },
  },
}

export const DEBUG: CommandOf<DebugNames> = {
  name: 'debug',
  about: 'open the offline debugger in a browser',
  more: [
    'It decodes, verifies, decrypts and builds tokens, and makes keys. It is one file that sends nothing anywhere, and works without a network.',
    '--serve shows it at 127.0.0.1 until Ctrl-C, for a browser that opens no files; only this machine can reach it.',
  ],
  examples: [
    ['countersign debug', 'in the browser of this machine'],
    ['countersign debug --serve 8080 --no-open', 'at http://127.0.0.1:8080/'],
    ['cp "$(countersign debug --print-path)" .', 'a copy to keep, or to hand on'],
  ],
  arguments: [],
  options: {
    serve: {
      type: 'string',
      optional: true,
      value: 'PORT',
      whole: [0, 65_535],
      about: 'show it at 127.0.0.1 until Ctrl-C; at any free port unless said',
    },
    'print-path': { type: 'boolean', about: 'print where the file is, and open nothing' },
    'no-open': { type: 'boolean', about: 'print its address, and open no browser' },
  },
  exits: ['unsupported'],
}

export const COMPLETION: CommandOf<CompletionNames> = {
  name: 'completion',
  about: 'print what makes a shell complete command lines',
  more: [
    'It knows commands, options, and what stands behind them: algorithms, files behind @, variables behind env:. While somebody types, no program is started and nothing is fetched.',
    'A shell starts faster where the script is in a file. In bash that is ~/.local/share/bash-completion/completions/countersign, with the package bash-completion.',
  ],
  examples: [
    ['eval "$(countersign completion bash)"', 'in ~/.bashrc'],
    ['eval "$(countersign completion zsh)"', 'in ~/.zshrc, behind compinit'],
    ['countersign completion zsh > ~/.zfunc/_countersign', 'the same in a file, where ~/.zfunc is in fpath'],
    ['countersign completion fish > ~/.config/fish/completions/countersign.fish', 'for fish'],
    ['countersign completion powershell | Out-String | Invoke-Expression', 'in $PROFILE of PowerShell'],
  ],
  arguments: [{ name: 'SHELL', about: 'bash, zsh, fish or powershell', oneOf: ['bash', 'zsh', 'fish', 'powershell'] }],
  options: {},
}
