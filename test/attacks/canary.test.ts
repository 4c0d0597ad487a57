// Attack 66 for the library: whatever is refused, no error tells anything of the token, the key or the secret.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as promise from 'countersign'
import * as sync from 'countersign/sync'
import { createTestIssuer, hostileKinds } from 'countersign/testing'
import {
  CANARIES,
  CLAIM_CANARIES,
  canariesOf,
  canariesOfToken,
  canaryText,
  GUARDED,
  PRIVATE,
} from './canary/canaries.ts'
import { allOf, assertSilent, type Canary, Detector } from './canary/detector.ts'
import { badKeys } from './canary/keys.ts'
import { badLists, badSets } from './canary/sources.ts'
import type { Ask } from './case.ts'
import { CASES } from './cases/cases.ts'
import { OURS } from './runners/runners.ts'

function canariesOfAsk(ask: Ask): readonly Canary[] {
  if (ask.do === 'oracle') return ask.asks.flatMap(canariesOfAsk)
  if (ask.do === 'remote' || ask.do === 'own') return []
  const { key } = ask
  return [...('token' in ask ? canariesOfToken(ask.token) : []), ...canariesOf('secret' in key ? key.secret : key)]
}

/** What an act throws; an act that throws nothing has nothing to be looked at. */
async function thrownBy(act: () => unknown): Promise<readonly unknown[]> {
  try {
    await act()
    return []
  } catch (error) {
    return [error]
  }
}

// The detector first: a search that finds nothing proves nothing.

const PLANTED = canaryText()
const KEY_OCTETS = randomBytes(32)
const octetsOf = (text: string): Buffer => Buffer.from(text)
const SPELLINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => `before ${text} after`],
  ['a piece of 8 letters', (text) => `…${text.slice(9, 17)}…`],
  ['base64', (text) => octetsOf(text).toString('base64')],
  ['base64 behind one octet', (text) => octetsOf(`"${text}"`).toString('base64')],
  ['base64 behind two octets', (text) => octetsOf(`:"${text}"`).toString('base64')],
  ['base64url', (text) => octetsOf(`{"k":"${text}"}`).toString('base64url')],
  ['hex', (text) => octetsOf(text).toString('hex')],
  ['hex in capitals', (text) => octetsOf(text).toString('hex').toUpperCase()],
  ['percent-encoded', (text) => [...octetsOf(text)].map((octet) => `%${octet.toString(16)}`).join('')],
  ['JSON with escapes', (text) => [...text].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')],
  ['HTML with escapes', (text) => [...text].map((letter) => `&#${letter.charCodeAt(0)};`).join('')],
  ['a printed Buffer', (text) => inspect(octetsOf(text))],
  ['a printed Uint8Array', (text) => inspect(Uint8Array.from(octetsOf(text)))],
  ['a Uint8Array in JSON', (text) => JSON.stringify(Uint8Array.from(octetsOf(text)))],
  ['a Buffer in JSON', (text) => JSON.stringify(octetsOf(text))],
  ['PEM in lines', (text) => octetsOf(text.repeat(3)).toString('base64').replaceAll(/.{16}/g, '$&\n')],
  ['in another error behind it', (text) => allOf(new Error('x', { cause: new AggregateError([new Error(text)]) }))],
  ['in a hidden member', (text) => allOf(Object.defineProperty(new Error('x'), 'input', { value: { deep: [text] } }))],
  ['in a stack', (text) => allOf(Object.assign(new Error('x'), { stack: `Error: ${text}` }))],
]
for (const [what, spell] of SPELLINGS)
  test(`the detector finds a canary: ${what}`, () => {
    const detector = new Detector([{ name: 'planted', value: PLANTED }])
    assert.match(String(detector.find(spell(PLANTED))), /^planted: /)
    assert.equal(detector.find(spell(canaryText())), undefined)
  })
test('the detector finds octets that are no text', () => {
  const detector = new Detector([{ name: 'key', value: KEY_OCTETS }])
  const forms = [
    KEY_OCTETS.toString('base64'),
    KEY_OCTETS.toString('base64url'),
    KEY_OCTETS.toString('hex'),
    inspect(KEY_OCTETS),
  ]
  for (const form of forms) assert.match(String(detector.find(`<${form}>`)), /^key: /)
  assert.equal(detector.find(randomBytes(64).toString('base64')), undefined)
})

const claimed = new Detector(GUARDED)
test('attack 66: the claims of the cases are canaries', () => {
  for (const one of CASES.slice(0, 3)) {
    const { ask } = one
    assert.ok(ask.do === 'verify')
    const payload = octetsOf(String(ask.token).split('.')[1] ?? '').toString()
    assert.match(String(claimed.find(payload)), /^(sub|name|jti|email|nonce): /)
  }
})
for (const one of CASES)
  test(`attack 66: nothing of attack ${one.attack} is told: ${one.what}`, async () => {
    const detector = new Detector([...GUARDED, ...canariesOfAsk(one.ask)])
    for (const runner of OURS)
      for (const error of await thrownBy(() => runner.ask(one.ask))) assertSilent(detector, allOf(error), runner.name)
  })

for (const alg of ['ES256', 'RS256', 'HS256', 'EdDSA'])
  test(`attack 66: no hostile token of an ${alg} issuer is told`, async () => {
    const issuer = await createTestIssuer({ alg })
    let refused = 0
    for (const { name, token, code } of await issuer.mint.hostile(CLAIM_CANARIES)) {
      const detector = new Detector([...CANARIES, ...canariesOfToken(token)])
      for (const door of [promise, sync]) {
        const verifier = door.createVerifier({ ...issuer.verifierOptions, cache: true } as promise.VerifierOptions)
        const result = await verifier.safeVerify(token)
        assert.ok(!result.ok, name)
        assert.equal(result.error.code, code)
        for (const error of [result.error, ...(await thrownBy(() => verifier.verify(token)))])
          assertSilent(detector, allOf(error), name)
        refused++
      }
    }
    assert.equal(refused, 2 * hostileKinds().length)
  })

for (const { what, act, canaries = [] } of badKeys())
  test(`attack 66: nothing of a bad key is told: ${what}`, async () => {
    const detector = new Detector([...CANARIES, ...canaries])
    let refused = 0
    for (const door of [promise, sync])
      for (const error of await thrownBy(() => act(door))) {
        assertSilent(detector, allOf(error), what)
        refused++
      }
    assert.equal(refused, 2, 'it was taken')
  })

test('attack 66: no key tells its private half where it is printed', () => {
  const detector = new Detector(CANARIES)
  for (const { jwk, pems } of Object.values(PRIVATE)) {
    assert.ok(detector.find(JSON.stringify(jwk)) && detector.find(String(pems[0])), 'these are no canaries')
    const key = promise.importKey(jwk as never)
    assertSilent(detector, allOf(key), 'a key')
    assertSilent(detector, inspect({ keys: [key] }, { depth: 20, showHidden: true }), 'a list of keys')
    assertSilent(detector, allOf(promise.keySet({ keys: [key] })), 'a set')
  }
})

for (const { what, act } of [...badSets(), ...badLists()])
  test(`attack 66: nothing of an answer from elsewhere is told: ${what}`, async () => {
    const { errors, events, canaries } = await act()
    const detector = new Detector([...CANARIES, ...canaries])
    assert.ok(errors.length > 0, 'nothing was refused')
    for (const error of errors) assertSilent(detector, allOf(error), 'the error')
    for (const event of events) assertSilent(detector, allOf(event), 'the event')
  })
