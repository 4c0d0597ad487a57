import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createSigner, exportJwk, generateKey, publicKey } from 'countersign/sync'
import { CLI, PROCESS_ENV, run } from './support/process.ts'
import { inShell, NO_SHELL } from './support/shell.ts'

const home = mkdtempSync(join(tmpdir(), 'countersign-process-'))
after(() => rmSync(home, { recursive: true }))

const key = generateKey('ES256', { kid: 'mine' })
const parties = { issuer: 'https://id.example.com', audience: 'api' }
const token = createSigner({ key, expiresIn: '1h', ...parties }).sign({ sub: 'ada' })
const [header = '', payload = '', signature = ''] = token.split('.')
const forged = [header, payload, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`].join('.')
const files = {
  'token.txt': token,
  'windows.txt': `${token}\r\n`,
  'forged.txt': forged,
  'many.txt': `${token}\n`.repeat(4000),
  'windows-lines.txt': `${token}\r\n\r\n${token}\r\n`,
  'some-forged.txt': `${token}\n${forged}\n${`${token}\n`.repeat(4000)}`,
  'latin1.txt': Buffer.from('caf\xe9', 'latin1'),
  'pub.jwk': JSON.stringify(exportJwk(publicKey(key))),
  'other.jwk': JSON.stringify(exportJwk(publicKey(generateKey('ES256')))),
}
for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content)

describe('the process', { skip: NO_SHELL ?? false, concurrency: true }, () => {
  test('who stops reading early ends it quietly, and hides no refusal', async () => {
    const { values, err } = await inShell(
      `{ countersign decode --lines @many.txt; echo "lines=$?" >&3; } | head -1 >/dev/null
       { countersign decode --lines --json @many.txt; echo "documents=$?" >&3; } | :
       { countersign help; echo "help=$?" >&3; } | :
       { countersign verify --lines @some-forged.txt --key @pub.jwk 2>/dev/null; echo "verdict=$?" >&3; } | head -2 >/dev/null
       { countersign verify @forged.txt --key @pub.jwk --json; echo "refused=$?" >&3; } | :`.replaceAll(
        '>&3',
        '>>codes',
      ),
      home,
    )
    assert.equal(err, '')
    const codes = await inShell('cat codes', home)
    assert.deepEqual(values, {})
    assert.deepEqual(codes.values, { lines: '0', documents: '0', help: '0', verdict: '4', refused: '4' })
  })

  test('where nobody reads the errors, the exit code says it all the same', async () => {
    const { values, out } = await inShell(
      `countersign verify @forged.txt --key @pub.jwk 2>&- >/dev/null; echo "closed=$?"
       { countersign verify @forged.txt --key @pub.jwk 2>&1 >/dev/null; echo "gone=$?" >gone; } | :
       cat gone
       countersign decode "Bearer $(cat token.txt)" --claim sub 2>/dev/full; echo "full=$?"`,
      home,
    )
    assert.deepEqual(values, { closed: '4', gone: '4', full: '0' })
    assert.match(out, /^ada$/m)
  })

  test('an output that cannot take it is told', {
    skip: existsSync('/dev/full') ? false : 'no /dev/full here',
  }, async () => {
    const { values, err } = await inShell(
      `countersign decode @token.txt >/dev/full; echo "text=$?"
       countersign decode @token.txt --json >/dev/full; echo "json=$?"
       countersign decode @token.txt --out /dev/full; echo "out=$?"`,
      home,
    )
    assert.deepEqual(values, { text: '2', json: '2', out: '2' })
    const lines = err.split('\n').filter((line) => line.startsWith('error'))
    assert.deepEqual(lines, [
      'error[CS_OUTPUT]: cannot write to the standard output: nothing more fits there.',
      'error[CS_OUTPUT]: cannot write to the standard output: nothing more fits there.',
      'error[CS_OUTPUT]: cannot write /dev/full: nothing more fits there.',
    ])
  })

  test('inputs that are none are refused, and end', async () => {
    const { values, err } = await inShell(
      `countersign decode <&-; echo "closed=$?"
       countersign decode <.; echo "folder=$?"
       countersign decode <latin1.txt; echo "latin1=$?"
       cat /dev/zero | countersign decode; echo "endless=$?"
       countersign decode @/dev/zero; echo "device=$?"
       tr '\\000' x </dev/zero | countersign decode --lines; echo "line=$?"`,
      home,
    )
    assert.deepEqual(values, { closed: '3', folder: '3', latin1: '3', endless: '3', device: '3', line: '3' })
    const codes = [...err.matchAll(/^error\[(\w+)\]/gm)].map(([, code]) => code)
    assert.deepEqual(codes, [
      ...['CS_MALFORMED', 'CS_INPUT', 'CS_MALFORMED'],
      ...['CS_TOO_LARGE', 'CS_TOO_LARGE', 'CS_TOO_LARGE'],
    ])
    assert.match(err, /cannot read the standard input: it is a folder\./)
  })

  test('descriptors are read: a file, a pipe, and none', async () => {
    const { values, out, err } = await inShell(
      `countersign decode fd:77; echo "none=$?"
       countersign decode fd:3 --claim sub 3<token.txt
       cat token.txt | { countersign decode fd:4 --claim aud 4<&0 </dev/null; }
       countersign decode @/dev/stdin --claim iss <windows.txt
       mkfifo fifo; cat token.txt >fifo & countersign decode @fifo --claim sub
       countersign verify fd:5 --key fd:5 5<token.txt; echo "twice=$?"`,
      home,
    )
    assert.deepEqual(values, { none: '3', twice: '2' })
    assert.match(err, /cannot read fd:77: nothing is open there\./)
    assert.match(err, /TOKEN and --key both read fd:5, which can be read once/)
    assert.match(out, /^ada\napi\nhttps:\/\/id\.example\.com\nada\n/m)
  })

  test('a shell sees how it ended', async () => {
    const { values, out } = await inShell(
      `countersign verify @token.txt --key @pub.jwk --aud api --iss https://id.example.com >/dev/null; echo "done=$?"
       countersign verify @token.txt --nonsense 2>/dev/null; echo "usage=$?"
       countersign decode nonsense 2>/dev/null; echo "input=$?"
       countersign verify @forged.txt --key @pub.jwk >/dev/null 2>&1; echo "signature=$?"
       countersign verify @token.txt --key @pub.jwk --aud other >/dev/null 2>&1; echo "claims=$?"
       countersign verify @token.txt --key @pub.jwk --alg ES384 >/dev/null 2>&1; echo "key=$?"
       countersign decode --lines @windows-lines.txt`,
      home,
    )
    assert.deepEqual(values, { done: '0', usage: '2', input: '3', signature: '4', claims: '5', key: '6' })
    assert.equal(out.match(/\bJWS {2}ES256 /g)?.length, 2)
  })

  test('--out through a device or a link writes what is behind it', async () => {
    const { values, out } = await inShell(
      `countersign decode @token.txt --claim sub --out /dev/null; echo "null=$?"
       countersign decode @token.txt --claim sub --out /dev/stdout | cat
       echo first >shared; { countersign decode @token.txt --claim sub --out /dev/stdout; echo last; } >>shared
       tr '\\n' , <shared; echo
       { countersign decode @token.txt --out /dev/stdout; echo "gone=$?" >gone-out; } | :
       cat gone-out; ls -l /dev/stdout | cut -c1`,
      home,
    )
    assert.deepEqual(values, { null: '0', gone: '0' })
    assert.match(out, /^ada$/m)
    assert.match(out, /^first,ada,last,$/m)
    assert.match(out, /^l$/m)
  })

  test('Ctrl-C while a file is being written leaves neither it nor a part of it', async () => {
    const folder = join(home, 'interrupted')
    mkdirSync(folder)
    const watcher = watch(folder)
    const child = spawn(process.execPath, [CLI, 'decode', '--lines', '-', '--out', join(folder, 'lines.txt')], {
      env: PROCESS_ENV,
    })
    child.stdin.write(`${token}\n`)
    const [, name] = (await once(watcher, 'change')) as [string, string]
    watcher.close()
    assert.match(name, /^\.lines\.txt\..+\.part$/)
    child.kill('SIGINT')
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    assert.ok(signal === 'SIGINT' || code === 130, `ended with ${code} ${signal}`)
    assert.deepEqual(readdirSync(folder), [])
  })
})

test('an empty input, and one of Windows', async () => {
  assert.equal((await run(['decode'])).code, 3)
  const { code, out, err } = await run(['decode', '--claim', 'sub'], { input: `\ufeff${token}\r\n` })
  assert.deepEqual({ code, out, err }, { code: 0, out: 'ada\n', err: '' })
})

test('the command says which version it is, and on what it runs', async () => {
  const { code, out } = await run(['--version'])
  assert.equal(code, 0)
  assert.match(out, /^countersign \d+\.\d+\.\d+ \(Node\.js 24/)
})
