import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Jwk, secretKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { nodePair, pemOf } from '../../countersign/test/support/keys.ts'
import { keyFor, publicMembers, sign } from './support/keys.ts'
import { encoded, inChromium, NOW, type Opened } from './support/page.ts'
import { exampleOf } from './support/tokens.ts'
import { oneLine } from './support/words.ts'

const { open } = inChromium()

const CLAIMS = `{"sub":"ada","account":9007199254740993,"exp":${NOW + 60}}`
const octets = (length: number): Jwk => ({ kty: 'oct', k: Buffer.alloc(length, 0xa5).toString('base64url') })
/** A key for ECDH is one of the curve that signs, without a word about what it is for. */
const [RSA, EC] = ['RS256', 'ES256'].map((alg) => keyFor(alg)) as [Jwk, Jwk]
const bare = ({ alg: _, use: __, kid: ___, key_ops: ____, ...rest }: Jwk): Jwk => rest as Jwk
const PASSWORD = 'correct horse battery staple'

/** What each takes: the key that encrypts, and the one that decrypts, as somebody pastes them. */
const WAYS: readonly (readonly [alg: string, enc: string, encrypts: Jwk | string, decrypts: readonly string[]])[] = [
  ['dir', 'A256GCM', octets(32), [JSON.stringify(octets(32))]],
  ['dir', 'A128CBC-HS256', octets(32), [JSON.stringify(octets(32))]],
  ['A256KW', 'A256GCM', octets(32), [JSON.stringify(octets(32))]],
  ['RSA-OAEP-256', 'A256GCM', publicMembers(bare(RSA)), [JSON.stringify(bare(RSA)), pemOf(RSA)]],
  ['ECDH-ES+A256KW', 'A256GCM', publicMembers(bare(EC)), [JSON.stringify(bare(EC)), pemOf(EC), sec1(EC)]],
  ['ECDH-ES', 'A128GCM', publicMembers(bare(EC)), [JSON.stringify(bare(EC))]],
  ['PBES2-HS256+A128KW', 'A128GCM', PASSWORD, [PASSWORD]],
]

function sec1(jwk: Jwk): string {
  return nodePair(jwk).privateKey.export({ type: 'sec1', format: 'pem' }) as string
}

const toKey = (text: Jwk | string) =>
  typeof text === 'string' ? secretKey({ text }, 'PBES2-HS256+A128KW') : importKey(text)

async function encrypt(plaintext: string, [alg, enc, key]: (typeof WAYS)[number], cty?: string): Promise<string> {
  const work = alg.startsWith('PBES2') ? { p2c: 1000 } : {}
  const options = { key: toKey(key), alg, enc, ...work, protected: cty === undefined ? {} : { cty } }
  return (await encryptJwe(plaintext, options as Parameters<typeof encryptJwe>[1])) as string
}

for (const way of WAYS) {
  const [alg, enc, , decrypts] = way
  test(`step 8: ${alg} with ${enc} opens, and a token of the page opens in Node`, async (t) => {
    const opened = await open(t)
    if (!opened) return
    const token = await encrypt(CLAIMS, way)
    await opened.give(token, '')
    await opened.refuses(/^\W*Encrypted: only its header can be read/, 'no key')
    const sizes = oneLine(await opened.panel('Encrypted').innerText())
    for (const name of ['encrypted key', 'initialization vector', 'ciphertext', 'tag']) assert.ok(sizes.includes(name))
    await opened.key.fill(JSON.stringify(octets(33)))
    await opened.refuses(/Encrypted, and not opened/, 'another key')
    for (const key of decrypts) {
      await opened.key.fill('')
      await opened.says(/Encrypted: only/)
      await opened.key.fill(key)
      await opened.says(/Decrypted/)
      await opened.says(/9007199254740993/, inside(opened))
      await opened.says(/Nobody signed this/, inside(opened))
    }
    await opened.token.fill(`${token.slice(0, -3)}${token.endsWith('AAA') ? 'BBB' : 'AAA'}`)
    await opened.refuses(/Encrypted, and not opened/, 'a changed tag')
    await opened.button('Build').click()
    await opened.page.getByRole('textbox', { name: 'Header', exact: true }).fill(JSON.stringify({ alg, enc }))
    await opened.page.getByRole('textbox', { name: 'Claims', exact: true }).fill(CLAIMS)
    const encrypting = way[2]
    await opened.key.fill(typeof encrypting === 'string' ? encrypting : JSON.stringify(encrypting))
    const made = await built(opened)
    const [, , , [own = '']] = way
    const key = own.startsWith('{') ? importKey(JSON.parse(own) as Jwk) : toKey(own)
    const passwords = alg.startsWith('PBES2') ? { algorithms: [alg] } : {}
    const { plaintext } = await decryptJwe(made, { keys: key, ...passwords })
    assert.equal(new TextDecoder().decode(plaintext), CLAIMS)
  })
}

const inside = (opened: Opened) => opened.page.getByRole('region', { name: /^Inside/ }).first()

/** The token that the page makes, once it has five parts. */
async function built(opened: Opened): Promise<string> {
  const field = opened.page.getByRole('textbox', { name: 'Token that was made' })
  for (let tries = 0; tries < 100; tries++) {
    const text = await field.inputValue()
    if (text.split('.').length === 5) return text
    await new Promise((done) => setTimeout(done, 50))
  }
  return assert.fail(await opened.page.getByRole('main').innerText())
}

test('step 8: what this browser has not, it says, and not that the key is wrong', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const [token, key] of [
    [await encrypt(CLAIMS, ['dir', 'A192GCM', octets(24), []]), octets(24)],
    [await encrypt(CLAIMS, ['A192KW', 'A128GCM', octets(24), []]), octets(24)],
  ] as const) {
    await opened.give(token, '')
    await opened.says(/not in this browser/)
    await opened.key.fill(JSON.stringify(key))
    await opened.says(/not in this browser/)
    assert.match(await opened.page.getByRole('main').innerText(), /A192/)
  }
  await opened.give(await sign({ sub: 'ada' }, 'ES256K'), JSON.stringify(publicMembers(keyFor('ES256K'))))
  await opened.refuses(/not in this browser/, 'ES256K')
})

test('step 8: a nested token opens, and what is inside is verified by itself', async (t) => {
  const opened = await open(t)
  if (!opened) return
  const signed = await sign(CLAIMS, 'ES256')
  const [, , , way] = WAYS
  await opened.give(await encrypt(signed, way as (typeof WAYS)[number], 'JWT'), pemOf(RSA))
  await opened.says(/Decrypted/)
  const level = inside(opened)
  const verdict = level.getByRole('status').first()
  await opened.says(/Not verified/, verdict)
  await opened.says(/9007199254740993/, level)
  const key = level.getByRole('textbox', { name: 'Key', exact: true })
  await key.fill(JSON.stringify(publicMembers(keyFor('ES256', 1))))
  await opened.says(/Signature wrong/, verdict)
  await key.fill(JSON.stringify(publicMembers(keyFor('ES256'))))
  await opened.says(/Signature valid[\s\S]*Claims accepted/, verdict)
})

test('step 8: the examples of the RFCs open', async (t) => {
  const opened = await open(t)
  if (!opened) return
  for (const id of ['rfc7516.json A.1', 'rfc7516.json A.3', 'rfc7519.json A.1']) {
    const { token, key } = exampleOf(id)
    await opened.give(token, JSON.stringify(key))
    // RSA1_5 is refused on purpose; RSA-OAEP with SHA-1 and AES key wrapping are not.
    await opened.says(id === 'rfc7519.json A.1' ? /not opened/ : /Decrypted/)
  }
  await opened.give(`${encoded('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA`, '')
  assert.match(await opened.page.getByRole('main').innerText(), /cut off|expected 5/)
})
