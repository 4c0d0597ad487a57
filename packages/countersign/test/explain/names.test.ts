import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JoseError } from 'countersign'
import { explain, rules } from 'countersign/lint'
import { ADVICE } from '../../src/alg/advice.ts'
import { claimRow, headerRow, meaningsOf, NAMES } from '../../src/explain/names.ts'
import { COMMAND_MEANINGS, MEANINGS } from '../../src/messages.ts'

async function refusalOf(word: string): Promise<JoseError> {
  try {
    await explain(word)
  } catch (error) {
    if (error instanceof JoseError) return error
    throw error
  }
  return assert.fail(`${word} was explained`)
}

for (const [word, meant] of [
  ['audd', /did you mean aud\?/],
  ['ES265', /did you mean ES256\?/],
  ['hs25', /did you mean HS256\?/],
  ['CS_AUDD', /did you mean CS_AUD\?/],
  ['csl03', /did you mean CSL003\?/],
  ['prefered_username', /did you mean preferred_username\?/],
  ['issuer', /did you mean iss or no-issuer\?/],
  ['expires', /did you mean exp\b/],
  ['algorithm', /did you mean alg\?/],
  ['token', /did you mean token_introspection, token-introspection\+jwt or token_use\?/],
] as const) {
  test(`${word} is refused, with the name that may be meant`, async () => {
    const { code, message } = await refusalOf(word)
    assert.equal(code, 'CS_MALFORMED')
    assert.match(message, meant)
  })
}

test('a word that is not known is not repeated: it may be a secret', async () => {
  for (const word of ['hunter2hunter2', 'Xyzzy-4711', 'a.b', '__proto__', 'constructor', '*', '1234']) {
    const { code, message, hint } = await refusalOf(word)
    assert.equal(code, 'CS_MALFORMED')
    assert.ok(!`${message} ${hint}`.includes(word), word)
  }
})

for (const [word, ...kinds] of [
  ['aud', 'claim', 'header'],
  ['AUD', 'claim', 'header'],
  [' exp ', 'claim', 'jwk'],
  ['kid', 'header', 'jwk', 'confirmation'],
  ['alg', 'header', 'jwk'],
  ['iss', 'claim', 'header'],
  ['jwk', 'header', 'confirmation'],
  ['x5c', 'header', 'jwk'],
  ['x5t#s256', 'header', 'jwk', 'confirmation'],
  ['crit', 'header', 'claim'],
  ['jwt', 'type', 'header'],
  ['at+jwt', 'type'],
  ['application/at+JWT', 'type'],
  ['dpop+jwt', 'type'],
  ['jkt', 'confirmation'],
  ['...', 'claim'],
  ['tid', 'claim'],
  ['es256', 'algorithm'],
  ['A256GCM', 'algorithm'],
  ['none', 'algorithm'],
  ['RSA1_5', 'algorithm'],
  ['cs_aud', 'error'],
  ['expired', 'error'],
  ['CS_NOTE_FOUND', 'note'],
  ['CS_USAGE', 'error'],
  ['csl003', 'rule'],
  ['key-by-url', 'rule'],
] as const) {
  test(`${word} is ${kinds.join(', and ')}`, async () => {
    const found = await explain(word)
    assert.deepEqual(
      found.map(({ kind }) => kind),
      kinds,
    )
  })
}

test('every name is explained, in whole sentences, with what there is to read', () => {
  for (const name of NAMES) {
    const found = meaningsOf(name)
    assert.ok(found.length > 0, name)
    for (const { kind, name: own, title, text, purpose = 'It.', watch, spec, source } of found) {
      assert.ok(title.startsWith(own), title)
      assert.ok(text.length > 0, name)
      // What to do about an error may be a command to copy, which no full stop follows.
      for (const sentence of [...text, purpose, ...(kind === 'error' ? [] : watch)])
        assert.match(sentence, /^["A-Za-z].*[.)}]$/s, name)
      if (kind !== 'note' && kind !== 'error' && source !== undefined) assert.ok(spec.length > 0, name)
      for (const one of spec) assert.match(one, /^\S+.*\S$/, name)
    }
  }
})

test('every algorithm, every code and every rule is a name', () => {
  const names = new Set(NAMES)
  for (const name of [...ADVICE.keys(), ...Object.keys(MEANINGS), ...Object.keys(COMMAND_MEANINGS)])
    assert.ok(names.has(name), name)
  for (const { id, name } of rules) assert.ok(names.has(id) && names.has(name), id)
})

test('an algorithm says what key it takes, and what to think of it', () => {
  for (const [name, text] of [
    ['HS256', /takes a secret \(kty oct\) of 32 bytes or more.*Acceptable: /s],
    ['ES256', /ECDSA signature with SHA-256.*takes a key on P-256 \(kty EC\).*Recommended: /s],
    ['RS256', /takes an RSA key of 2048 bits or more/],
    ['A256KW', /AES Key Wrap.*takes a shared key \(kty oct\) of 32 bytes/s],
    ['A128CBC-HS256', /AES-CBC with an HMAC.*of 32 bytes/s],
    ['dir', /of 16, 24, 32, 48 or 64 bytes/],
    ['PBES2-HS256+A128KW', /takes a password/],
    ['ML-DSA-44', /kty AKP/],
    ['none', /^Left out on purpose: nobody signs it/],
    ['RSA1_5', /^Left out on purpose: /],
  ] as const)
    assert.match(meaningsOf(name)[0]?.text.join('\n') ?? '', text, name)
})

test('a claim and a member of a header can be looked up at once', () => {
  assert.equal(claimRow('aud')?.meaning, 'who the token is meant for')
  assert.equal(claimRow('tid')?.spec, 'Microsoft Entra ID')
  assert.equal(claimRow('__proto__'), undefined)
  assert.equal(headerRow('kid')?.spec, 'RFC 7515 §4.1.4')
})

test('what no document defines says who writes it', () => {
  const [tid] = meaningsOf('tid')
  assert.deepEqual([tid?.spec, tid?.text.at(-1)], [[], 'Microsoft Entra ID writes it.'])
})
