import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OLD_KEY, sealed, token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const PUB = ['--key', '@pub.jwk', '--lines']

const verify = (args: readonly string[], input: string, world: World = {}): Promise<Ran> =>
  command(['verify', ...args], worldOf({ input, ...world }))
const documents = ({ out }: Ran): readonly Readonly<Record<string, unknown>>[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const [GOOD, OLD, FORGED] = [token(), token({ exp: NOW - 60 }), token({}, {}, OLD_KEY)]

test('nothing to verify is an error, and at a terminal nobody is kept waiting', async () => {
  for (const input of ['', '\n \n']) {
    const { code, out, err } = await verify(['-', ...PUB], input)
    assert.deepEqual([code, out], [3, ''])
    assert.match(err, /no line of the input has a token/)
  }
  const { code, err } = await command(['verify', ...PUB], worldOf())
  assert.equal(code, 2)
  assert.match(err, /verify --lines needs tokens/)
  assert.equal((await command(['verify', GOOD, ...PUB], worldOf())).code, 2)
})

test('keys that cannot be had end it before the first line', async () => {
  const { code, out } = await verify(['-', '--lines', '--jwks', 'https://down.example.com/jwks'], `${GOOD}\n`)
  assert.deepEqual([code, out], [7, ''])
})

test('it exits with the code of the first token that was refused', async () => {
  const exit = async (...lines: string[]): Promise<number> => (await verify(['-', ...PUB], lines.join('\n'))).code
  assert.equal(await exit(GOOD, GOOD), 0)
  assert.equal(await exit(GOOD, OLD, FORGED, 'x'), 5)
  assert.equal(await exit(FORGED, OLD), 4)
  assert.equal(await exit('x', FORGED), 3)
  assert.equal(await exit(await sealed('{}'), GOOD), 6)
})

test('each token has its line, and those that were refused are told once', async () => {
  const ran = await verify(['-', ...PUB], [GOOD, '', OLD, FORGED, 'rubbish', GOOD].join('\n'))
  const [first, third, fourth, fifth, last, end] = ran.out.split('\n')
  assert.equal(first, 'line 1: accepted')
  assert.match(third ?? '', /^line 3: rejected {2}CS_EXPIRED: token expired 1m ago: exp /)
  assert.match(fourth ?? '', /^line 4: rejected {2}CS_SIGNATURE: signature does not match: /)
  assert.match(fifth ?? '', /^line 5: not judged {2}CS_MALFORMED: not a token: /)
  assert.deepEqual([last, end], ['line 6: accepted', ''])
  assert.equal(ran.err, 'note[CS_NOTE_COUNT]: 2 accepted, 2 rejected, 1 not judged.\n')
})

test('as JSON: one document a line, with its number', async () => {
  const ran = await verify(['-', ...PUB, '--json'], [GOOD, OLD, 'rubbish'].join('\r\n'))
  assert.deepEqual(
    documents(ran).map(({ line, ok, verdict }) => [line, ok, verdict]),
    [
      [1, true, 'accepted'],
      [2, false, 'rejected'],
      [3, false, undefined],
    ],
  )
  assert.equal(ran.err, '')
})

test('a note says which line it is about', async () => {
  const lenient = token({ exp: NOW - 5 })
  const people = await verify(['-', ...PUB], `${GOOD}\nBearer ${lenient}\n`)
  assert.match(people.err, /^note\[CS_NOTE_BEARER\]: line 2: removed "Bearer " before the token\.$/m)
  assert.match(people.err, /^note\[CS_NOTE_ACCEPTED\]: line 2: token expired 5s ago; only the leeway/m)
  const [, second = {}] = documents(await verify(['-', ...PUB, '--json'], `${GOOD}\nBearer ${lenient}\n`))
  const notes = second['notes'] as readonly { readonly code: string }[]
  assert.deepEqual(
    notes.map(({ code }) => code),
    ['CS_NOTE_BEARER', 'CS_NOTE_ACCEPTED'],
  )
  assert.doesNotMatch(JSON.stringify(second), /line 2/)
})

test('a near miss is told of each line, and changes no verdict', async () => {
  const [header, payload, signature] = GOOD.split('.')
  const ran = await verify(['-', ...PUB], `${header}.${payload}.${signature}AAAA\n${GOOD}\n`)
  assert.equal(ran.code, 4)
  assert.match(
    ran.out,
    /^line 1: rejected {2}CS_SIGNATURE: .*It DOES match without its last 4 characters\.\nline 2: accepted\n$/,
  )
})

test('what it prints for many may go to a file', async () => {
  const ran = await verify(['-', ...PUB, '--out', 'report.txt'], `${GOOD}\n${OLD}\n`)
  assert.deepEqual([ran.code, ran.out], [5, ''])
  assert.match(String(ran.written.get('report.txt')?.data), /^line 1: accepted\nline 2: rejected /)
})

test('somebody who watches sees how far it has come', async () => {
  let now = NOW
  const ran = await verify(['-', ...PUB], `${GOOD}\n`.repeat(20), { terminal: 'errors', now: () => (now += 0.2) })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a line is written anew
  assert.match(ran.err, /\r\u001b\[Kverified \d+, 0 of them refused/)
})
