import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { JoseError } from 'countersign'
import { ADVICE, FOR_PROGRAMS } from '../../src/diagnosis/advice.ts'
import { tell } from '../../src/diagnosis/told.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** What the command calls, and so may hear from. */
const HEARD =
  /^(claims|header|header-members|json|bytes|alg\/|crypto\/|key\/|serialization\/|source\/|jws\/|jwe\/|profile\/)/

/** Keys that work elsewhere, which the command has none of; and what it says itself. */
const UNHEARD = ['key/remote.ts', 'alg/advice.ts']

const SOURCES = readdirSync(src, { recursive: true })
  .map((file) => String(file).replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && HEARD.test(file) && !UNHEARD.includes(file))
  .map((file) => [file, readFileSync(src + file, 'utf8')] as const)

/** Hints are the texts that begin like sentences, whatever they are called where they are written. */
const TEXT = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g
const SENTENCE = /^[A-Z]['\w#-]*,? .*[.:)]|^[A-Z][\w-]* .*: /s
const HINTS_THERE: readonly (readonly [file: string, hint: string])[] = SOURCES.flatMap(([file, text]) =>
  text
    .replaceAll(/\/\*\*.*?\*\/|^\s*\/\/.*?$/gms, '')
    .split('\n')
    .flatMap((line) => [...line.matchAll(TEXT)].map(([, a, b, c]) => a ?? b ?? c ?? ''))
    .filter((one) => SENTENCE.test(one))
    .map((hint) => [file, hint] as const),
)

test('no hint of the library reaches a terminal in the words of a program', () => {
  assert.ok(HINTS_THERE.length > 50, `${HINTS_THERE.length} hints were found`)
  for (const [file, hint] of HINTS_THERE) {
    const told = tell(new JoseError('CS_KEY_INVALID', 'x', { hint }))
    const words = told.hint.replaceAll(/\$\{[^}]*\}|Node\.js|WebCrypto|OpenSSL/g, '')
    assert.doesNotMatch(words, FOR_PROGRAMS, `${file}: ${hint}`)
    // Names as programs have them, calls, objects, and the octets of a standard.
    assert.doesNotMatch(words, /\b[a-z]+[A-Z]|\w\(|[{}]|\boctets\b/, `${file}: ${hint}`)
  }
})

test('of every row of advice the library has the hint', () => {
  const all = SOURCES.map(([, text]) => text).join('\n')
  for (const [beginning] of ADVICE)
    assert.ok(all.includes(beginning) || all.includes(beginning.replaceAll("'", "\\'")), beginning)
})

/** Of things that only a program has. */
const OF_OBJECTS = /^this is (?:a pair of keys|a Key already)/

/** What is stated, behind what makes an error of it. */
const FACT =
  /(?:\b(?:JoseError\(\s*[\w.']+,|invalid\(|failed\(|type\(|fault\('CS_\w+', [^,]+,)|\bwhy:)\s*(?:'([^'\n]+)'|"([^"\n]+)"|`([^`]+)`)/g

test('no fact that the library states reaches a terminal in the words of a program', () => {
  const facts = SOURCES.flatMap(([file, text]) =>
    [...text.matchAll(FACT)].map(([, a, b, c]) => [file, a ?? b ?? c ?? ''] as const),
  )
  assert.ok(facts.length > 150, `${facts.length} facts were found`)
  for (const [file, fact] of facts) {
    const { message } = tell(new JoseError('CS_KEY_TYPE', fact))
    const words = message.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}|WebCrypto|OpenSSL/g, '')
    if (!OF_OBJECTS.test(words))
      assert.doesNotMatch(words, /\b[a-z]+[A-Z]\w*\(?|\w\(|\boptions?\b|\bawait\b/, `${file}: ${message}`)
  }
})
