import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Key, keySet, publicKey, remoteKey, secretKey } from 'countersign'
import { decryptJwe, encryptJwe, type GeneralJwe, type JwePart } from 'countersign/jwe'
import { fails } from '../support/forge.ts'
import { jwkFor } from '../support/keys.ts'
import { CONTENT, choiceOf, headerOf, isDirect, OCTETS, pairOf, ROWS } from './keys.ts'

const alice = importKey(jwkFor('ES256'), { alg: 'ECDH-ES+A128KW', kid: 'alice' })
const bob = importKey(jwkFor('RS256'), { alg: 'RSA-OAEP-256', kid: 'bob' })
const carol = secretKey(OCTETS, 'A256GCMKW', { kid: 'carol' })
const mallory = importKey(jwkFor('ES256', 1), { alg: 'ECDH-ES+A128KW', kid: 'mallory' })
const TO_ALL = { recipients: [{ key: await publicKey(alice) }, { key: await publicKey(bob) }, { key: carol }] }
const toAll = await encryptJwe('to all of you', TO_ALL)
const [forAlice, forBob, forCarol] = toAll.recipients as [JwePart, JwePart, JwePart]
const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

/** The recipients of a JWE replaced, which no tag minds. */
const between = (...recipients: readonly unknown[]): GeneralJwe => ({ ...toAll, recipients: recipients as JwePart[] })

test('a JWE to several recipients opens for none who is not among them (RFC 7516 §5.2)', async () => {
  await fails(() => decryptJwe(toAll, { keys: mallory }), 'CS_DECRYPTION')
  await fails(() => decryptJwe(toAll, { keys: keySet({ keys: [mallory] }) }), 'CS_DECRYPTION')
  await fails(() => decryptJwe(toAll, { keys: secretKey(OCTETS, 'A256KW') }), 'CS_DECRYPTION')
  await fails(() => decryptJwe(between(forBob, forCarol), { keys: alice }), 'CS_DECRYPTION')
})

test('a JWE to several recipients tells nothing of why it opened for none (RFC 7516 §11.5)', async () => {
  const { header = {}, encrypted_key = '' } = forAlice
  const faults: readonly unknown[] = [
    { header: { ...header, alg: 'RSA1_5' }, encrypted_key },
    { header: { ...header, alg: 'XYZ' }, encrypted_key },
    { header: { ...header, alg: 'dir' }, encrypted_key },
    { header: { ...header, alg: 'ECDH-ES' } },
    { header: { ...header, epk: {} }, encrypted_key },
    { header, encrypted_key: `${encrypted_key.slice(0, -4)}AAAA` },
    { header, encrypted_key: 'AAAA' },
    { header },
  ]
  const told = new Set<string>()
  for (const fault of faults) {
    const { message, hint } = await fails(() => decryptJwe(between(forBob, fault), { keys: alice }), 'CS_DECRYPTION')
    told.add(message + hint)
  }
  assert.equal(told.size, 1)
})

test('what is wrong with one recipient does not hide the next (RFC 7516 §5.2)', async () => {
  const { header, encrypted_key = '' } = forAlice
  const broken: readonly unknown[] = [
    { header: { alg: 'RSA1_5' }, encrypted_key },
    { header: { alg: 'dir' } },
    { header: { alg: 'ECDH-ES', epk: header?.['epk'] } },
    { header: { ...header, epk: null }, encrypted_key },
    { header, encrypted_key: `AAAA${encrypted_key.slice(4)}` },
    { header },
    { header: { ...header, kid: 'nobody' }, encrypted_key },
  ]
  for (const keys of [alice, keySet({ keys: [alice, bob] }), () => [alice, bob]]) {
    for (const one of broken) {
      for (const recipients of [
        [one, forAlice],
        [forBob, one, forAlice],
        [forAlice, one],
      ])
        assert.equal(text((await decryptJwe(between(...recipients), { keys })).plaintext), 'to all of you')
    }
  }
})

test('what is no recipient, and headers that do not go together, refuse the whole JWE (RFC 7516 §7.2.1)', async () => {
  const { header, encrypted_key } = forBob
  for (const [fault, code] of [
    [null, 'CS_MALFORMED'],
    [{ header: 'x', encrypted_key }, 'CS_MALFORMED'],
    [{ header, encrypted_key: 7 }, 'CS_MALFORMED'],
    [{ header, encrypted_key: '' }, 'CS_MALFORMED'],
    [{ header, encrypted_key: 'a=' }, 'CS_BASE64'],
    [{ header: { ...header, enc: 'A256GCM' }, encrypted_key }, 'CS_HEADER'],
    [{ header: { kid: 'x' }, encrypted_key }, 'CS_HEADER'],
    [{ header: { ...header, crit: ['x'], x: 1 }, encrypted_key }, 'CS_CRIT'],
    [{ header: { ...header, zip: 'DEF' }, encrypted_key }, 'CS_HEADER'],
    [{ encrypted_key }, 'CS_HEADER'],
  ] as const)
    await fails(() => decryptJwe(between(forAlice, fault), { keys: alice }), code)
})

test('enc is one for all recipients, also where it stands in the open (RFC 7516 §7.2.1)', async () => {
  const jwe = await encryptJwe('x', {
    recipients: TO_ALL.recipients,
    unprotected: { enc: 'A128GCM' },
    allowUnprotectedAlg: true,
  })
  const allowed = { keys: alice, allowUnprotectedAlg: true }
  assert.equal((await decryptJwe(jwe, allowed)).header.enc, 'A128GCM')
  const { unprotected: _, ...rest } = jwe
  const each = (...encs: readonly string[]): GeneralJwe => ({
    ...rest,
    recipients: jwe.recipients.map((part, index) => ({ ...part, header: { ...part.header, enc: encs[index] } })),
  })
  assert.equal((await decryptJwe(each('A128GCM', 'A128GCM', 'A128GCM'), allowed)).header.enc, 'A128GCM')
  await fails(() => decryptJwe(each('A128GCM', 'A256GCM', 'A128GCM'), allowed), 'CS_HEADER')
  await fails(() => decryptJwe(each('A128GCM', 'A128GCM', 'A128GCM'), { keys: alice }), 'CS_HEADER')
})

test('a JWE to several recipients opens for each, and says for whom it did', async () => {
  for (const [key, part] of [
    [alice, forAlice],
    [bob, forBob],
    [carol, forCarol],
  ] as const) {
    const { plaintext, header, protectedHeader, key: used } = await decryptJwe(toAll, { keys: key })
    assert.equal(text(plaintext), 'to all of you')
    assert.deepEqual({ ...protectedHeader }, { enc: 'A256GCM' })
    assert.deepEqual({ ...header }, { enc: 'A256GCM', ...part.header })
    assert.deepEqual([header.alg, header.kid], [key.alg, key.kid])
    assert.equal(used, key)
  }
})

test('a key set opens what is for one of its keys, and the first recipient counts', async () => {
  for (const [keys, first] of [
    [keySet({ keys: [bob, alice] }), alice],
    [[bob, alice], alice],
    [keySet({ keys: [bob, mallory] }), bob],
    [[mallory, carol], carol],
  ] as const)
    assert.equal((await decryptJwe(toAll, { keys })).key, first)
})

test('keys that are unavailable for one recipient do not hide the next, and are told where none opens', async () => {
  const keys = ({ kid }: { readonly kid?: string }): Key => {
    if (kid === 'alice') throw new Error('down')
    return kid === 'bob' ? bob : mallory
  }
  assert.equal((await decryptJwe(toAll, { keys })).key, bob)
  const error = await fails(() => decryptJwe(between(forAlice, forCarol), { keys }), 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
})

test('a key that stays elsewhere and cannot be reached does not hide the next, and is told where none opens', async () => {
  const unwrap = (): Promise<Uint8Array> => Promise.reject(new Error('down'))
  const far = remoteKey({ jwk: await publicKey(bob), unwrap })
  const keys = ({ kid }: { readonly kid?: string }): Key => (kid === 'bob' ? far : carol)
  assert.equal((await decryptJwe(between(forBob, forCarol), { keys })).key, carol)
  const { unavailable } = await fails(() => decryptJwe(between(forBob, forAlice), { keys: far }), 'CS_UNAVAILABLE')
  assert.equal(unavailable, true)
})

test('no more than 16 keys are tried on one JWE, and a kid keeps them few (RFC 7516 §11)', async () => {
  const kek = secretKey(OCTETS, 'A256KW', { kid: 'a' })
  const other = secretKey(
    OCTETS.map((octet) => octet ^ 1),
    'A256KW',
    { kid: 'b' },
  )
  const jwe = await encryptJwe('x', { recipients: Array(9).fill({ key: kek }) })
  await fails(() => decryptJwe(jwe, { keys: [other, kek] }), 'CS_TOO_LARGE')
  assert.equal((await decryptJwe(jwe, { keys: keySet({ keys: [other, kek] }) })).key, kek)
  assert.equal((await decryptJwe({ ...jwe, recipients: jwe.recipients.slice(1) }, { keys: [other, kek] })).key, kek)
})

test('shared members stand once, those of a recipient with it, and the tag covers the protected ones and aad', async () => {
  const jwe = await encryptJwe('x', {
    recipients: [
      { key: await publicKey(alice), header: { note: 'for Alice' } },
      { key: carol, header: { note: 'for Carol' } },
    ],
    protected: { typ: 'example', 'urn:a': 1 },
    unprotected: { 'urn:b': [2] },
    aad: 'in the open',
  })
  assert.deepEqual(headerOf(jwe.protected), { enc: 'A256GCM', typ: 'example', 'urn:a': 1 })
  assert.deepEqual(jwe.unprotected, { 'urn:b': [2] })
  assert.equal(Buffer.from(jwe.aad ?? '', 'base64url').toString(), 'in the open')
  for (const [key, note] of [
    [alice, 'for Alice'],
    [carol, 'for Carol'],
  ] as const) {
    const { header } = await decryptJwe(JSON.parse(JSON.stringify(jwe)) as GeneralJwe, { keys: key })
    assert.deepEqual([header['note'], header.typ, header['urn:a'], header['urn:b']], [note, 'example', 1, [2]])
    // What is in the open is anyone's to change, and the tag says so by not minding.
    const changed = { ...jwe, unprotected: { 'urn:b': 'changed' } }
    assert.equal((await decryptJwe(changed, { keys: key })).header['urn:b'], 'changed')
    await fails(() => decryptJwe({ ...jwe, aad: 'Y2hhbmdlZA' }, { keys: key }), 'CS_DECRYPTION')
    await fails(() => decryptJwe({ ...jwe, aad: undefined }, { keys: key }), 'CS_DECRYPTION')
    const guarded = Buffer.from(JSON.stringify({ enc: 'A256GCM', typ: 'changed' })).toString('base64url')
    await fails(() => decryptJwe({ ...jwe, protected: guarded }, { keys: key }), 'CS_DECRYPTION')
  }
})

test('apu and apv are for one recipient of several, and so is p2c', async () => {
  const [open, password] = [await publicKey(alice), secretKey({ text: 'correct horse' }, 'PBES2-HS256+A128KW')]
  const jwe = await encryptJwe('x', {
    recipients: [{ key: open, apu: 'Us', apv: 'Alice' }, { key: open }, { key: password, p2c: 1234 }],
  })
  const [one, two, three] = jwe.recipients.map(({ header }) => header ?? {})
  assert.deepEqual([one?.['apv'], two?.['apv'], three?.['p2c']], ['QWxpY2U', undefined, 1234])
  assert.equal((await decryptJwe(jwe, { keys: password, algorithms: ['PBES2-HS256+A128KW'] })).key, password)
})

test('encryptJwe: passwords of several recipients ask together for no more than one may', async () => {
  const keys = ['one', 'two'].map((word) => secretKey({ text: word }, 'PBES2-HS512+A256KW'))
  const jwe = await encryptJwe('x', { recipients: keys.map((key) => ({ key })) }).catch((error: unknown) => {
    assert.ok(error instanceof TypeError, String(error))
  })
  if (jwe) await decryptJwe(jwe, { keys: keys[0] as Key, algorithms: ['PBES2-HS512+A256KW'] })
})

test('sixteen recipients are the most, and each opens', async () => {
  const keys = Array.from({ length: 16 }, (_, index) =>
    secretKey(
      OCTETS.map((octet) => octet ^ index),
      'A256KW',
      { kid: `k${index}` },
    ),
  )
  const jwe = await encryptJwe('x', { recipients: keys.map((key) => ({ key })) })
  for (const key of keys) assert.equal(text((await decryptJwe(jwe, { keys: keySet({ keys: [key] }) })).plaintext), 'x')
})

for (const enc of CONTENT) {
  test(`${enc}: every key management that takes several recipients takes them together`, async () => {
    const rows = ROWS.filter((row) => !isDirect(row))
    const pairs = await Promise.all(rows.map((row) => pairOf(row, enc)))
    for (let from = 0; from < rows.length; from += 16) {
      const part = rows.slice(from, from + 16).map((row, index) => ({ row, pair: pairs[from + index] }))
      const recipients = part.map(({ row, pair }) => ({ key: pair?.encrypting as Key, ...choiceOf(row) }))
      const jwe = await encryptJwe('to all of you', { recipients, enc })
      for (const { row, pair } of part) {
        const keys = pair?.decrypting as Key
        const { plaintext, header } = await decryptJwe(jwe, { keys, algorithms: [row.alg] })
        assert.deepEqual([text(plaintext), header.alg], ['to all of you', row.alg])
      }
    }
  })
}
