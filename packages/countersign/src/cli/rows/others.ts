import type { CommandOf } from '../table.ts'

export type AlgsNames = 'kind'
export type DebugNames = 'serve' | 'print-path!' | 'no-open!'
export type CompletionNames = never

export const ALGS: CommandOf<AlgsNames> = {
  name: 'algs',
  about: 'list the algorithms, and what to think of them',
  examples: [['countersign algs --kind sig', 'those that sign']],
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
    'It is one file that sends nothing anywhere. --serve shows it at 127.0.0.1, for a browser that opens no files.',
  ],
  examples: [
    ['countersign debug', 'in the browser of this machine'],
    ['countersign debug --serve 8080 --no-open', 'at http://127.0.0.1:8080/'],
  ],
  arguments: [],
  options: {
    serve: {
      type: 'string',
      optional: true,
      value: 'PORT',
      whole: [0, 65_535],
      about: 'show it at 127.0.0.1 until Ctrl-C; any free port unless said',
    },
    'print-path': { type: 'boolean', about: 'print where the file is, and open nothing' },
    'no-open': { type: 'boolean', about: 'open no browser' },
  },
}

export const COMPLETION: CommandOf<CompletionNames> = {
  name: 'completion',
  about: 'print what makes a shell complete command lines',
  examples: [
    ['source <(countersign completion bash)', 'in this shell; in ~/.bashrc for every one'],
    ['countersign completion fish > ~/.config/fish/completions/countersign.fish', 'for fish'],
  ],
  arguments: [{ name: 'SHELL', about: 'bash, zsh, fish or powershell', oneOf: ['bash', 'zsh', 'fish', 'powershell'] }],
  options: {},
}
