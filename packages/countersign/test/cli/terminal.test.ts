import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSigner, exportJwk, importKey, secretKey } from 'countersign/sync'
import { valuesIn } from './support/shell.ts'
import { inTerminal, NO_TERMINAL } from './support/terminal.ts'

const SECRET = 'correct horse battery staple correct'
const PASSPHRASE = 'open sesame'
const CLAIMS = { sub: 'ada' }
const home = mkdtempSync(join(tmpdir(), 'countersign-terminal-'))
after(() => rmSync(home, { recursive: true }))

const token = createSigner({ key: secretKey({ text: SECRET }, 'HS256'), expiresIn: '1h' }).sign(CLAIMS)
const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE },
})
const key = importKey(privateKey, { passphrase: PASSPHRASE })
const signed = createSigner({ key, expiresIn: '1h' }).sign(CLAIMS)
writeFileSync(join(home, 'token.txt'), token)
writeFileSync(join(home, 'signed.txt'), signed)
writeFileSync(join(home, 'key.pem'), privateKey)
writeFileSync(join(home, 'key.jwk'), JSON.stringify(exportJwk(key)))

describe('at a terminal', { skip: NO_TERMINAL ?? false, concurrency: true }, () => {
  test('Ctrl-C and Ctrl-D at a question end with 130, and the terminal shows again what is typed', async () => {
    const { shown } = await inTerminal(
      `countersign verify @token.txt --secret prompt:; echo "interrupted=$?"
       countersign verify @token.txt --secret prompt:; echo "left=$?"
       stty -a`,
      [
        ['secret: ', 'half a sec\u0003'],
        ['secret: ', '\u0004'],
      ],
      { cwd: home },
    )
    assert.deepEqual(valuesIn(shown), { interrupted: '130', left: '130' })
    assert.match(shown, /error\[CS_CANCELLED\]\S*: the question was interrupted\./)
    assert.match(shown, /error\[CS_CANCELLED\]\S*: there was no answer\./)
    assert.doesNotMatch(shown, /half/)
    for (const setting of ['echo', 'icanon', 'isig']) {
      assert.match(shown, new RegExp(`\\s${setting}\\s`))
      assert.doesNotMatch(shown, new RegExp(`-${setting}\\s`))
    }
  })

  test('nothing is asked with --no-input, nor where the input or the errors are elsewhere', async () => {
    const { shown } = await inTerminal(
      `countersign verify @token.txt --secret prompt: --no-input; echo "forbidden=$?"
       countersign verify @token.txt --secret prompt: </dev/null; echo "input=$?"
       countersign verify @token.txt --secret prompt: 2>errors.txt; echo "errors=$?"
       countersign verify @signed.txt --key @key.pem --no-input; echo "passphrase=$?"`,
      [],
      { cwd: home },
    )
    assert.deepEqual(valuesIn(shown), { forbidden: '2', input: '2', errors: '2', passphrase: '2' })
    assert.doesNotMatch(shown, /secret: |passphrase of/)
  })

  test('nothing waits for an input that nobody knows of', async () => {
    const { shown } = await inTerminal(
      `countersign; echo "alone=$?"
       countersign decode; echo "decode=$?"
       countersign verify --key @key.jwk; echo "verify=$?"
       countersign decode --lines; echo "lines=$?"`,
      [],
      { cwd: home },
    )
    const { alone, ...others } = valuesIn(shown)
    assert.equal(alone, '0')
    assert.match(shown, /decode/)
    assert.deepEqual(others, { decode: '2', verify: '2', lines: '2' })
  })

  test('a question hides what is typed, and takes it', async () => {
    const { shown } = await inTerminal(
      `countersign verify @token.txt --secret prompt:; echo "secret=$?"
       countersign verify @signed.txt --key @key.pem; echo "passphrase=$?"`,
      [
        ['secret: ', `wrong\u0015x\u007f${SECRET}\r`],
        ['passphrase of @key.pem: ', `${PASSPHRASE}\r`],
      ],
      { cwd: home },
    )
    assert.deepEqual(valuesIn(shown), { secret: '0', passphrase: '0' })
    for (const hidden of [SECRET, PASSPHRASE, 'wrong', 'horse', 'sesame']) assert.ok(!shown.includes(hidden))
  })

  test('what is asked for comes after what was typed in before, and before what is typed in after', async () => {
    const { shown } = await inTerminal(
      `countersign verify - --secret prompt:; echo "before=$?"
       countersign sign - --key @key.pem | cat >signed-here.txt
       countersign verify @signed-here.txt --key @key.jwk --sub bob; echo "after=$?"`,
      [
        ['Ctrl-D', `${token}\n\u0004`],
        ['secret: ', `${SECRET}\r`],
        ['passphrase of @key.pem: ', `${PASSPHRASE}\r`],
        ['Ctrl-D', '{"sub":"bob","exp":4102444800}\n\u0004'],
      ],
      { cwd: home },
    )
    assert.deepEqual(valuesIn(shown), { before: '0', after: '0' })
  })

  test('what was typed ahead answers the next question, and keys without letters are none', async () => {
    const ask = fileURLToPath(new URL('../../src/cli/host/ask.ts', import.meta.url))
    const { shown } = await inTerminal(
      `"$NODE" --input-type=module -e 'const { askSecret } = await import(process.env.ASK)
       console.log("answers=" + JSON.stringify([await askSecret("one: "), await askSecret("two: ")]))'`,
      [['one: ', 'a\u001b[D\u001b[200~b\u001bOP\u007f\ud83d\ude00\u007fc\rä second\r']],
      { env: { ASK: ask } },
    )
    assert.deepEqual(valuesIn(shown), { answers: '["ac","ä second"]' })
  })

  test('each stream has colour where it is a terminal itself', async () => {
    const { shown } = await inTerminal(
      `countersign decode "Bearer $T" >out.txt; echo "errors=done"
       echo ---
       countersign decode "Bearer $T" 2>err.txt
       echo ---
       TERM=dumb countersign decode "Bearer $T"
       NO_COLOR=1 countersign decode "Bearer $T"
       countersign decode "Bearer $T" --color never`,
      [],
      { cwd: home, env: { T: token } },
    )
    const [errors = '', output = '', plain = ''] = shown.split('---\n')
    assert.ok(errors.startsWith('\u001b[33mnote[CS_NOTE_BEARER]\u001b[0m: '))
    assert.ok(!readFileSync(join(home, 'out.txt'), 'utf8').includes('\u001b'))
    assert.ok(output.includes('\u001b[36m"alg"\u001b[0m'))
    assert.match(readFileSync(join(home, 'err.txt'), 'utf8'), /^note\[CS_NOTE_BEARER\]: /)
    assert.ok(plain.includes('"alg"') && plain.includes('note[') && !plain.includes('\u001b'))
  })

  test('Ctrl-C ends what waits for more lines: the shell sees 130, and no half of a file is left', async () => {
    const { shown } = await inTerminal(
      `trap : INT
       mkdir lines; mkfifo pipe; exec 9<>pipe; cat token.txt >&9; echo >&9
       countersign decode --lines - <&9; printf '\\nshown=%s\\n' $?
       cat token.txt >&9; echo >&9; echo x >&9
       countersign decode --lines @pipe -o lines/out.txt; printf '\\nwritten=%s\\n' $?
       echo "files=$(ls -A lines)"`,
      [
        ['sub "ada"', '\u0003'],
        ['line 2', '\u0003'],
      ],
      { cwd: home },
    )
    assert.deepEqual(valuesIn(shown), { shown: '130', written: '130', files: '' })
  })
})
