import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SIGNATURE } from '../../src/alg/signature.ts'
import { toGrammar } from '../../src/cli/completion/completion.ts'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { GLOBAL } from '../../src/cli/rows/table.ts'
import { command } from './support/memory-host.ts'
import { inFolder, missing, noTerminal, readlineWords, type Terminal, terminal } from './support/shells.ts'

const longNames = (options: object): readonly string[] => Object.keys(options).map((name) => `--${name}`)
const optionsOf = (name: string): readonly string[] => [
  ...longNames(COMMANDS.find((row) => row.name === name)?.options ?? {}),
  ...longNames(GLOBAL),
]
const firsts = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''))]
const sources = ['@', 'env:', 'fd:', '-', 'clip:', 'prompt:']
const signatures = [...SIGNATURE.keys()]

/** A line up to where Tab is pressed, and the words that it may become in place of the last. */
type Case = readonly [line: string, words: readonly string[]]

const CASES: readonly Case[] = [
  ['countersign ', [...firsts, 'help']],
  ['countersign dec', ['decode', 'decrypt']],
  ['countersign --json -q dec', ['decode', 'decrypt']],
  ['countersign --color al', ['always']],
  ['countersign --color=n', ['--color=never']],
  ['countersign --color always dec', ['decode', 'decrypt']],
  ['countersign --out x dec', ['decode', 'decrypt']],
  ['countersign key t', ['thumbprint']],
  ['countersign key --json th', ['thumbprint']],
  ['countersign nothing ', []],
  ['countersign help so', ['sources']],
  ['countersign help deb', ['debug']],
  ['countersign help key th', ['thumbprint']],
  ['countersign help decode ', []],
  ['countersign decode ', sources],
  ['countersign decode x ', []],
  ['countersign decode --p', ['--part']],
  ['countersign decode --part ', ['header', 'payload', 'signature']],
  ['countersign decode --part pay', ['payload']],
  ['countersign decode --part=pay', ['--part=payload']],
  ['countersign decode --lines --tz u', ['utc']],
  ['countersign verify --', optionsOf('verify')],
  ['countersign key new --', optionsOf('key new')],
  ['countersign verify --alg ES', signatures.filter((alg) => alg.startsWith('ES'))],
  ['countersign verify --alg=PS38', ['--alg=PS384']],
  ['countersign verify --alg ES256,PS', ['ES256,PS256', 'ES256,PS384', 'ES256,PS512']],
  ['countersign verify --alg=ES256,PS38', ['--alg=ES256,PS384']],
  ['countersign verify --alg ES256,ES256', ['ES256,ES256K']],
  ['countersign verify --require iss,su', ['iss,sub']],
  ['countersign decrypt --enc A128G', ['A128GCM']],
  ['countersign encrypt --alg ECDH-ES+A1', ['ECDH-ES+A128KW', 'ECDH-ES+A192KW']],
  ['countersign key new ED', []],
  ['countersign key new HS5', ['HS512']],
  ['countersign key new X --crv X', ['X25519', 'X448']],
  ['countersign verify --key ', sources],
  ['countersign verify --jwks ', [...sources, 'https://']],
  ['countersign verify --jwks ht', ['https://']],
  ['countersign verify --key cl', ['clip:']],
  ['countersign verify --key=cl', ['--key=clip:']],
  ['countersign verify --key @k', ['@key.jwk', '@key.pem']],
  ['countersign verify --key=@k', ['--key=@key.jwk', '--key=@key.pem']],
  ['countersign verify --key @su', ['@sub/']],
  ['countersign verify --key @sub/', ['@sub/pub.jwk']],
  ['countersign verify --key=@sub/p', ['--key=@sub/pub.jwk']],
  ['countersign verify @tok', ['@tokens.txt']],
  ['countersign verify -- @tok', ['@tokens.txt']],
  ['countersign verify --key @nothing', []],
  ['countersign verify --secret env:CS_SECRET_', ['env:CS_SECRET_A', 'env:CS_SECRET_B']],
  ['countersign verify --secret=env:CS_SECRET_B', ['--secret=env:CS_SECRET_B']],
  ['countersign verify --issuer ', []],
  ['countersign sign -H ', []],
  ['countersign sign -c a=b -c c=d --det', ['--detached']],
  ['countersign key set to', ['tokens.txt']],
  ['countersign key set sub/p', ['sub/pub.jwk']],
  ['countersign key set x a', ['add']],
  ['countersign key set x add @key.j', ['@key.jwk']],
  ['countersign decode --out to', ['tokens.txt']],
  ['countersign decode -o to', ['tokens.txt']],
  ['countersign key new X --public-out=to', ['--public-out=tokens.txt']],
  ['countersign completion z', ['zsh']],
  ['countersign lint @tok', ['@tokens.txt']],
  ['countersign lint @tokens.txt x @key.j', ['@key.jwk']],
  ['countersign lint --format sa', ['sarif']],
  ['countersign lint --rule CSL00', [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `CSL00${number}=`)],
]

const ENV = { CS_SECRET_A: '1', CS_SECRET_B: '2' }

const scriptOf = async (shell: string): Promise<string> => (await command(['completion', shell])).out

test('the script is a member of the document with --json', async () => {
  const { json } = await command(['completion', 'bash', '--json'])
  assert.deepEqual({ ...json(), script: '' }, { v: 1, ok: true, cmd: 'completion', shell: 'bash', script: '' })
  assert.equal(json()['script'], await scriptOf('bash'))
})

test('every option and word with a set of values has them in the grammar', () => {
  const { commands } = toGrammar()
  for (const { name, options } of commands) {
    const row = COMMANDS.find((each) => each.name === name)
    for (const option of options) {
      const { oneOf, type } = row?.options[option.name.slice(2)] ?? assert.fail(option.name)
      assert.equal(option.way === undefined, type === 'boolean')
      if (oneOf) assert.deepEqual(option.way, { kind: 'words', words: oneOf, isList: false })
    }
  }
})

for (const [shell, args] of [
  ['bash', ['-n']],
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
  ['shellcheck', ['--shell=bash']],
] as const) {
  test(`${shell} finds nothing wrong with the script`, { skip: missing(shell) }, async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'script')
      writeFileSync(path, await scriptOf(shell === 'shellcheck' ? 'bash' : shell))
      const { status, stdout, stderr } = spawnSync(shell, [...args, path], { encoding: 'utf8' })
      assert.equal(`${stdout}${stderr}`, '')
      assert.equal(status, 0)
    })
  })
}

describe('bash', { skip: missing('bash') }, () => {
  /** Calls the function as bash does, with no program within reach: what completion gives it has from the shell itself. */
  async function completed(cases: readonly string[]): Promise<readonly (readonly string[])[]> {
    const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
    const calls = cases.map((line) => {
      const words = readlineWords(line)
      return [
        `COMP_LINE=${quote(line)} COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}`,
        `COMP_WORDS=(${words.map(quote).join(' ')})`,
        '_countersign countersign',
        `for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done; printf '%s\\n' ----`,
      ].join('\n')
    })
    const script = `PATH=/nonexistent\n${await scriptOf('bash')}\n${calls.join('\n')}`
    return inFolder((cwd) => {
      const { stdout, stderr } = spawnSync('bash', ['--norc'], {
        cwd,
        env: { ...process.env, ...ENV },
        input: script,
        encoding: 'utf8',
      })
      assert.equal(stderr.replaceAll(/^.*compopt: not currently executing completion function\n/gm, ''), '')
      return stdout
        .split('----\n')
        .slice(0, -1)
        .map((text) => text.split('\n').filter((line) => line !== ''))
    })
  }

  /** What a line becomes: readline leaves the last word up to its last equals sign or colon. */
  const whole = (line: string, reply: string): string => {
    const last = line.split(' ').at(-1) ?? ''
    return `${/^.*[=:]/.exec(last)?.[0] ?? ''}${reply.trimEnd()}`
  }

  test('completes what the table has, and runs no program for it', async () => {
    const replies = await completed(CASES.map(([line]) => line))
    for (const [index, [line, words]] of CASES.entries()) {
      const found = (replies[index] ?? []).map((reply) => whole(line, reply))
      // Of folders readline makes what it likes, where it knows that they are files.
      assert.deepEqual([...found].sort(), [...words].sort(), line)
    }
  })

  test('a space follows what is whole, and nothing what goes on', async () => {
    const replies = await completed([
      'countersign verif',
      'countersign verify --key @key.j',
      'countersign verify --key @su',
      'countersign verify --key en',
      'countersign verify --key @my',
      'countersign verify --alg EdD',
    ])
    assert.deepEqual(replies, [['verify '], ['@key.jwk '], ['@sub/'], ['env:'], ['@my\\ key.pem '], ['EdDSA']])
  })

  test('completes at a terminal when Tab is pressed', { skip: noTerminal() }, async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'countersign.bash'), await scriptOf('bash'))
      const shell = terminal('bash --norc --noprofile -i', folder, ENV)
      try {
        const quiet = `bind 'set enable-bracketed-paste off'; bind 'set bell-style none'`
        await shell.press(`${SETUP}; ${quiet}; source ./countersign.bash; echo LOA''DED\n`, /LOADED[\s\S]*READY> /)
        await typed(shell, [
          ['countersign verif\t', '[verify]'],
          ['countersign key th\t', '[key][thumbprint]'],
          ['countersign verify --alg=PS38\t', '[verify][--alg=PS384]'],
          ['countersign verify --key @key.j\t', '[verify][--key][@key.jwk]'],
          ['countersign verify --key=@su\t', '[verify][--key=@sub/]'],
          ['countersign verify --key=@sub/\t', '[verify][--key=@sub/pub.jwk]'],
          ['countersign verify --key @my\t', '[verify][--key][@my key.pem]'],
          ['countersign verify "@my\t', '[verify][@my key.pem]'],
          ['countersign verify --secret env:CS_SECRET_A\t', '[verify][--secret][env:CS_SECRET_A]'],
          ['countersign key set sub/p\t', '[key][set][sub/pub.jwk]'],
          ['countersign decode --out=su\t', '[decode][--out=sub/]'],
          ['countersign decode < tok\t', '[decode]'],
          ['A=1; countersign enc\t', '[encrypt]'],
        ])
      } finally {
        await shell.end()
      }
    })
  })
})

/** A command that says what it is given, in place of the one that is completed. */
const SETUP = `PS1='READY''> '; countersign() { printf '[%s]' "$@"; echo EN''DED; }`

/** Types lines and presses Enter behind Tab: what the command is given is what they have become. */
async function typed(shell: Terminal, lines: readonly (readonly [keys: string, given: string])[]): Promise<void> {
  for (const [keys, given] of lines) {
    const shown = await shell.press(`${keys}\n`, /ENDED[\s\S]*READY> /)
    assert.equal(/^(\[.*\])ENDED/m.exec(shown.replaceAll('\r', '\n'))?.[1], given, `${keys}: ${JSON.stringify(shown)}`)
  }
}

describe('zsh', { skip: missing('zsh') || noTerminal() }, () => {
  test('completes at a terminal when Tab is pressed', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'countersign.zsh'), await scriptOf('zsh'))
      const shell = terminal('zsh -f -i', folder, ENV)
      try {
        const quiet = `unset zle_bracketed_paste; bindkey '^I' complete-word; autoload -Uz compinit; compinit -D -u`
        await shell.press(
          `${SETUP}; ${quiet}; source ./countersign.zsh; PATH=/nonexistent; echo LOA''DED\n`,
          /LOADED[\s\S]*READY> /,
        )
        // The slash behind a folder goes away where nothing follows it.
        await typed(shell, [
          ['countersign verif\t', '[verify]'],
          ['countersign --json key th\t', '[--json][key][thumbprint]'],
          ['countersign verify --alg=PS38\t', '[verify][--alg=PS384]'],
          ['countersign verify --alg ES256,PS38\t', '[verify][--alg][ES256,PS384]'],
          ['countersign verify --key @key.j\t', '[verify][--key][@key.jwk]'],
          ['countersign verify --key=@su\t', '[verify][--key=@sub]'],
          ['countersign verify --key @my\t', '[verify][--key][@my key.pem]'],
          ['countersign verify --secret env:CS_SECRET_A\t', '[verify][--secret][env:CS_SECRET_A]'],
          ['countersign verify --sub x --secret cl\t', '[verify][--sub][x][--secret][clip:]'],
          ['countersign key set sub/p\t', '[key][set][sub/pub.jwk]'],
          ['countersign key set x ad\t', '[key][set][x][add]'],
          ['countersign help so\t', '[help][sources]'],
          ['countersign sign -c a=b -c c=d --detac\t', '[sign][-c][a=b][-c][c=d][--detached]'],
        ])
      } finally {
        await shell.end()
      }
    })
  })
})

describe('fish', { skip: missing('fish') }, () => {
  test('completes what the table has, and runs no program for it', async () => {
    // Where nothing begins like a word, fish offers what is like it otherwise.
    const cases = CASES.filter(([, words]) => words.length > 0)
    const lines = cases.map(([line]) => `complete -C'${line}'; echo ----`)
    const script = `set PATH /nonexistent 2> /dev/null\n${await scriptOf('fish')}\n${lines.join('\n')}\n`
    await inFolder((cwd) => {
      writeFileSync(join(cwd, 'script.fish'), script)
      const env = { ...process.env, ...ENV }
      const { stdout, stderr } = spawnSync('fish', ['--no-config', 'script.fish'], { cwd, env, encoding: 'utf8' })
      assert.equal(stderr, '')
      const replies = stdout
        .split('----\n')
        .map((text) => text.split('\n').flatMap((line) => line.split('\t')[0] || []))
      for (const [index, [line, words]] of cases.entries())
        assert.deepEqual([...(replies[index] ?? [])].sort(), [...words].sort(), line)
    })
  })
})

describe('PowerShell', () => {
  test('the brackets and quotes of the script close', async () => {
    const script = await scriptOf('powershell')
    const bare = script.replaceAll(/'(?:[^']|'')*'|"(?:[^"`]|`.)*"|#.*$/gm, '')
    const open: string[] = []
    for (const char of bare.replaceAll(/[^()[\]{}'"]/g, '')) {
      if ('([{'.includes(char)) open.push(char)
      else assert.equal(`${open.pop()}${char}`.replaceAll(/\(\)|\[\]|\{\}/g, ''), '')
    }
    assert.deepEqual(open, [])
  })

  test('completes what the table has', { skip: missing('pwsh') }, async () => {
    const cases: readonly Case[] = [
      ['countersign dec', ['decode', 'decrypt']],
      ['countersign key t', ['thumbprint']],
      ['countersign decode --part pay', ['payload']],
      ['countersign verify --leew', ['--leeway']],
      ['countersign completion z', ['zsh']],
    ]
    const lines = cases.map(
      ([line]) =>
        `(TabExpansion2 -inputScript '${line}' -cursorColumn ${line.length}).CompletionMatches.CompletionText; '----'`,
    )
    await inFolder(async (folder) => {
      const path = join(folder, 'completion.ps1')
      writeFileSync(path, `${await scriptOf('powershell')}\n${lines.join('\n')}\n`)
      const { stdout } = spawnSync('pwsh', ['-NoProfile', '-File', path], { cwd: folder, encoding: 'utf8' })
      const replies = stdout.split(/----\r?\n/).map((text) => text.split(/\r?\n/).filter(Boolean))
      for (const [index, [line, words]] of cases.entries()) assert.deepEqual(replies[index], words, line)
    })
  })
})
