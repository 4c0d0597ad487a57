import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importKey, type Jwk, thumbprint } from 'countersign'
import certificates from '../support/certificates.json' with { type: 'json' }
import { ASYMMETRIC, jwkFor, PRIVATE_MEMBERS, publicMembers } from '../support/keys.ts'
import { command, NOW, type Ran, type World } from './support/memory-host.ts'

const EC = jwkFor('ES256')
const { certificate } = certificates.certificates.ES256
const DAY = 86_400

const inspect = (jwk: unknown, args: readonly string[] = [], world: World = {}): Promise<Ran> => {
  const k = typeof jwk === 'string' ? jwk : JSON.stringify(jwk)
  return command(['key', 'inspect', '@k', ...args], { ...world, files: { k } })
}

test('nothing of any key that is private is ever shown, in no form of the answer', async () => {
  for (const jwk of [...ASYMMETRIC.map((alg) => jwkFor(alg)), jwkFor('HS256'), { ...jwkFor('HS512'), use: 'sig' }]) {
    for (const args of [[], ['--json'], ['--verbose'], ['--color', 'always']]) {
      for (const given of [jwk, { keys: [jwk] }]) {
        const { code, out, err } = await inspect(given, args)
        assert.equal(code, 0, err)
        for (const name of PRIVATE_MEMBERS) {
          const value = jwk[name as 'd']
          if (value !== undefined) assert.ok(!(out + err).includes(value), `${jwk.kty} ${name} in ${args}`)
        }
      }
    }
  }
})

test('megabytes of letters that are no key, and more keys than a set has, are refused as such', async () => {
  for (const unit of [
    'eyA',
    'a=',
    'eyJhbGciOiJ4In0\n',
    '-----BEGIN A-----\n',
    '-----BEGIN A-----\n-----END A-----\n',
  ]) {
    const { code, err } = await inspect(unit.repeat(9e6 / unit.length))
    assert.deepEqual([code, /^error\[(\w+)\]/.exec(err)?.[1]], [3, 'CS_KEY_INVALID'], unit)
  }
  const { code, err } = await inspect({ keys: Array(1001).fill(publicMembers(EC)) })
  assert.equal(code, 3)
  assert.match(err, /@k has 1001 keys, 1000 are allowed/)
})

test('a key is told in words', async () => {
  const { out } = await inspect({ ...EC, kid: '2026-a', use: 'sig', key_ops: ['sign'] })
  const print = await thumbprint(importKey(EC))
  assert.equal(
    out,
    `EC P-256 private key  JWK, from @k

kid         2026-a
use         sig
key_ops     sign
thumbprint  ${print}
signs       ES256
`,
  )
})

test('a key is told to programs, its algorithms by what they are for', async () => {
  const print = await thumbprint(importKey(EC))
  const { json } = await inspect({ ...publicMembers(EC), kid: 'a' }, ['--json'])
  assert.deepEqual(json(), {
    ...{
      v: 1,
      ok: true,
      cmd: 'key inspect',
      form: 'JWK',
      kind: 'public',
      kty: 'EC',
      crv: 'P-256',
      bits: 256,
      kid: 'a',
    },
    thumbprint: print,
    algorithms: { sig: ['ES256'], key: ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'], enc: [] },
  })
})

test('a secret has no thumbprint', async () => {
  const json = (await inspect(jwkFor('HS256'), ['--json'])).json()
  assert.deepEqual([json['kind'], json['bits'], json['thumbprint']], ['secret', 256, undefined])
  assert.match((await inspect(jwkFor('HS256'))).out, /^secret, 32 bytes {2}JWK, from @k\n/)
})

test('what makes a key weak or of no use is advised', async () => {
  const zeros = { kty: 'oct', k: Buffer.alloc(32).toString('base64url') }
  for (const [jwk, advice] of [
    [zeros, /Make another: the secret consists of zeros\./],
    [{ kty: 'oct', k: 'AAECAwQFBgc' }, /too short to sign with: the least is 32 bytes, and it has 8\./],
    [{ ...publicMembers(EC), alg: 'ES999' }, /serves no algorithm: it says alg "ES999", which is none that is known\./],
    [{ ...publicMembers(EC), use: 'dance' }, /serves no algorithm: its type, size, use or key_ops leave none\./],
    [publicMembers(EC), /has no kid: in a set its thumbprint stands for it\./],
    [jwkFor('RS256'), /says no alg: whoever signs with it names one/],
  ] as const) {
    const { code, json, out } = await inspect(jwk, ['--json'])
    assert.equal(code, 0, out)
    assert.match((json()['advice'] as string[]).join('\n'), advice)
    assert.match((await inspect(jwk)).out, advice)
  }
})

test('a JWK that is refused is told as far as it can be, and why', async () => {
  const short = { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB', kid: 'old' }
  const text = await inspect(short)
  assert.equal(text.code, 6)
  assert.match(text.out, /^RSA 1024 public {2}JWK, from @k\n\nkid {2}old\n/)
  assert.match(text.err, /cannot use @k: this RSA key has 1024 bits; 2048 to 8192 are allowed\.\n.*key new RS256/)
  const json = (await inspect(short, ['--json'])).json()
  assert.deepEqual([json['ok'], json['kty'], json['bits'], json['kid']], [false, 'RSA', 1024, 'old'])
  const odd = await inspect({ kty: 'PQC', kid: 'x\u001b[31m\u202e' })
  assert.equal(odd.code, 9)
  for (const char of ['\u001b', '\u202e'])
    assert.ok(!(odd.out + odd.err).includes(char), 'what a terminal would act upon')
})

interface Moment {
  readonly unix: number
  readonly iso: string
}

test('of a certificate its names and its dates are told, and whether it is in date', async () => {
  const ran = await inspect(certificate, ['--json'])
  const {
    form,
    kind,
    certificate: paper,
    advice,
  } = ran.json() as {
    form: string
    kind: string
    advice?: string[]
    certificate: { subject: string; issuer: string; notBefore: Moment; notAfter: Moment }
  }
  assert.deepEqual([form, kind], ['PEM CERTIFICATE', 'public'])
  const { subject, issuer, notBefore, notAfter } = paper
  assert.match(subject, /CN=ES256 test, O=countersign/)
  assert.equal(issuer, subject)
  assert.equal(notBefore.iso, new Date(notBefore.unix * 1000).toISOString().replace('.000', ''))
  assert.equal(advice === undefined, NOW >= notBefore.unix)
  const now = notAfter.unix + 3 * DAY
  const late = await inspect(certificate, [], { now })
  assert.match(late.out, /valid to {4}\S+Z {2}\(3d ago\)/)
  assert.match(late.out, /! The certificate is out of date: it ended 3d ago\./)
  const early = await inspect(certificate, [], { now: notBefore.unix - 2 * DAY })
  assert.match(early.out, /! The certificate is not valid yet: it begins in 2d\./)
  const within = await inspect(certificate, [], { now: notBefore.unix + DAY })
  assert.doesNotMatch(within.out, /!/)
  const x5c = [certificate.replace(/-----.*-----|\n/g, '')]
  const jwk = await inspect({ ...(await jwkOf(certificate)), x5c }, [], { now })
  assert.match(jwk.out, /JWK, from @k[\s\S]*subject {5}CN=ES256 test[\s\S]*out of date/)
})

async function jwkOf(pem: string): Promise<Jwk> {
  const { json } = await command(['key', 'public', '@k', '--json'], { files: { k: pem } })
  return json()['key'] as Jwk
}

test('of a set each key is told, those that are refused and why, and what is wrong with the set', async () => {
  const set = {
    keys: [
      { ...publicMembers(EC), kid: 'a', alg: 'ES256' },
      { ...jwkFor('Ed25519'), kid: 'a' },
      { kty: 'PQC', kid: 'new' },
    ],
  }
  const { out, code } = await inspect(set)
  assert.equal(code, 0)
  assert.match(out, /^3 keys {2}JWK Set, from @k\n\nkid {2}key {18,}alg/)
  assert.match(out, /\na {4}EC P-256 {12,}ES256 {2}–/)
  assert.match(out, /\na {4}OKP Ed25519 private {2}/)
  assert.match(out, /\nrefused: key 3, kid new: kty "PQC" is not supported\./)
  assert.match(out, /! It holds private keys: keep it to yourself/)
  assert.match(out, /! Two of its keys have kid "a"\./)
  const keys = (await inspect(set, ['--json'])).json()['keys'] as Record<string, unknown>[]
  assert.deepEqual(
    keys.map(({ kind, kid, error }) => [kind, kid, (error as { code: string } | undefined)?.code]),
    [
      ['public', 'a', undefined],
      ['private', 'a', undefined],
      [undefined, 'new', 'CS_UNSUPPORTED'],
    ],
  )
  const mixed = await inspect({ keys: [publicMembers(EC), jwkFor('HS256')] })
  assert.match(mixed.out, /! It mixes secrets with other keys/)
  assert.match((await inspect({ keys: [] })).out, /^0 keys/)
  for (const keys of [{}, [1], null]) {
    const { code: exit, err } = await inspect({ keys })
    assert.equal(exit, 3)
    assert.match(err, /keys of @k is no array of JWKs/)
  }
})
