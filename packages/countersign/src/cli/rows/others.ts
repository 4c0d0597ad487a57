import type { CommandOf } from './table.ts'

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
    'It shows what a token says, and verifies nothing. It is one file that sends nothing anywhere, and works without a network.',
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
