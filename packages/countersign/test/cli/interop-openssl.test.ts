import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Jwk } from 'countersign'
import { jwkFor, ML_DSA, publicMembers } from '../support/keys.ts'
import { command, type Ran } from './support/memory-host.ts'

const { stdout = '', error } = spawnSync('openssl', ['version'], { encoding: 'utf8' })
/** LibreSSL, which macOS has under this name, knows neither Ed448 nor the options of OpenSSL 3. */
const SKIP = error
  ? 'there is no openssl to compare with: apt-get install openssl'
  : stdout.startsWith('OpenSSL 3') || stdout.startsWith('OpenSSL 4')
    ? false
    : `${stdout.trim()} is not OpenSSL 3`
if (SKIP) console.log(`interop with openssl is skipped: ${SKIP}`)

const home = fs.mkdtempSync(join(tmpdir(), 'countersign-openssl-'))
after(() => fs.rmSync(home, { recursive: true }))
const at = (name: string): string => join(home, name)
const openssl = (...args: readonly string[]): Buffer =>
  execFileSync('openssl', [...args], {
    cwd: home,
    env: { PATH: process.env['PATH'] ?? '', P: 'open sesame' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
type Files = Record<string, string | Uint8Array>

/** Runs a command in memory, and gives openssl what it wrote. */
async function made(args: readonly string[], files: Files = {}): Promise<Ran> {
  const ran = await command(args, { files, env: { P: 'open sesame' } })
  assert.equal(ran.code, 0, ran.err + ran.out)
  for (const [name, { data }] of ran.written) fs.writeFileSync(at(name), data)
  return ran
}

const files = (...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, Uint8Array.from(fs.readFileSync(at(name)))]))

describe('openssl', { skip: SKIP }, () => {
  test('reads every form of a private key that is written here', async () => {
    for (const [alg, form, ...read] of [
      ['RS256', 'pem', 'pkey', '-check'],
      ['RS256', 'der', 'pkey', '-check', '-inform', 'DER'],
      ['RS256', 'pkcs1', 'rsa', '-check'],
      ['ES256', 'pem', 'pkey', '-check'],
      ['ES384', 'sec1', 'ec', '-check'],
      ['ES512', 'sec1', 'ec', '-check'],
      ['ES256K', 'der', 'pkey', '-check', '-inform', 'DER'],
      ['Ed25519', 'pem', 'pkey'],
      ['Ed448', 'der', 'pkey', '-inform', 'DER'],
    ] as const) {
      await made(['key', 'convert', '@k', '--to', form, '--out', 'key', '--force'], { k: JSON.stringify(jwkFor(alg)) })
      openssl(read[0], '-in', 'key', '-noout', ...read.slice(1))
      if (form === 'sec1' || form === 'pkcs1')
        assert.match(fs.readFileSync(at('key'), 'utf8'), /BEGIN (EC|RSA) PRIVATE/)
    }
  })

  test('reads the public halves, and they are those that it works out itself', async () => {
    for (const alg of ['RS256', 'ES256', 'ES512', 'Ed25519', 'Ed448'] as const) {
      const k = { k: JSON.stringify(jwkFor(alg)) }
      await made(['key', 'convert', '@k', '--to', 'pem', '--out', 'key', '--force'], k)
      const open = (await made(['key', 'public', '@k', '--to', 'pem'], k)).out
      assert.equal(openssl('pkey', '-in', 'key', '-pubout').toString(), open, alg)
    }
    await made(['key', 'convert', '@k', '--to', 'pkcs1', '--out', 'pub'], {
      k: JSON.stringify(publicMembers(jwkFor('RS256'))),
    })
    openssl('rsa', '-RSAPublicKey_in', '-in', 'pub', '-noout')
  })

  test('opens what is encrypted here, and not with another passphrase', async () => {
    await made(['key', 'new', 'ES256', '--out', 'sealed.pem', '--format', 'pem', '--encrypt', '--passphrase', 'env:P'])
    await made([
      'key',
      'new',
      'Ed25519',
      '--out',
      'sealed.der',
      '--format',
      'der',
      '--encrypt',
      '--passphrase',
      'env:P',
    ])
    openssl('pkey', '-in', 'sealed.pem', '-passin', 'env:P', '-noout', '-check')
    openssl('pkey', '-in', 'sealed.der', '-inform', 'DER', '-passin', 'env:P', '-noout')
    assert.throws(() => openssl('pkey', '-in', 'sealed.pem', '-passin', 'pass:wrong', '-noout'))
  })

  test('its keys are read here in every form that it writes, encrypted in old and new ways as well', async () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', 'ecparam.pem')
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-out', 'ec.pem')
    openssl('pkey', '-in', 'ec.pem', '-traditional', '-out', 'sec1.pem')
    openssl('pkey', '-in', 'ec.pem', '-traditional', '-aes256', '-passout', 'env:P', '-out', 'legacy.pem')
    openssl('pkcs8', '-topk8', '-in', 'ec.pem', '-passout', 'env:P', '-out', 'pbes2.pem')
    openssl('pkcs8', '-topk8', '-in', 'ec.pem', '-passout', 'env:P', '-scrypt', '-outform', 'DER', '-out', 'scrypt.der')
    openssl('pkey', '-in', 'ec.pem', '-pubout', '-outform', 'DER', '-out', 'pub.der')
    openssl('genpkey', '-algorithm', 'ed25519', '-outform', 'DER', '-out', 'ed.der')
    const inspect = async (name: string): Promise<Record<string, unknown>> =>
      (await made(['key', 'inspect', `@${name}`, '--json', '--passphrase', 'env:P'], files(name))).json()
    for (const [name, form, crv] of [
      ['ecparam.pem', 'PEM EC PRIVATE KEY', 'P-256'],
      ['ec.pem', 'PEM PRIVATE KEY', 'P-384'],
      ['sec1.pem', 'PEM EC PRIVATE KEY', 'P-384'],
      ['legacy.pem', 'PEM EC PRIVATE KEY', 'P-384'],
      ['pbes2.pem', 'PEM ENCRYPTED PRIVATE KEY', 'P-384'],
      ['scrypt.der', 'DER ENCRYPTED PRIVATE KEY', 'P-384'],
      ['pub.der', 'DER PUBLIC KEY', 'P-384'],
      ['ed.der', 'DER PRIVATE KEY', 'Ed25519'],
    ] as const) {
      const json = await inspect(name)
      assert.deepEqual([json['form'], json['crv']], [form, crv], name)
    }
    const prints = await Promise.all(
      ['ec.pem', 'pub.der', 'legacy.pem'].map(async (name) => (await inspect(name))['thumbprint']),
    )
    assert.equal(new Set(prints).size, 1)
  })

  test('its certificates are told, with words around them too, and its PKCS#12 and its requests are refused', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ed25519',
      '-nodes',
      '-keyout',
      'c.key',
      '-out',
      'c.crt',
      '-days',
      '30',
      '-subj',
      '/O=Acme\\, Inc./CN=ada',
    )
    fs.writeFileSync(at('text.crt'), openssl('x509', '-in', 'c.crt', '-text'))
    for (const name of ['c.crt', 'text.crt']) {
      const { certificate, crv } = (await made(['key', 'inspect', `@${name}`, '--json'], files(name))).json() as {
        crv: string
        certificate: { subject: string }
      }
      assert.equal(crv, 'Ed25519')
      assert.match(certificate.subject, /O=Acme, Inc\., CN=ada|O=Acme\\, Inc\., CN=ada/)
    }
    openssl('pkcs12', '-export', '-inkey', 'c.key', '-in', 'c.crt', '-passout', 'env:P', '-out', 'c.p12')
    openssl('req', '-new', '-key', 'c.key', '-subj', '/CN=x', '-out', 'c.csr')
    for (const [name, told] of [
      ['c.p12', /a PKCS#12 file.*openssl pkcs12/],
      ['c.csr', /a certificate request.*openssl req/],
    ] as const) {
      const { code, out } = await command(['key', 'inspect', `@${name}`, '--json'], { files: files(name) })
      assert.equal(code, 9)
      assert.match(out, told)
    }
  })

  test('checks what was signed here, and what it signed is verified here', async () => {
    const [key, pub] = [JSON.stringify(jwkFor('RS256')), JSON.stringify(publicMembers(jwkFor('RS256')))]
    const { out } = await made(['sign', '--key', '@key', '--alg', 'RS256', '--sub', 'ada', '--exp', '15m'], { key })
    const [header = '', payload = '', signature = ''] = out.trim().split('.')
    fs.writeFileSync(at('input'), `${header}.${payload}`)
    fs.writeFileSync(at('signature'), Buffer.from(signature, 'base64url'))
    await made(['key', 'convert', '@key', '--to', 'pem', '--out', 'rsa.pem'], { key })
    await made(['key', 'public', '@key', '--to', 'pem', '--out', 'rsa.pub'], { key })
    assert.match(
      openssl('dgst', '-sha256', '-verify', 'rsa.pub', '-signature', 'signature', 'input').toString(),
      /Verified OK/,
    )
    const own = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('{"sub":"ada"}').toString('base64url')}`
    fs.writeFileSync(at('input'), own)
    const signed = openssl('dgst', '-sha256', '-sign', 'rsa.pem', 'input').toString('base64url')
    const verified = await command(['verify', `${own}.${signed}`, '--key', '@pub', '--json'], { files: { pub } })
    assert.equal(verified.code, 0, verified.out)
    const forged = await command(['verify', `${own}A.${signed}`, '--key', '@pub', '--json'], { files: { pub } })
    assert.ok([3, 4].includes(forged.code))
  })

  test('agrees with a raw secret on an HMAC', async () => {
    const k = JSON.stringify(jwkFor('HS256'))
    await made(['key', 'convert', '@k', '--to', 'raw', '--out', 'secret'], { k })
    const { out } = await made(['sign', '--key', '@k', '--sub', 'ada', '--exp', '15m'], { k })
    const [header, payload, signature] = out.trim().split('.')
    fs.writeFileSync(at('input'), `${header}.${payload}`)
    const hex = fs.readFileSync(at('secret')).toString('hex')
    const mac = openssl('dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`, '-binary', 'input')
    assert.equal(mac.toString('base64url'), signature)
  })

  test('reads ML-DSA keys that are written here', async (t) => {
    const [major = 0, minor = 0] = (/OpenSSL (\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number)
    const jwks = ML_DSA.map((alg): Jwk => jwkFor(alg))
    if (major === 3 && minor < 5) return t.skip(`${stdout.trim()} has no ML-DSA, which 3.5 brings`)
    for (const jwk of jwks) {
      await made(['key', 'convert', '@k', '--to', 'pem', '--out', 'key', '--force'], { k: JSON.stringify(jwk) })
      openssl('pkey', '-in', 'key', '-noout')
    }
  })
})
