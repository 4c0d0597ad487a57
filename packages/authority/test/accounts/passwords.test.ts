import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { before, test } from 'node:test'
import { BusyError, createGate } from '../../src/accounts/gate.ts'
import { hashPassword, unknownPassword, verifyPassword } from '../../src/accounts/passwords.ts'

const PASSWORD = 'correct horse battery staple'
let stored: string

before(async () => {
  stored = await hashPassword(PASSWORD)
})

test('a wrong password is refused', async () => {
  for (const wrong of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), PASSWORD.slice(1), `${PASSWORD}\0`])
    assert.equal(await verifyPassword(wrong, stored), false, JSON.stringify(wrong))
})

test('one flipped bit of the salt or the tag verifies nothing', async () => {
  const parts = stored.split('$')
  for (const index of [4, 5]) {
    const bytes = Buffer.from(parts[index] ?? '', 'base64')
    bytes[3] = (bytes[3] ?? 0) ^ 1
    const changed = parts.with(index, bytes.toString('base64').replaceAll('=', '')).join('$')
    assert.equal(await verifyPassword(PASSWORD, changed), false)
  }
})

test('a stored password that is damaged is an error, and never a match', async () => {
  const [, , version, cost, salt, tag = ''] = stored.split('$')
  const damaged = [
    '',
    '$',
    PASSWORD,
    `$argon2id$${version}$${cost}$${salt}$`,
    `$argon2id$${version}$${cost}$$${tag}`,
    `$argon2id$${version}$${cost}$${salt}$${tag.slice(0, 8)}`,
    `$argon2i$${version}$${cost}$${salt}$${tag}`,
    `$argon2id$v=16$${cost}$${salt}$${tag}`,
    `$argon2id$${version}$m=9999999,t=2,p=1$${salt}$${tag}`,
    `${stored}\n`,
  ]
  for (const text of damaged) {
    await assert.rejects(verifyPassword(PASSWORD, text), (error: Error) => {
      assert.equal(error.message, 'a stored password is damaged')
      return true
    })
  }
})

test('the stored form of no password verifies nothing and costs what a password costs', async () => {
  const unknown = unknownPassword()
  const costs = (text: string): string => text.split('$').slice(0, 4).join('$')
  assert.equal(costs(unknown), costs(stored))
  assert.equal(unknown.length, stored.length)
  assert.notEqual(unknown, unknownPassword())
  for (const password of ['', PASSWORD]) assert.equal(await verifyPassword(password, unknown), false)
})

test('the right password is verified, however its characters were typed', async () => {
  assert.equal(await verifyPassword(PASSWORD, stored), true)
  // é as one code point and as two, and an ﬁ that is one character
  assert.equal(await verifyPassword('cafe\u0301 con \ufb01cus', await hashPassword('caf\u00e9 con ficus')), true)
})

test('a password is stored as argon2id with 19 MiB, two passes, one lane, a salt of 16 octets and a tag of 32', () => {
  const [, , , , salt = '', tag] = stored.split('$')
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  const again = argon2Sync('argon2id', {
    message: PASSWORD,
    nonce: Buffer.from(salt, 'base64'),
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  })
  assert.equal(again.toString('base64').replaceAll('=', ''), tag)
})

test('one password is stored differently each time', async () => {
  assert.notEqual(await hashPassword(PASSWORD), stored)
})

test('a password that was stored at another cost stays good', async () => {
  const cheap = { memory: 64, passes: 1, parallelism: 1 }
  const nonce = Buffer.alloc(16, 7)
  const tag = argon2Sync('argon2id', { message: PASSWORD, nonce, tagLength: 32, ...cheap })
  const [salt, end] = [nonce, tag].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  assert.equal(await verifyPassword(PASSWORD, `$argon2id$v=19$m=64,t=1,p=1$${salt}$${end}`), true)
})

test('two hashes run at once and 64 wait; beyond them a password is refused as busy', async () => {
  const many = Array.from({ length: 70 }, () => verifyPassword(PASSWORD, stored))
  const settled = await Promise.allSettled(many)
  const refused = settled.filter((one) => one.status === 'rejected')
  assert.equal(refused.length, 4)
  for (const { reason } of refused) {
    assert.ok(reason instanceof BusyError)
    assert.equal(reason.retryAfter, 1)
  }
  assert.ok(settled.slice(0, 66).every((one) => one.status === 'fulfilled' && one.value))
  assert.equal(await verifyPassword(PASSWORD, stored), true, 'and then there is room again')
})

test('a gate lets in as many as it has room for, in their order, and a job that fails makes room', async () => {
  const gate = createGate(1, 2)
  const done: string[] = []
  const job = (name: string, fails = false): Promise<unknown> =>
    gate(async () => {
      done.push(name)
      if (fails) throw new Error(name)
    })
  const results = await Promise.allSettled([job('a', true), job('b'), job('c'), job('d')])
  assert.deepEqual(done, ['a', 'b', 'c'])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'rejected'],
  )
})
