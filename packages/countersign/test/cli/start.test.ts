import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { EXIT } from '../../src/messages.ts'
import { CLI } from './support/process.ts'

// What a command loads is what somebody waits for before it begins. The times themselves are measured by bench/src/start.ts.

/** All that stands between a command line and its answer where a token is shown. */
const DECODE: readonly string[] = [
  ...['cli.ts', 'cli/command.ts', 'cli/main.ts', 'cli/this-host.ts', 'cli/host.ts', 'cli/runs.ts', 'cli/run/decode.ts'],
  // What a command line may say.
  ...['cli/rows/commands.ts', 'cli/rows/keys.ts', 'cli/rows/options.ts', 'cli/rows/others.ts', 'cli/rows/tokens.ts'],
  ...['cli/line/parse.ts', 'cli/line/synonyms.ts', 'cli/rows/table.ts', 'cli/given/times.ts', 'cli/line/usage.ts'],
  // What is read, and what is printed.
  ...['cli/shown/paint.ts', 'cli/shown/progress.ts', 'cli/given/sources.ts', 'cli/given/tokens.ts'],
  ...['bytes.ts', 'json.ts', 'diagnosis/decode-token.ts', 'diagnosis/exact-json.ts', 'diagnosis/find-token.ts'],
  ...['diagnosis/moments.ts', 'diagnosis/odd-times.ts', 'diagnosis/scan-text.ts'],
  // Errors, in words that name algorithms.
  ...['errors.ts', 'messages.ts', 'diagnosis/told.ts', 'diagnosis/advice.ts', 'diagnosis/near-text.ts'],
  ...['alg/needs.ts', 'alg/signature.ts'],
]

/** What no command needs that has nothing to do with keys. */
const HEAVY = /^(crypto|jws|jwe|jwt|key|keyring|source|claims|profile|guard|revocation|testing)\b/

/** Runs in the process before the command, and prints what is loaded at its end. */
const WATCH = `
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
process.on('exit', () => writeSync(2, '\\n' + JSON.stringify(loaded)))
`

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJleHAiOjE3OTUzMDA1MDB9.'

test('decode loads these modules and no others', async () => {
  const { code, modules, builtins } = await loadedBy(['decode', TOKEN])
  assert.equal(code, 0)
  const more = modules.filter((name) => !DECODE.includes(name))
  const gone = DECODE.filter((name) => !modules.includes(name))
  const advice = 'import() what it can do without until it is needed, or change the list'
  assert.deepEqual(more, [], `decode loads ${more.join(', ')} as well: ${advice}`)
  assert.deepEqual(gone, [], `decode does not load ${gone.join(', ')}: take that from the list`)
  assert.ok(!modules.some((name) => HEAVY.test(name)) && !builtins.includes('node:crypto'))
})

test('what has nothing to do with keys loads nothing of cryptography', async () => {
  const lines = [
    ['--version'],
    ['help', 'verify'],
    ['completion', 'bash'],
    ['debug', '--no-open', '--print-path'],
    ['sing'],
  ]
  for (const { args, code, modules, builtins } of await Promise.all(lines.map(loadedBy))) {
    const what = `countersign ${args.join(' ')}`
    assert.notEqual(code, EXIT.internal, what)
    assert.deepEqual(
      modules.filter((name) => HEAVY.test(name)),
      [],
      what,
    )
    assert.ok(!builtins.includes('node:crypto'), what)
  }
})

test('verify loads cryptography, so that this would be seen', async () => {
  const { modules } = await loadedBy(['verify', TOKEN, '--secret', 'env:NONE'])
  assert.ok(modules.includes('crypto/node.ts') && modules.includes('jws/verify-jws.ts'))
})

interface Loaded {
  readonly args: readonly string[]
  readonly code: number | null
  /** By their paths in the source. */
  readonly modules: readonly string[]
  /** Node's. */
  readonly builtins: readonly string[]
}

/** What a command loads. */
function loadedBy(args: readonly string[]): Promise<Loaded> {
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`
  const child = spawn(process.execPath, ['--import', watch, CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const home = new URL('../../src/', import.meta.url).href
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const urls = JSON.parse(printed.slice(printed.lastIndexOf('\n') + 1)) as string[]
      const modules = urls.filter((url) => url.startsWith(home)).map((url) => url.slice(home.length))
      resolve({ args, code, modules, builtins: urls.filter((url) => url.startsWith('node:')) })
    })
  })
}
