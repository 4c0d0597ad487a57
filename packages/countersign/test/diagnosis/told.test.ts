import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, JoseError } from 'countersign'
import { PLAINLY } from '../../src/diagnosis/advice.ts'
import { CommandError, tell, toTold } from '../../src/diagnosis/told.ts'
import { HINTS, REMEDIES } from '../../src/messages.ts'

const CODES = Object.keys(HINTS) as ErrorCode[]

test('of every fact that is put plainly the library has the words', () => {
  for (const [message, plain] of [
    [
      'the header has 9000 octets, 8192 are allowed (limit headerBytes)',
      'the header has 9000 octets, 8192 are allowed.',
    ],
    ['this is a JWK Set and not one key: use keySet', 'this is a JWK Set and not one key.'],
    ['a secret has no PEM form: use exportJwk', 'a secret has no PEM form.'],
    ['a private key is not for verifying: give await publicKey(key)', 'a private key is not for verifying.'],
    ['a public key cannot sign: give the private one', 'a public key cannot sign.'],
    ['the key says alg "a", the options say "b"', 'the key says alg "a", and "b" was asked for.'],
  ] as const)
    assert.equal(tell(new JoseError('CS_KEY_TYPE', message)).message, plain)
  assert.equal(PLAINLY.length, 6)
})

test('a hint for all of a code gives way to the remedy of the command', () => {
  for (const code of CODES) {
    const { hint, exit } = tell(new JoseError(code, 'x'))
    const { fix, spec } = REMEDIES[code]
    assert.equal(hint, spec === undefined ? fix : `${fix} (${spec})`)
    assert.ok(exit > 1)
  }
})

test('a hint of its own that is for people stands as it is', () => {
  const hint = 'Convert it: openssl x509 -in old.pem -out new.pem'
  assert.equal(tell(new JoseError('CS_UNSUPPORTED', 'x', { hint })).hint, hint.replace('C', 'c'))
  assert.equal(tell(new JoseError('CS_UNSUPPORTED', 'x', { hint: 'RSA keys alone.' })).hint, 'RSA keys alone.')
})

const NASTY = 'a\u001b[2Jb\u0007\u009b31m\u202e\u200b\r\nc'

test('nothing that a terminal acts upon, or that hides, is left in a message or a hint', () => {
  const header = { alg: NASTY, kid: NASTY, enc: NASTY }
  const given = { name: NASTY, as: 'set', keys: [] } as const
  const issue = { path: 'aud', actual: NASTY, expected: NASTY, hint: '' }
  const all = CODES.flatMap((code) => {
    const error = new JoseError(code, NASTY, { hint: NASTY, issues: [{ code, ...issue }] })
    return [tell(error), tell(error, { header, given, iss: NASTY }), toTold(code, NASTY, { hint: NASTY, spec: NASTY })]
  })
  const own = new CommandError('CS_INPUT', NASTY, { hint: NASTY }).told
  for (const { code, message, hint } of [...all, own])
    for (const text of [message, hint]) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u, code)
})

test('what is long is cut', () => {
  const header = { alg: 'A'.repeat(5000), kid: 'k'.repeat(5000) }
  const given = { name: '@jwks.json', as: 'set', keys: [] } as const
  for (const code of ['CS_NO_KEY', 'CS_ALG', 'CS_SIGNATURE', 'CS_ENCRYPTED'] as const) {
    const error = new JoseError(code, 'alg is not allowed here')
    const { message, hint } = tell(error, {
      header: { ...header, enc: 'e'.repeat(5000) },
      given,
      iss: 'i'.repeat(5000),
    })
    assert.ok(message.length < 600 && hint.length < 600, `${code}: ${message.length} ${hint.length}`)
  }
})

test('what is unavailable ends as what the network failed at: nothing was judged', () => {
  assert.equal(tell(new JoseError('CS_NO_KEY', 'x', { unavailable: true })).exit, 7)
  assert.equal(tell(new JoseError('CS_NO_KEY', 'x')).exit, 6)
})
