// The whole story, told by the programs themselves: each is a process of its own, as it would be between two parties.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'signed-file-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const program = (name: string): string => join(import.meta.dirname, name)
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true })
  writeFileSync(join(folder, file), text)
}

let steps = 0
const tell = (sentence: string): void => console.log(`\n${`${++steps}.`.padEnd(4)}${sentence}`)

const print = (text: string): void => console.log(text.trimEnd().replaceAll(/^/gm, '      '))

/** Runs one of the programs and shows what it prints. @throws where the story goes another way than it is told */
async function show(command: string, refusal?: string): Promise<void> {
  const [name = '', ...args] = command.split(' ')
  console.log(`    $ node src/${command}`)
  const { failed, printed } = await new Promise<{ failed: boolean; printed: string }>((resolve) => {
    execFile(process.execPath, [program(name), ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, printed: stdout + stderr }),
    )
  })
  print(printed)
  if (refusal === undefined ? failed : !(failed && printed.includes(refusal)))
    throw new Error(`this should have ${refusal === undefined ? 'gone well' : `been refused with ${refusal}`}`)
}

/** Has a key published by a process of its own, which ends with this one at the latest. */
async function publish(pem: string): Promise<{ url: string; stop(): Promise<void> }> {
  console.log(`    $ node src/keys.ts publish ${pem}`)
  const server = spawn(process.execPath, [program('keys.ts'), 'publish', pem, '--port', '0'], { cwd: folder })
  process.once('exit', () => server.kill())
  const [printed] = (await once(server.stdout, 'data')) as [Buffer]
  print(String(printed))
  const url = /http:\S+/.exec(String(printed))?.[0] ?? ''
  const stop = async (): Promise<void> => {
    server.kill()
    await once(server, 'exit')
  }
  return { url, stop }
}

const CONTRACT = 'Alice sells her bicycle to Bob for 100 euros.\n'
write('contract.txt', CONTRACT)

console.log('Alice sends Bob a contract that she has signed. Mallory would like it to say something else.')

tell('Alice makes a key. It goes into a file that only she can read.')
await show('keys.ts new alice.pem')

tell('She publishes the public half of it, so that everybody can check what she signs.')
const alice = await publish('alice.pem')

tell('She signs the contract. The file stays as it is; the signature stands in a file beside it.')
await show('sign.ts contract.txt --key alice.pem')
const jws = read('contract.txt.jws')
const header = Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()
console.log('    Its header can be read by everyone, and changed by nobody:')
print(header)

const verify = (file: string, signature = 'contract.txt.jws'): string =>
  `verify.ts ${file} ${signature} --jwks ${alice.url}`

tell('Bob has both files, and knows where Alice publishes her keys.')
await show(verify('contract.txt'))

tell('Mallory changes one byte: the bicycle now costs 900 euros.')
write('changed/contract.txt', CONTRACT.replace('100', '900'))
await show(verify('changed/contract.txt'), 'CS_SIGNATURE')

tell('She puts another document in its place, under the same name.')
write('mallory/contract.txt', 'Alice gives her bicycle to Mallory.\n')
await show(verify('mallory/contract.txt'), 'CS_SIGNATURE')

tell('She signs her document herself, but her key is not among those that Alice publishes.')
await show('keys.ts new mallory.pem')
await show('sign.ts mallory/contract.txt --key mallory.pem')
await show(verify('mallory/contract.txt', 'mallory/contract.txt.jws'), 'CS_NO_KEY')

tell("She says that her key is Alice's. A header can name any key, but the signature is not made with it.")
write('again/contract.txt', read('mallory/contract.txt'))
const { kid } = JSON.parse(header) as { kid: string }
await show(`sign.ts again/contract.txt --key mallory.pem --kid=${kid}`)
await show(verify('again/contract.txt', 'again/contract.txt.jws'), 'CS_SIGNATURE')

tell('A part of the signature is lost on the way.')
write('cut.jws', jws.trim().slice(0, -22))
await show(verify('contract.txt', 'cut.jws'), 'CS_SIGNATURE')

tell('The contract is passed off as something else: not a byte is changed, but the header names the file.')
write('last-will.txt', CONTRACT)
await show(verify('last-will.txt'), 'OTHER_NAME')

tell('The server of Alice is down. That is no refusal: Bob does not know, and is told so.')
await alice.stop()
await show(verify('contract.txt'), 'CS_JWKS_FETCH')

console.log('\nOf all these, Bob accepted the one that Alice signed.')
