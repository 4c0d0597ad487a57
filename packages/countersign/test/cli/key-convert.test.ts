import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { test } from 'node:test'
import { importKey, type Jwk, thumbprint } from 'countersign'
import { ASYMMETRIC, derOf, jwkFor, nodePair, octetsOf, pemOf, publicMembers } from '../support/keys.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

type Content = string | Uint8Array
const EC = jwkFor('ES256')
const RSA = jwkFor('RS256')
const ED = jwkFor('Ed25519')
const SECRET = jwkFor('HS256')
const FILES: Record<string, Content> = {
  ec: JSON.stringify(EC),
  'ec.pub': JSON.stringify(publicMembers(EC)),
  rsa: JSON.stringify(RSA),
  'rsa.pub': JSON.stringify(publicMembers(RSA)),
  ed: JSON.stringify(ED),
  'ed.pub': JSON.stringify(publicMembers(ED)),
  secret: JSON.stringify(SECRET),
  kept: JSON.stringify({ ...EC, ext: false }),
  more: JSON.stringify({ ...publicMembers(EC), iat: 1, 'x5t#S256': 'x' }),
}

const key = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['key', ...args], { ...world, files: { ...FILES, ...world.files } })
const convert = (source: string, to: string, out = 'out'): Promise<Ran> =>
  key(['convert', `@${source}`, '--to', to, '--out', out])
const dataOf = ({ written }: Ran, path = 'out'): Content => written.get(path)?.data ?? ''

const REFUSED: readonly (readonly [args: readonly string[], exit: number, told: RegExp])[] = [
  [['convert', '@ec'], 2, /@ec is a private key, which is not printed unasked[\s\S]*`countersign key public`/],
  [['convert', '@secret', '--to', 'raw'], 2, /@secret is a secret, which is not printed unasked/],
  [['convert', '@secret', '--to', 'pem', '--out', 'f'], 6, /which has no form pem[\s\S]*write it as jwk/],
  [['convert', '@ec', '--to', 'pkcs1', '--out', 'f'], 6, /a private EC key, which has no form pkcs1/],
  [['convert', '@ed', '--to', 'sec1', '--out', 'f'], 6, /a private OKP key, which has no form sec1/],
  [['convert', '@ec.pub', '--to', 'sec1'], 6, /a public EC key, which has no form sec1/],
  [['convert', '@rsa', '--to', 'raw', '--out', 'f'], 6, /a private RSA key, which has no form raw/],
  [['convert', '@kept', '--out', 'f'], 6, /"ext": false/],
  [['convert', '@ec', '--to', 'der', '--out', 'ed'], 2, /ed is there already/],
  [['convert', '@ec', '--to', 'docx', '--out', 'f'], 2, /--to is one of jwk/],
  [['public', '@secret'], 6, /@secret is a secret, which has no public half/],
  [['public', '@ec', '--to', 'raw'], 2, /--to is one of/],
  [['thumbprint', '@secret'], 6, /would let everyone who sees it try secrets out[\s\S]*RFC 7638 §7/],
  [['thumbprint', '@ec', '--hash', 'md5'], 2, /--hash is one of/],
]

for (const [args, exit, told] of REFUSED) {
  test(`key ${args.join(' ')} is refused`, async () => {
    const { code, out, err, written } = await key(args)
    assert.equal(code, exit, err)
    assert.match(err, told)
    assert.equal(out, '')
    assert.equal(written.size, 0)
  })
}

test('octets go to no terminal, and to a file, a pipe or a document they do', async () => {
  const refused = await key(['convert', '@ec.pub', '--to', 'der'], { terminal: true })
  assert.equal(refused.code, 2)
  assert.match(refused.err, /der is octets, and a terminal shows text/)
  const told = await key(['convert', '@ec.pub', '--to', 'der', '--json'], { terminal: true })
  assert.deepEqual(Buffer.from(String(told.json()['key']), 'base64'), Buffer.from(derOf(pemOf(publicMembers(EC)))))
  const file = await convert('ec.pub', 'der')
  assert.deepEqual(Buffer.from(dataOf(file)), Buffer.from(derOf(pemOf(publicMembers(EC)))))
})

test('a key goes through PEM, DER and JWK and comes back the same', async () => {
  for (const alg of ASYMMETRIC) {
    for (const jwk of [jwkFor(alg), publicMembers(jwkFor(alg))]) {
      const print = await thumbprint(importKey(jwk))
      for (const form of ['pem', 'der', 'jwk', 'jwks'] as const) {
        const there = await key(['convert', '@k', '--to', form, '--out', 'out'], { files: { k: JSON.stringify(jwk) } })
        assert.equal(there.code, 0, `${alg} ${form}: ${there.err}`)
        assert.equal(there.written.get('out')?.isPrivate, jwk.d !== undefined || jwk.priv !== undefined)
        const back = await key(['convert', '@out', '--out', '-', '--json'], { files: { out: dataOf(there) } })
        const { key: own } = back.json() as { key: Jwk }
        assert.equal(await thumbprint(importKey(own)), print)
        assert.equal(own.d, jwk.d)
      }
    }
  }
})

test('PEM is what the platform writes', async () => {
  for (const alg of ['RS256', 'ES256', 'Ed25519'] as const) {
    const files = { k: JSON.stringify(jwkFor(alg)) }
    assert.equal(dataOf(await key(['convert', '@k', '--to', 'pem', '--out', 'out'], { files })), pemOf(jwkFor(alg)))
    const open = await key(['public', '@k', '--to', 'pem'], { files })
    assert.equal(open.out, pemOf(publicMembers(jwkFor(alg))))
  }
})

test('pkcs1 and sec1 are what the platform writes, under their own labels', async () => {
  const rsa = nodePair(RSA)
  const pkcs1 = { format: 'pem', type: 'pkcs1' } as const
  assert.equal(dataOf(await convert('rsa', 'pkcs1')), rsa.privateKey.export(pkcs1))
  assert.equal((await key(['convert', '@rsa.pub', '--to', 'pkcs1'])).out, rsa.publicKey.export(pkcs1))
  for (const alg of ['ES256', 'ES384', 'ES512'] as const) {
    const jwk = jwkFor(alg)
    const ran = await key(['convert', '@k', '--to', 'sec1', '--out', 'out'], { files: { k: JSON.stringify(jwk) } })
    assert.equal(dataOf(ran), nodePair(jwk).privateKey.export({ format: 'pem', type: 'sec1' }), alg)
  }
})

test('raw is the bare octets', async () => {
  const raw = async (source: string): Promise<Buffer> => Buffer.from(dataOf(await convert(source, 'raw')))
  assert.deepEqual(await raw('secret'), Buffer.from(SECRET.k ?? '', 'base64url'))
  assert.deepEqual(await raw('ed'), Buffer.from(octetsOf(ED, 'd')))
  assert.deepEqual(await raw('ed.pub'), Buffer.from(octetsOf(ED, 'x')))
  assert.deepEqual(await raw('ec'), Buffer.from(octetsOf(EC, 'd')))
  const ecdh = crypto.createECDH('prime256v1')
  ecdh.setPrivateKey(octetsOf(EC, 'd'))
  assert.deepEqual(await raw('ec.pub'), ecdh.getPublicKey())
})

test('a private key goes to a file of its owner, and --out - prints it', async () => {
  const file = await convert('ec', 'pem')
  assert.equal(file.written.get('out')?.isPrivate, true)
  assert.equal(file.out, '')
  assert.equal(file.err, 'wrote out (private, mode 0600)\n')
  assert.match((await convert('ec', 'pem', '-')).out, /^-----BEGIN PRIVATE KEY-----\n/)
  const told = await key(['convert', '@ec', '--to', 'pem', '--out', 'out', '--json'])
  assert.deepEqual(told.json(), { v: 1, ok: true, cmd: 'key convert', form: 'pem', kind: 'private', files: ['out'] })
  assert.match(String(dataOf(told)), /^-----BEGIN PRIVATE KEY-----\n/)
})

test('an encrypted key that is written openly is told of', async () => {
  const pem = nodePair(EC).privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'p' })
  const world = { files: { e: pem.toString() }, env: { P: 'p' } }
  const { err } = await key(['convert', '@e', '--out', 'out', '--passphrase', 'env:P'], world)
  assert.match(err, /note\[CS_NOTE_KEY\]: @e is encrypted, and out is not\./)
})

test('what is no part of a key is left out of a JWK, and that is said', async () => {
  const { out, err } = await key(['public', '@more'])
  assert.deepEqual(JSON.parse(out), publicMembers(EC))
  assert.match(err, /left out what is not part of the key: iat, x5t#S256\./)
})

test('the public half has no private member, and in a set it has a name', async () => {
  for (const name of ['ec', 'rsa', 'ed']) {
    const { out } = await key(['public', `@${name}`])
    assert.deepEqual(JSON.parse(out), publicMembers(JSON.parse(String(FILES[name])) as Jwk))
  }
  const { keys } = JSON.parse((await key(['public', '@ec', '--to', 'jwks'])).out) as { keys: Jwk[] }
  assert.equal(keys[0]?.kid, await thumbprint(importKey(EC)))
})

test('the thumbprint is that of both halves, by every hash, and as a URI', async () => {
  for (const [hash, own] of [
    ['sha256', 'sha-256'],
    ['sha384', 'sha-384'],
    ['sha512', 'sha-512'],
  ] as const) {
    const print = await thumbprint(importKey(EC), own)
    assert.equal((await key(['thumbprint', '@ec', '--hash', hash])).out, `${print}\n`)
    const uri = `urn:ietf:params:oauth:jwk-thumbprint:${own}:${print}`
    assert.equal((await key(['thumbprint', '@ec.pub', '--hash', hash, '--uri'])).out, `${uri}\n`)
    assert.deepEqual((await key(['thumbprint', '@ec', '--hash', hash, '--json'])).json(), {
      ...{ v: 1, ok: true, cmd: 'key thumbprint', hash: own, thumbprint: print, uri },
    })
  }
})
