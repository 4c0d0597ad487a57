import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { main } from '../../src/cli/main.ts'
import { thisHost } from '../../src/cli/this-host.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { CLI, PROCESS_ENV } from './support/process.ts'
import { inTerminal, NO_TERMINAL } from './support/terminal.ts'

const home = fs.mkdtempSync(join(tmpdir(), 'countersign-key-files-'))
after(() => fs.rmSync(home, { recursive: true }))

/** A folder of its own. */
const folder = (): string => fs.mkdtempSync(join(home, 'f-'))
const modeOf = (path: string): string => (fs.statSync(path).mode & 0o777).toString(8)
const NO_MODES = process.platform === 'win32' && 'Windows has no modes'

/** Runs the command in this process on files that are real. */
async function real(...args: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  const err: string[] = []
  const host = thisHost()
  const silent = { ...host.output, isTerminal: false, write: async () => undefined }
  const errors = { ...silent, write: async (data: string | Uint8Array) => void err.push(String(data)) }
  return { code: await main(args, { ...host, output: silent, errors }), err: err.join('') }
}

test('a private key is for its owner alone, whatever the umask, and its public half is not', {
  skip: NO_MODES,
}, async () => {
  const before = process.umask(0)
  try {
    const at = folder()
    const [key, pub] = [join(at, 'key.jwk'), join(at, 'pub.jwk')]
    const { code, err } = await real('key', 'new', 'ES256', '--out', key, '--public-out', pub)
    assert.equal(code, 0, err)
    assert.deepEqual([modeOf(key), modeOf(pub)], ['600', '666'])
    process.umask(0o022)
    // One that everybody could read is replaced, and not written into.
    fs.chmodSync(key, 0o644)
    const opened = fs.openSync(key, 'r')
    assert.equal((await real('key', 'new', 'ES256', '--out', key, '--force')).code, 0)
    assert.equal(modeOf(key), '600')
    assert.notEqual(fs.readFileSync(opened, 'utf8'), fs.readFileSync(key, 'utf8'))
    fs.closeSync(opened)
    const pem = join(at, 'key.pem')
    assert.equal((await real('key', 'convert', `@${key}`, '--to', 'pem', '--out', pem)).code, 0)
    assert.equal(modeOf(pem), '600')
    assert.deepEqual(fs.readdirSync(at).sort(), ['key.jwk', 'key.pem', 'pub.jwk'])
  } finally {
    process.umask(before)
  }
})

test('both files are written or none: where one cannot be, nothing is left of the other', async () => {
  const at = folder()
  const [key, pub, there] = [join(at, 'key.jwk'), join(at, 'pub.jwk'), join(at, 'there')]
  fs.writeFileSync(there, 'precious')
  fs.mkdirSync(join(at, 'folder'))
  const links = process.platform !== 'win32'
  if (links) fs.symlinkSync(join(at, 'nowhere'), join(at, 'dangling'))
  const same = join(at, '.', 'folder', '..', 'key.jwk').replace('key.jwk', './key.jwk')
  for (const [out, open, told] of [
    [key, there, /there is there already/],
    [there, pub, /there is there already/],
    [key, join(at, 'no', 'pub.jwk'), /there is no such folder/],
    [join(at, 'no', 'key.jwk'), pub, /there is no such folder/],
    [key, join(at, 'folder'), /it is a folder|cannot write/],
    [key, key, /to be written twice/],
    [key, same, /to be written twice/],
    ...(links ? ([[join(at, 'dangling'), pub, /dangling is there already/]] as const) : []),
  ] as const) {
    const { code, err } = await real('key', 'new', 'ES256', '--out', out, '--public-out', open)
    assert.equal(code, 2, err)
    assert.match(err, told)
    assert.deepEqual(fs.readdirSync(at).sort(), [...(links ? ['dangling'] : []), 'folder', 'there'])
    assert.equal(fs.readFileSync(there, 'utf8'), 'precious')
  }
})

test('with --force the same file is not both halves', async () => {
  const at = folder()
  const key = join(at, 'key.jwk')
  fs.writeFileSync(key, 'precious')
  const { code } = await real('key', 'new', 'ES256', '--out', key, '--public-out', join(at, 'key.jwk'), '--force')
  assert.equal(code, 2)
  assert.equal(fs.readFileSync(key, 'utf8'), 'precious')
})

test('what fails after the files were opened leaves nothing behind', async () => {
  const at = folder()
  const args = [
    'key',
    'new',
    'ES256',
    '--out',
    join(at, 'key.jwk'),
    '--encrypt',
    '--passphrase',
    'env:NOT_SET_ANYWHERE',
  ]
  assert.equal((await real(...args)).code, 3)
  assert.deepEqual(fs.readdirSync(at), [])
})

test('Ctrl-C and an end from outside leave nothing behind', { skip: NO_MODES }, async () => {
  const at = folder()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Far more primes are tried than there is time for.
    const args = ['key', 'new', 'RS256', '--bits', '8192', '--out', 'key.jwk', '--public-out', 'pub.jwk']
    const watching = fs.watch(at)
    const child = spawn(process.execPath, [CLI, ...args], { cwd: at, env: { ...PROCESS_ENV }, stdio: 'ignore' })
    while (fs.readdirSync(at).length < 2) await once(watching, 'change')
    watching.close()
    for (const name of fs.readdirSync(at)) assert.match(name, /^\.(key|pub)\.jwk\..*\.part$/)
    assert.equal(modeOf(join(at, fs.readdirSync(at).find((name) => name.startsWith('.key')) ?? '')), '600')
    child.kill(signal)
    const [code, ended] = await once(child, 'exit')
    assert.ok(ended === signal || code === 130, `${code} ${ended}`)
    assert.deepEqual(fs.readdirSync(at), [])
  }
})

test('the file of a set keeps its mode and its links, and is another file afterwards', { skip: NO_MODES }, async () => {
  const at = folder()
  const [file, link, add] = [join(at, 'jwks.json'), join(at, 'link.json'), join(at, 'ec.jwk')]
  fs.writeFileSync(add, JSON.stringify(jwkFor('ES256')))
  fs.writeFileSync(file, JSON.stringify({ keys: [publicMembers(jwkFor('RS256'))] }))
  fs.symlinkSync('jwks.json', link)
  for (const mode of [0o600, 0o640, 0o664, 0o444]) {
    fs.chmodSync(file, mode)
    const before = fs.statSync(file).ino
    const { code, err } = await real('key', 'set', link, 'add', `@${add}`, '--kid', 'a')
    assert.equal(code, 0, err)
    assert.ok(fs.lstatSync(link).isSymbolicLink())
    assert.equal(modeOf(file), mode.toString(8))
    assert.notEqual(fs.statSync(file).ino, before)
    assert.equal((await real('key', 'set', file, 'remove', '--kid', 'a')).code, 0)
    assert.equal(modeOf(file), mode.toString(8))
  }
  assert.deepEqual(fs.readdirSync(at).sort(), ['ec.jwk', 'jwks.json', 'link.json'])
})

test('a set of private keys that is new is for its owner, and one that was stays so', { skip: NO_MODES }, async () => {
  const at = folder()
  const [file, add] = [join(at, 'jwks.json'), join(at, 'ec.jwk')]
  fs.writeFileSync(add, JSON.stringify(jwkFor('ES256')))
  assert.equal((await real('key', 'new', 'Ed25519', '--format', 'jwks', '--out', file)).code, 0)
  assert.equal(modeOf(file), '600')
  assert.equal((await real('key', 'set', file, 'add', `@${add}`)).code, 0)
  assert.equal(modeOf(file), '600')
  const { keys } = JSON.parse(fs.readFileSync(file, 'utf8')) as { keys: { d?: string }[] }
  assert.deepEqual(
    keys.map(({ d }) => d !== undefined),
    [true, false],
  )
})

test('a file that is no set is left as it is, to its last octet and its date', async () => {
  const at = folder()
  const file = join(at, 'key.jwk')
  fs.writeFileSync(file, '{"kty":"EC"}')
  fs.utimesSync(file, 1, 1)
  assert.equal((await real('key', 'set', file, 'add', JSON.stringify(publicMembers(jwkFor('ES256'))))).code, 3)
  assert.equal(fs.readFileSync(file, 'utf8'), '{"kty":"EC"}')
  assert.equal(fs.statSync(file).mtimeMs, 1000)
})

test('at a terminal a passphrase is asked for twice, and none of it shows', {
  skip: NO_TERMINAL ?? false,
}, async () => {
  const at = folder()
  const { shown } = await inTerminal(
    `countersign key new ES256 --encrypt --out key.jwk; echo "made=$?"
     countersign key new ES256 --encrypt --out other.jwk; echo "differs=$?"
     countersign key new ES256 --encrypt --out left.jwk; echo "left=$?"
     countersign key inspect @key.jwk; echo "opened=$?"`,
    [
      ['passphrase for the new key: ', 'open sesame\r'],
      ['the same again: ', 'open sesame\r'],
      ['passphrase for the new key: ', 'open sesame\r'],
      ['the same again: ', 'open barley\r'],
      ['passphrase for the new key: ', 'half\u0003'],
      ['passphrase of @key.jwk: ', 'open sesame\r'],
    ],
    { cwd: at },
  )
  for (const line of ['made=0', 'differs=3', 'left=130', 'opened=0']) assert.match(shown, new RegExp(line), shown)
  assert.doesNotMatch(shown, /sesame|barley|half/)
  assert.deepEqual(fs.readdirSync(at), ['key.jwk'])
})
