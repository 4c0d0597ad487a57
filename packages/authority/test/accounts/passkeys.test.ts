import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { Factors } from '../../src/accounts/factors.ts'
import { Authenticator, type Twist } from '../support/authenticator.ts'
import { ISSUER, openPeople, type People } from './people.ts'
import { STORES } from './stores.ts'

const newChallenge = (): string => randomBytes(32).toString('base64url')

/** The name of a passkey that nobody has. */
const OTHER = newChallenge()

async function register(people: People, user = people.ada, name = 'Telephone'): Promise<Authenticator> {
  const [challenge, authenticator] = [newChallenge(), new Authenticator(ISSUER)]
  const response = authenticator.create(await people.factors.creationOptions(user, challenge), {})
  assert.equal(await people.factors.addPasskey(user, challenge, response, name), true)
  return authenticator
}

/** Uses a passkey. @returns the e-mail address of whose it is */
async function use(people: People, authenticator: Authenticator, twist: Twist = {}, asked?: string) {
  const challenge = newChallenge()
  const options = await people.factors.requestOptions(challenge, asked)
  return (await people.factors.checkPasskey(challenge, authenticator.get(options, twist), asked))?.user.email
}

const PRESENT = 0x01
const ATTESTED = 0x40

/** What an answer for a new passkey may not be, nor that of one which is used. */
const TWISTS: Readonly<Record<string, Twist>> = {
  'another origin': { origin: 'https://login.example.evil.example' },
  'a page of the same host without TLS': { origin: 'http://login.example' },
  'another port': { origin: 'https://login.example:8443' },
  'another challenge': { challenge: newChallenge() },
  'no challenge': { challenge: '' },
  'another host': { rpId: 'evil.example' },
  'a page inside a foreign one': { crossOrigin: true },
  'another ceremony': { type: 'payment.get' },
  'another name of the passkey': { change: (answer) => ({ ...answer, id: `${answer.id}AA` }) },
  'the name of another passkey': { change: (answer) => ({ ...answer, id: OTHER, rawId: OTHER }) },
  'another kind of key': { change: (answer) => ({ ...answer, type: 'password' }) },
  'an id that is too long': { change: (answer) => ({ ...answer, id: 'A'.repeat(2000), rawId: 'A'.repeat(2000) }) },
  'no response': { change: ({ id, rawId, type }) => ({ id, rawId, type }) },
  'a list': { change: () => [] },
  'a text': { change: () => 'text' as unknown as object },
  'too much': { change: (answer) => ({ ...answer, more: 'x'.repeat(20_000) }) },
  'clients that are no JSON': {
    change: (answer) => ({ ...answer, response: { ...answer.response, clientDataJSON: 'AAAA' } }),
  },
}

const CREATE_TWISTS: Readonly<Record<string, Twist>> = {
  ...TWISTS,
  'nobody verified': { flags: PRESENT | ATTESTED },
  'nobody present': { flags: ATTESTED },
  'no key': { flags: PRESENT | 0x04 },
  'a voucher by certificates': { format: 'fido-u2f' },
  'an unknown voucher': { format: 'mine' },
  'an attestation that is no CBOR': {
    change: (answer) => ({ ...answer, response: { ...answer.response, attestationObject: 'gICAgICA'.repeat(500) } }),
  },
  'an attestation that is nested without end': {
    change: (answer) => ({ ...answer, response: { ...answer.response, attestationObject: 'gYGB'.repeat(2000) } }),
  },
}

const GET_TWISTS: Readonly<Record<string, Twist>> = {
  ...TWISTS,
  'nobody verified': { flags: PRESENT },
  'nobody present': { flags: 0x04 },
  'another user': { userHandle: Buffer.from('usr_AAAAAAAAAAAAAAAAAAAAAA').toString('base64url') },
  'no user': { userHandle: undefined },
  'an empty user': { userHandle: '' },
  'another signature': {
    change: (answer) => ({ ...answer, response: { ...answer.response, signature: 'MEUCIQDx' } }),
  },
  'other data': {
    change: (answer) => ({
      ...answer,
      response: { ...answer.response, authenticatorData: `${answer.response['authenticatorData']}`.replace(/.$/, 'A') },
    }),
    counter: 7,
  },
}

test('passkeys are for hosts with a name, on https or on this machine', () => {
  const works = (issuer: string): boolean =>
    new Factors({ issuer, secret: new Uint8Array(64).fill(7), name: 'x' } as never).passkeysWork
  for (const issuer of ['https://login.example', 'https://login.example:8443', 'http://localhost:3000'])
    assert.equal(works(issuer), true, issuer)
  for (const issuer of ['http://login.example', 'http://127.0.0.1:3000', 'https://192.0.2.1', 'https://[2001:db8::1]'])
    assert.equal(works(issuer), false, issuer)
})

for (const { name, skip, place } of STORES) {
  test(`${name}: a passkey is not taken with anything wrong in it (Web Authentication §7.1)`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    for (const [why, twist] of Object.entries(CREATE_TWISTS)) {
      const [challenge, authenticator] = [newChallenge(), new Authenticator(ISSUER)]
      const response = authenticator.create(await factors.creationOptions(ada, challenge), twist)
      assert.equal(await factors.addPasskey(ada, challenge, response, 'x'), false, why)
    }
    for (const text of ['', '{', 'null', '1', '[]', '{}'])
      assert.equal(await factors.addPasskey(ada, 'x', text, 'x'), false)
    assert.deepEqual((await factors.of(ada.id)).passkeys, [])
  })

  test(`${name}: nobody is let in by a passkey with anything wrong in it (Web Authentication §7.2)`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const authenticator = await register(people)
    for (const [why, twist] of Object.entries(GET_TWISTS))
      assert.equal(await use(people, authenticator, twist), undefined, why)
    assert.equal(await use(people, new Authenticator(ISSUER), {}), undefined, 'a passkey that nobody registered')
    for (const text of ['', '{', 'null', '1', '[]', '{}'])
      assert.equal(await people.factors.checkPasskey('x', text), undefined)
    assert.equal((await people.factors.of(people.ada.id)).passkeys[0]?.lastUsed, undefined)
    assert.equal(await use(people, authenticator), people.ada.email)
  })

  test(`${name}: an authenticator may vouch for itself, and its maker's word for it is not looked at`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    for (const [format, taken] of [
      ['packed', true],
      ['fido-u2f', false],
    ] as const) {
      const [challenge, authenticator] = [newChallenge(), new Authenticator(ISSUER)]
      const response = authenticator.create(await factors.creationOptions(ada, challenge), { format })
      const expected = { expectedChallenge: challenge, expectedOrigin: ISSUER, expectedRPID: 'login.example' }
      const es256 = { supportedAlgorithmIDs: [-7] }
      const { verified } = await verifyRegistrationResponse({ response: JSON.parse(response), ...expected, ...es256 })
      assert.equal(verified, true, 'nothing else is wrong with it')
      assert.equal(await factors.addPasskey(ada, challenge, response, 'x'), taken, format)
    }
  })

  test(`${name}: a passkey lets its user in, and is asked for so that no other site gets it`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada, bob } = people
    const authenticator = await register(people)
    const options: unknown = await factors.creationOptions(ada, 'Y2hhbGxlbmdl')
    assert.partialDeepStrictEqual(options, {
      challenge: 'Y2hhbGxlbmdl',
      rp: { id: 'login.example', name: 'login.example' },
      user: { id: Buffer.from(ada.id).toString('base64url'), name: ada.email, displayName: 'Ada' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: [{ id: authenticator.id, type: 'public-key', transports: ['internal'] }],
    })
    assert.deepEqual(await factors.requestOptions('Y2hhbGxlbmdl'), {
      challenge: 'Y2hhbGxlbmdl',
      rpId: 'login.example',
      timeout: 300_000,
      userVerification: 'required',
    })
    assert.partialDeepStrictEqual(await factors.requestOptions('x', ada.id), {
      allowCredentials: [{ id: authenticator.id, type: 'public-key', transports: ['internal'] }],
    })
    people.now += 100
    assert.equal(await use(people, authenticator), ada.email)
    const [passkey] = (await factors.of(ada.id)).passkeys
    assert.deepEqual(passkey, { id: passkey?.id, name: 'Telephone', createdAt: people.now - 100, lastUsed: people.now })
    assert.equal(await use(people, authenticator, { userHandle: undefined }, ada.id), ada.email, 'asked for by name')
    assert.equal(
      await use(people, authenticator, { userHandle: undefined }, bob.id),
      undefined,
      'asked for as of another',
    )
    assert.equal(await use(people, authenticator, {}, bob.id), ada.email, 'and says whose it is')
  })

  test(`${name}: a counter that goes back, or not on, is refused and told of (Web Authentication §6.1.1)`, {
    skip,
  }, async (t) => {
    const people = await openPeople(t, place)
    const { audit, ada, factors } = people
    const authenticator = await register(people)
    for (const counter of [0, 0, 5, 6])
      assert.equal(await use(people, authenticator, { counter }), ada.email, `${counter}`)
    for (const counter of [6, 5, 0])
      assert.equal(await use(people, authenticator, { counter }), undefined, `${counter}`)
    const [passkey] = (await factors.of(ada.id)).passkeys
    const told = await audit.list({ event: 'passkey.copied' })
    assert.equal(told.length, 3)
    assert.deepEqual(told[0]?.data, { user: ada.id, passkey: passkey?.id })
    // Whoever has no key has us tell of nothing.
    const forged: Twist = {
      counter: 1,
      change: (one) => ({ ...one, response: { ...one.response, signature: 'MEUCIQDx' } }),
    }
    assert.equal(await use(people, authenticator, forged), undefined)
    assert.equal((await audit.list({ event: 'passkey.copied' })).length, 3)
    assert.equal(await use(people, authenticator, { counter: 7 }), ada.email)
  })

  test(`${name}: of two who use a passkey with one counter at once, one is let in`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const authenticator = await register(people)
    const challenge = newChallenge()
    const response = authenticator.get({ challenge }, { counter: 9 })
    const { factors, other } = people
    const tries = [factors, other, factors, other].map((one) => one.checkPasskey(challenge, response))
    assert.equal((await Promise.all(tries)).filter(Boolean).length, 1)
  })

  test(`${name}: a passkey of somebody who is disabled lets nobody in`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const authenticator = await register(people)
    await people.users.change(people.ada.id, { state: 'disabled' })
    assert.equal(await use(people, authenticator), undefined)
  })

  test(`${name}: a passkey is one user's, and nobody else's to register, rename or remove`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada, bob } = people
    const authenticator = await register(people)
    for (const user of [ada, bob]) {
      const challenge = newChallenge()
      const response = authenticator.create(await factors.creationOptions(user, challenge), {})
      assert.equal(await factors.addPasskey(user, challenge, response, 'x'), false)
    }
    const again = await register(people, bob)
    const [passkey] = (await factors.of(ada.id)).passkeys
    const id = String(passkey?.id)
    assert.equal(await factors.renamePasskey(bob.id, id, 'mine'), false)
    assert.equal(await factors.removePasskey(bob.id, id), false)
    assert.equal(await factors.renamePasskey(ada.id, id, `  Old\n\u202ephone ${'x'.repeat(100)}`), true)
    assert.equal((await factors.of(ada.id)).passkeys[0]?.name, `Old phone ${'x'.repeat(54)}`)
    assert.equal(await factors.renamePasskey(ada.id, id, ' \u200b '), true)
    assert.equal((await factors.of(ada.id)).passkeys[0]?.name, 'Passkey')
    assert.equal(await factors.removePasskey(ada.id, id), true)
    assert.equal(await factors.removePasskey(ada.id, id), false)
    assert.equal(await use(people, authenticator), undefined)
    assert.equal(await use(people, again), bob.email)
  })

  test(`${name}: nobody has more than 20 passkeys`, { skip }, async (t) => {
    const people = await openPeople(t, place)
    const { factors, ada } = people
    for (let count = 0; count < 20; count++) await register(people)
    const [challenge, more] = [newChallenge(), new Authenticator(ISSUER)]
    const response = more.create(await factors.creationOptions(ada, challenge), {})
    assert.equal(await factors.addPasskey(ada, challenge, response, 'x'), false)
    assert.equal((await factors.of(ada.id)).passkeys.length, 20)
  })
}
