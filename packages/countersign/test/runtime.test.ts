import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilities } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { signJws } from 'countersign/jws'
import * as sync from 'countersign/sync'
import { CONTENT } from '../src/alg/content.ts'
import { MANAGEMENT } from '../src/alg/management.ts'
import { SIGNATURE } from '../src/alg/signature.ts'
import made from './keys/matrix/keys.json' with { type: 'json' }
import { DOORS, HAS_SYNC } from './support/doors.ts'
import { CLAIMS, fails, now, POLICY, refuses } from './support/forge.ts'
import { isHere, jwkFor, pemOf, publicMembers, taken } from './support/keys.ts'

// What a runtime has, it names in `capabilities()`: all of that works, and everything else is refused by name. The lists
// themselves are written down for each runtime in test/runtimes.

/** The kind of key that a signature algorithm takes. */
const keyOf = (alg: string): string => alg.replace(/^PS/, 'RS')

/** The token with another character in the middle of its last part. */
function changed(token: string): string {
  const at = token.length - 10
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

for (const { name, door } of DOORS) {
  for (const alg of SIGNATURE.keys()) {
    if (isHere(alg)) {
      test(`${name}: ${alg} is here: a new key signs, its public half verifies, and one character less does not`, async () => {
        const key = await door.generateKey(alg)
        const token = await door.createSigner({ key, expiresIn: 'never', now }).sign(CLAIMS)
        const keys = key.kind === 'secret' ? key : await door.publicKey(key)
        const verifier = door.createVerifier({ keys, ...POLICY })
        await refuses(verifier, changed(token), 'CS_SIGNATURE')
        assert.deepEqual((await verifier.verify(token)).claims, CLAIMS)
        const again = door.importKey(await door.exportJwk(key))
        const twice = await door.createSigner({ key: again, alg, expiresIn: 'never', now }).sign(CLAIMS)
        assert.deepEqual((await verifier.verify(twice)).claims, CLAIMS)
      })
    } else {
      test(`${name}: ${alg} is not here, and every way to it says so`, async () => {
        const jwk = jwkFor(keyOf(alg))
        await fails(() => door.generateKey(alg), 'CS_UNSUPPORTED')
        for (const input of [jwk, publicMembers(jwk), pemOf(jwk), pemOf(publicMembers(jwk))]) {
          await fails(() => door.importKey(input), 'CS_UNSUPPORTED')
        }
        const { keys, skipped } = door.keySet({ keys: [publicMembers(jwk)] })
        assert.deepEqual([keys.length, skipped[0]?.error.code], [0, 'CS_UNSUPPORTED'])
      })
    }
  }
}

const { management, content } = capabilities()

for (const alg of MANAGEMENT.keys()) {
  const encs = alg === 'dir' ? [...CONTENT.keys()] : ['A128CBC-HS256']
  for (const enc of encs) {
    const what = alg === 'dir' ? `${alg} with ${enc}` : alg
    const here = management.includes(alg) && content.includes(enc)
    const password = alg.startsWith('PBES2')

    test(`${what} is ${here ? '' : 'not '}here: ${here ? 'what it encrypts, it decrypts' : 'it is refused by name'}`, async () => {
      const { generateKey, publicKey, secretKey } = DOORS[0].door
      const encrypt = async () => {
        const key = password
          ? secretKey({ text: 'correct horse battery staple' }, alg)
          : await generateKey(alg === 'dir' ? enc : alg)
        const to = key.kind === 'secret' ? key : await publicKey(key)
        return { key, token: await encryptJwe('plaintext', { key: to, alg, enc }) }
      }
      if (!here) return void (await fails(encrypt, 'CS_UNSUPPORTED'))
      const { key, token } = await encrypt()
      const options = { keys: key, algorithms: [alg] }
      await fails(() => decryptJwe(changed(token), options), 'CS_DECRYPTION')
      const { plaintext } = await decryptJwe(token, options)
      assert.equal(new TextDecoder().decode(plaintext), 'plaintext')
    })
  }
}

if (!HAS_SYNC) {
  test('a payload in pieces is refused, since WebCrypto takes messages whole alone', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
    }
    const key = await DOORS[0].door.generateKey('HS256')
    await fails(() => signJws(pieces(), { key, detached: true }), 'CS_UNSUPPORTED')
  })

  test('an encrypted private key is refused, since WebCrypto does not open it', async () => {
    const encrypted = made.forms.filter(({ passphrase }) => passphrase !== undefined)
    assert.ok(encrypted.length > 10)
    for (const { pem, der, passphrase = '' } of encrypted) {
      const input = pem ?? Uint8Array.from(atob(der ?? ''), (character) => character.charCodeAt(0))
      await fails(() => taken(DOORS[0].door, input, { passphrase }), 'CS_UNSUPPORTED')
    }
  })

  test('countersign/sync is refused as a mistake of the program, since WebCrypto answers by promises alone', () => {
    assert.throws(() => sync.generateKey('HS256'), TypeError)
    assert.throws(() => sync.createSigner({ key: sync.importKey(jwkFor('HS256')), expiresIn: 1 }), TypeError)
    assert.throws(() => sync.createVerifier({ keys: sync.importKey(jwkFor('HS256')), ...POLICY }), TypeError)
  })
}
