/**
 * The last step of make.sh: writes what stands in its folder, by its manifest, as one JSON text to standard output. The
 * expected JWK of a key comes from node:crypto, and each member has to stand in what OpenSSL prints of that key.
 */
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Members = Readonly<Record<string, string>>

const folder = process.argv[2] ?? '.'
const read = (file: string): Buffer => readFileSync(join(folder, file))
const lines = read('manifest.tsv')
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'))

/** The rows of the manifest of one sort, without the sort. */
const rows = (sort: string): string[][] => lines.filter(([first]) => first === sort).map((row) => row.slice(1))

const content = (file: string, passphrase: string): Members => ({
  ...(file.endsWith('.der') ? { der: read(file).toString('base64') } : { pem: read(file).toString() }),
  ...(passphrase !== '' && { passphrase }),
})

/** The members of a private key, from node:crypto, and from OpenSSL where it has printed them. */
function membersOf(file: string): Members {
  const jwk = createPrivateKey(read(`${file}.pem`)).export({ format: 'jwk' }) as Members
  if (!existsSync(join(folder, `${file}.txt`))) {
    // ML-DSA: the seed ends one container and the public key the other (RFC 9881 §4, §6).
    const [seed, open] = [read(`${file}.seed.der`).subarray(-32), read(`${file}.spki.der`).subarray(22)]
    assert.deepEqual([jwk['priv'], jwk['pub']], [seed.toString('base64url'), open.toString('base64url')])
    return jwk
  }
  const printed = read(`${file}.txt`).toString().replace(/[\s:]/g, '')
  for (const [name, value] of Object.entries(jwk)) {
    if (name === 'kty' || name === 'crv') continue
    const hex = Buffer.from(value, 'base64url').toString('hex')
    assert.ok(printed.includes(name === 'e' ? '65537(0x10001)' : hex), `${file}: OpenSSL prints another ${name}`)
    if (name === 'e') assert.equal(hex, '010001')
  }
  return jwk
}

/**
 * A wrong passphrase that gives octets whose padding is right, as one in some 256 does: then it is the key inside that
 * cannot be read. Only a cipher in CBC mode has such a passphrase, and looking for one with scrypt takes too long.
 */
function nearlyOf(form: string, { pem, passphrase }: Members): Members {
  if (pem === undefined || passphrase === undefined || form.includes('scrypt')) return {}
  for (let at = 0; ; at++) {
    const nearly = `wrong ${at}`
    try {
      createPrivateKey({ key: pem, format: 'pem', passphrase: nearly })
      assert.fail(`${form} has two passphrases`)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === 'ERR_OSSL_BAD_DECRYPT') continue
      assert.equal(code, 'ERR_OSSL_UNSUPPORTED')
      return { nearly }
    }
  }
}

function keyOf([key = '', , , file = '']: readonly string[]): object {
  const jwk = membersOf(file)
  const { d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, priv: _______, ...open } = jwk
  return { key, private: jwk, public: open }
}

const made = {
  keys: rows('key').map(keyOf),
  forms: rows('form').map(([key, form = '', kind, file = '', passphrase = '']) => {
    const input = content(file, passphrase)
    return { key, form, kind, ...input, ...nearlyOf(form, input) }
  }),
  refused: rows('refused').map(([what, , , file = '', passphrase = '']) => ({ what, ...content(file, passphrase) })),
}

process.stdout.write(`${JSON.stringify(made, null, 2)}\n`)
