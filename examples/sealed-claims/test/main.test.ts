import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { generateKey } from 'countersign'
import { createClinic } from '../src/clinic.ts'
import { SIGNATURE } from '../src/format.ts'
import { createPharmacy } from '../src/pharmacy.ts'
import { PHARMACY, post, serverOf } from './support.ts'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const now = (): number => Math.floor(Date.now() / 1000)

/** Runs a program to its end. */
async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, args, { cwd: FOLDER })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

/** Starts one party as a process of its own, which the end of the test ends. @returns its origin */
async function start(t: TestContext, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['src/main.ts', ...args, '--port', '0'], { cwd: FOLDER })
  t.after(async () => {
    child.kill()
    await once(child, 'exit')
  })
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  return /http:\/\/127\.0\.0\.1:\d+/.exec(String(printed))?.[0] ?? ''
}

test('what is no right command is a usage error', async () => {
  const misused = [
    [],
    ['clinic', 'pharmacy'],
    ['hospital'],
    ['clinic', '--port', '70000'],
    ['clinic', '--prot', '4001'],
    ['clinic', '--pharmacy', 'http://pharmacy.example', '--port', '0'],
    ['pharmacy', '--clinic', 'the clinic', '--port', '0'],
  ]
  await Promise.all(
    misused.map(async (args) => {
      const { code, stdout, stderr } = await run('src/main.ts', ...args)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
      assert.match(stderr, /^[^\n]+\nusage: node src\/main\.ts clinic /, args.join(' '))
    }),
  )
})

test('a port that is taken is named', async (t) => {
  const { origin } = await serverOf(t)
  const { code, stderr } = await run('src/main.ts', 'clinic', '--port', new URL(origin).port)
  assert.equal(code, 1)
  assert.match(stderr, /^.+ EADDRINUSE: .+\n$/)
})

test('a clinic in a process of its own writes what the pharmacy here dispenses', async (t) => {
  const pharmacy = await serverOf(t)
  const clinic = await start(t, 'clinic', '--pharmacy', pharmacy.origin)
  pharmacy.serve(createPharmacy({ name: PHARMACY, clinic, now }))
  const { text: token } = await post(`${clinic}/prescriptions?patient=alice&pharmacy=${PHARMACY}`)
  assert.equal((await post(`${pharmacy.origin}/dispense`, token)).json['dispensed'], 'metformin 500 mg')
})

test('a pharmacy in a process of its own dispenses what the clinic here writes', async (t) => {
  const clinic = await serverOf(t)
  const pharmacy = await start(t, 'pharmacy', '--clinic', clinic.origin)
  const pharmacies = new Map([[PHARMACY, pharmacy]])
  const [{ origin }, key] = [clinic, await generateKey(SIGNATURE)]
  clinic.serve(createClinic({ origin, key, pharmacies, now }))
  const { text: token } = await post(`${origin}/prescriptions?patient=bob&pharmacy=${PHARMACY}`)
  assert.equal((await post(`${pharmacy}/dispense`, token)).json['dispensed'], 'sertraline 50 mg')
})

test('the demonstration tells the whole story, and the README tells no other', async () => {
  const { code, stdout: story, stderr } = await run('src/demo.ts')
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const answers = [...story.matchAll(/^ {6}(\d{3}) +(CS_\w+)?/gm)].map(([, status, reason]) => reason ?? status)
  const refused = ['CS_NESTED', 'CS_NO_KEY', '201', 'CS_MALFORMED', 'CS_AUD', 'CS_DECRYPTION', 'CS_EXPIRED']
  assert.deepEqual(answers, ['201', '200', ...refused, '201', '200', '201', '200'])
  const kids = [...story.matchAll(/opened with the key (\S+)$/gm)].map(([, kid]) => kid)
  assert.ok(kids[0] === kids[1] && kids[1] !== kids[2], 'the key changed between the last two')
  assert.doesNotMatch(story, /E11\.9/)

  const [, excerpt = ''] = /^```text\n(.+?)^```/ms.exec(README) ?? []
  const lines = excerpt.split('\n').filter((line) => line !== '…')
  for (const line of lines) assert.ok(story.includes(line), `the README has another line: ${line}`)
  assert.ok(lines.length > 5)
  const codes = [...README.matchAll(/^\|.+\| `(CS_\w+)` +\|$/gm)].map(([, name]) => name)
  assert.deepEqual(codes.sort(), refused.filter((name) => name !== '201').sort())
})

test('the commands of the README name the ports and the paths that there are', async () => {
  const commands = [...README.matchAll(/^(?:npx|curl) .+$/gm)].map(([command]) => command)
  assert.deepEqual(commands, [
    'npx node src/main.ts clinic',
    'npx node src/main.ts pharmacy',
    `curl -s -X POST 'http://127.0.0.1:4001/prescriptions?patient=alice&pharmacy=${PHARMACY}' > token.txt`,
    'curl -s --data-binary @token.txt http://127.0.0.1:4002/dispense',
  ])
  const { stderr } = await run('src/main.ts')
  assert.match(stderr, /clinic \[--port 4001\].+\n.+pharmacy \[--port 4002\]/)
})
