import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import { exportPem, importKey } from 'countersign'
import fc from 'fast-check'
import { nearness } from '../../src/diagnosis/near-text.ts'
import { input, mac } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import { over, SECRET, shared, token, worldOf } from './support/golden-world.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const verify = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['verify', ...args], worldOf(world))

/** What was said, once it is clear that nothing was accepted for it. */
async function refusal(args: readonly string[], world: World = {}, exit = 4): Promise<string> {
  const { code, out, err } = await verify(args, world)
  assert.equal(code, exit, out + err)
  assert.doesNotMatch(out, /✓ signature/)
  const ran = await verify([...args, '--json'], world)
  assert.deepEqual([ran.code, ran.json()['verdict'], ran.json()['ok']], [exit, 'rejected', false])
  return err
}

const text = Buffer.from(SECRET, 'utf8')
const octets = Buffer.from(SECRET, 'base64')
const hex = randomBytes(32).toString('hex')

test('a secret that was taken for something else', async () => {
  assert.match(
    await refusal([shared(octets), '--secret', 'env:SECRET']),
    /error\[CS_SIGNATURE\]: signature does not match with the secret as text, but DOES match if it is base64-decoded\.\n {3}fix: --secret-encoding base64\n/,
  )
  const url = 'c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2ggZm9y_w-_'
  for (const [secret, bytes, encoding, says, fix] of [
    [hex, Buffer.from(hex, 'hex'), 'utf8', 'as text, but DOES match if it is hex-decoded', 'hex'],
    [url, Buffer.from(url, 'base64url'), 'utf8', 'as text, but DOES match if it is base64url-decoded', 'base64url'],
    [SECRET, text, 'base64', 'base64-decoded, but DOES match if it is taken as text', 'utf8'],
    [hex, Buffer.from(hex), 'hex', 'hex-decoded, but DOES match if it is taken as text', 'utf8'],
    [hex, Buffer.from(hex, 'hex'), 'base64', 'base64-decoded, but DOES match if it is hex-decoded', 'hex'],
  ] as const) {
    const args = [shared(bytes), '--secret', 'env:S', '--secret-encoding', encoding]
    assert.ok(
      (await refusal(args, { env: { S: secret } })).includes(`the secret ${says}.\n   fix: --secret-encoding ${fix}\n`),
    )
  }
})

test('a secret with something around it that does not belong to it', async () => {
  const file = (content: string): World => ({ files: { s: content } })
  assert.match(
    await refusal([shared(`${SECRET}\n`), '--secret', '@s'], file(`${SECRET}\n`)),
    /but DOES match with a newline at its end/,
  )
  assert.match(
    await refusal([shared(`${SECRET}\r\n`), '--secret', '@s'], file(`${SECRET}\r\n`)),
    /but DOES match with a carriage return and a newline at its end/,
  )
  assert.match(
    await refusal([shared(SECRET), '--secret', '@s'], file(` ${SECRET}\n\n`)),
    /without the white space around it/,
  )
  assert.match(await refusal([shared(SECRET), '--secret', '@s'], file(`"${SECRET}"\n`)), /without the quotes around it/)
  assert.match(await refusal([shared(SECRET), '--secret', '@s'], file(`'${SECRET}'`)), /without the quotes around it/)
})

test('the text of k in place of what it stands for, and the other way about (RFC 7518 §6.4.1)', async () => {
  const k = octets.toString('base64url')
  const files = { k: JSON.stringify({ kty: 'oct', k }) }
  assert.match(await refusal([shared(k), '--key', '@k'], { files }), /but DOES match with the text of k itself/)
  const twice = { k: JSON.stringify({ kty: 'oct', k: Buffer.from(SECRET).toString('base64url') }) }
  assert.match(await refusal([shared(octets), '--key', '@k'], { files: twice }), /if they are base64-decoded once more/)
})

test('an HMAC whose secret is a public key is told as what it is (RFC 8725 §2.1)', async () => {
  const rsa = publicMembers(jwkFor('RS256'))
  const pem = await exportPem(importKey(rsa))
  const json = JSON.stringify(rsa, null, 2)
  for (const [secret, content] of [
    [pem, pem],
    [pem.trimEnd(), pem],
    [pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', '\r\n')],
    [json, json],
    [pem, json],
  ] as const) {
    const err = await refusal([shared(secret), '--key', '@pub'], { files: { pub: content } }, 6)
    assert.match(err, /error\[CS_ALG\]: token says HS256, but @pub is an RSA public key, which can only verify RS256/)
    assert.match(err, /fix: refuse it: the signature is an HMAC whose secret is the text of this public key\./)
  }
  const err = await refusal([shared(pem), '--jwks', '@set'], { files: { set: JSON.stringify({ keys: [rsa] }) } }, 6)
  assert.match(err, /the text of this public key/)
  // An HMAC with something else is only not allowed.
  assert.match(
    await refusal([shared(SECRET), '--key', '@pub.pem'], {}, 6),
    /If the issuer really uses HS256, pass --secret\./,
  )
})

test('a signature in DER (RFC 7518 §3.4)', async () => {
  const key = createPrivateKey({ key: jwkFor('ES256') as never, format: 'jwk' })
  const signing = input({ alg: 'ES256', kid: '2026-a' }, { sub: 'ada' })
  const der = (by: typeof key): string =>
    `${signing}.${signBytes('sha256', Buffer.from(signing), by).toString('base64url')}`
  const says = /it is DER-encoded \(\d+ bytes\), and ES256 takes r and s side by side \(64 bytes\)\. Written so, it /
  const right = await refusal([der(key), '--key', '@pub.jwk'])
  assert.match(right, new RegExp(`${says.source}DOES match`))
  assert.match(right, /dsaEncoding: "ieee-p1363"/)
  assert.match(await refusal([der(key), '--jwks', '@jwks.json']), new RegExp(`${says.source}DOES match`))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  assert.match(await refusal([der(privateKey), '--key', '@pub.jwk']), new RegExp(`${says.source}does not match either`))
})

test('a signature that was cut, or has something behind it', async () => {
  const T = token()
  assert.match(
    await refusal([T.slice(0, -2), '--key', '@pub.jwk']),
    /it has 63 bytes, and ES256 with this key has 64: it was cut/,
  )
  assert.match(await refusal([`${T}AAAA`, '--key', '@pub.jwk']), /It DOES match without its last 4 characters/)
  assert.match(
    await refusal([`${shared(SECRET)}AAA`, '--secret', 'env:SECRET']),
    /It DOES match without its last 3 characters/,
  )
  assert.match(
    await refusal([`${token({}, {}, jwkFor('ES256', 1))}AAAA`, '--key', '@pub.jwk']),
    /something follows its end, or another key/,
  )
})

test('another key of the set', async () => {
  const set = JSON.stringify({
    keys: [0, 1].map((which) => ({ ...publicMembers(jwkFor('ES256', which as 0 | 1)), kid: `k${which}` })),
  })
  const world = { files: { set } }
  const args = (kid: string | undefined, ...more: string[]): readonly string[] => [
    token({}, { kid }, jwkFor('ES256', 1)),
    ...['--jwks', '@set', ...more],
  ]
  assert.match(
    await refusal(args('k0'), world),
    /signature does not match: ES256 checked with kid "k0" from @set, but DOES match kid "k1" of the same set\./,
  )
  assert.match(
    await refusal(args('k1', '--kid', 'k0'), world),
    /that is the key that the token names: leave out --kid\./,
  )
  assert.match(
    await refusal(args('k7'), world, 6),
    /no key with kid "k7" among 2.*\n {3}fix: the signature DOES match kid "k1" of these/,
  )
  assert.match(await refusal(args(undefined), world, 6), /the signature matches kid "k1"; choose it: --kid k1/)
})

test('the key in the header of a token is nobody (RFC 7515 §4.1.3)', async () => {
  const jwk = publicMembers(jwkFor('ES256', 1))
  const err = await refusal([token({}, { jwk }, jwkFor('ES256', 1)), '--key', '@pub.jwk'])
  assert.match(
    err,
    /but DOES match the key in its own header \(jwk\), which anyone can put there\.\n {3}fix: refuse it/,
  )
})

test('the two names of one algorithm (RFC 9864 §2.2)', async () => {
  const jwk = jwkFor('Ed25519')
  const files = { ed: JSON.stringify({ ...publicMembers(jwk), alg: 'EdDSA' }) }
  const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
  const signing = input({ alg: 'Ed25519' }, {})
  const signed = `${signing}.${signBytes(null, Buffer.from(signing), key).toString('base64url')}`
  assert.match(
    await refusal([signed, '--key', '@ed'], { files }, 6),
    /Ed25519 and EdDSA are two names of one algorithm/,
  )
  const open = { ed: JSON.stringify(publicMembers(jwk)) }
  assert.equal((await verify([signed, '--key', '@ed'], { files: open })).code, 0)
})

test('what is not near to anything is told as it is', async () => {
  assert.match(
    await refusal([shared('another secret that is long enough'), '--secret', 'env:SECRET']),
    /signature does not match: HS256 checked with the secret from env:SECRET\.\n/,
  )
  const edited = over(input({ alg: 'ES256', kid: '2026-a' }, { a: 1 })).replace(
    /\.[^.]+\./,
    `.${Buffer.from('{"a":2}').toString('base64url')}.`,
  )
  assert.match(await refusal([edited, '--jwks', '@jwks.json']), /ES256 checked with kid "2026-a" from @jwks\.json\.\n/)
})

test('times that are milliseconds, or a span', async () => {
  const claims = async (set: object, ...args: string[]): Promise<string> => {
    const { code, err } = await verify([token(set), '--key', '@pub.jwk', ...args])
    assert.equal(code, 5)
    return err
  }
  assert.match(await claims({ nbf: (NOW - 60) * 1000 }), /fix: nbf looks like milliseconds \(2026-11-21T22:34:00Z\)/)
  assert.match(await claims({ iat: NOW * 1000 }, '--max-age', '1h'), /fix: iat looks like milliseconds/)
  assert.match(await claims({ exp: 3600 }), /fix: exp is 3600, which looks like a span of 1h/)
  assert.doesNotMatch(await claims({ exp: NOW - 3600 }), /looks like/)
})

test('texts that are nearly the same', () => {
  for (const [one, other, says] of [
    ['"https://a.example"', '"https://a.example/"', 'they differ by a final "/"'],
    ['"API"', '"api"', 'they differ by upper and lower case'],
    ['"a b"', '"ab"', 'they differ by white space'],
    ['"http://a.example"', '"https://a.example"', 'they differ by http and https'],
    ['"a.example"', '"https://a.example"', 'they differ by "https://" in front'],
    ['"a\u200bb"', '"ab"', 'they differ by characters that nobody sees'],
    ['"https://a.example:443/x"', '"https://a.example/x"', 'they differ by a port that goes without saying'],
    ['"http://A.example/"', '"http://a.example"', 'they differ by a final "/" and upper and lower case'],
    ['"https://a.example"', '"https://a.example/v2.0"', 'they differ by what one of them has at its end: "/v2.0"'],
    [
      '"x", "https://a.example"',
      '"https://a.example/"',
      '"https://a.example" and "https://a.example/" differ by a final "/"',
    ],
  ] as const) {
    assert.equal(nearness(one, other), says)
    assert.match(nearness(other, one) ?? '', /differ by/)
  }
  for (const [one, other] of [
    ['"api"', '"web"'],
    ['"a"', '"a"'],
    ['"a"', '"ab"'],
    ['', '""'],
  ] as const)
    assert.equal(nearness(one, other), undefined)
})

const RIGHTS = [
  (secret: string) => Buffer.from(secret, 'base64'),
  (secret: string) => Buffer.from(secret, 'hex'),
  (secret: string) => Buffer.from(secret.trim()),
  (secret: string) => Buffer.from(`${secret}\n`),
  (secret: string) => Buffer.from(secret.slice(1, -1)),
  (secret: string) => Buffer.from(secret),
] as const

test('whatever a token nearly matches, it is accepted only where it matches', async () => {
  const secretOf = fc.oneof(
    fc.uint8Array({ minLength: 40, maxLength: 48 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.uint8Array({ minLength: 32, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    fc.string({ minLength: 64, maxLength: 80 }).map((part) => ` ${part} `),
    fc.string({ minLength: 64, maxLength: 80 }).map((part) => `"${part}"`),
  )
  const encodings = fc.constantFrom('utf8', 'base64', 'base64url', 'hex')
  await fc.assert(
    fc.asyncProperty(
      secretOf,
      fc.constantFrom(...RIGHTS),
      encodings,
      fc.boolean(),
      async (secret, right, encoding, junk) => {
        const bytes = right(secret)
        const args = [
          `${mac({ alg: 'HS256' }, { exp: NOW + 60 }, bytes)}${junk ? 'AAA' : ''}`,
          ...['--secret', '@s', '--secret-encoding', encoding, '--allow-weak-secret', '--json'],
        ]
        const ran = await verify(args, { files: { s: secret } })
        const taken = takenAs(secret, encoding)
        if (!junk && taken?.equals(bytes)) return assert.equal(ran.code, 0)
        assert.notEqual(ran.code, 0)
        assert.equal(ran.json()['ok'], false)
        assert.notEqual(ran.json()['verdict'], 'accepted')
        // A secret that is none in its encoding judges nothing.
        if (taken !== undefined) assert.deepEqual([ran.code, ran.json()['verdict']], [4, 'rejected'])
      },
    ),
    { numRuns: 150 },
  )
})

/** What a file stands for; nothing where it is not written so. */
function takenAs(secret: string, encoding: string): Buffer | undefined {
  const whole = secret.trim()
  if (encoding === 'utf8') return Buffer.from(secret.replace(/\r?\n$/, ''))
  if (encoding === 'hex') return /^([0-9a-f]{2})+$/i.test(whole) ? Buffer.from(whole, 'hex') : undefined
  const bytes = Buffer.from(whole, encoding as 'base64')
  const isSame = bytes.toString(encoding as 'base64').replace(/=+$/, '') === whole.replace(/=+$/, '')
  return isSame && bytes.length > 0 && (encoding === 'base64' || !whole.endsWith('=')) ? bytes : undefined
}
