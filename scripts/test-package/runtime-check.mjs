// Runs on each runtime that reads files, against the built library in a node_modules beside it: its doors lead where that
// runtime should go, what capabilities() names works, what it does not name is refused by name, and nothing is printed but
// the result. It is plain JavaScript, for runtimes that take no types.
import assert from 'node:assert/strict'
import * as promise from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { signJws, verifyJws } from 'countersign/jws'
import * as sync from 'countersign/sync'

const ALL = [
  ...[256, 384, 512].flatMap((bits) => ['HS', 'RS', 'PS', 'ES'].map((family) => `${family}${bits}`)),
  ...['ES256K', 'EdDSA', 'Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
]
const can = promise.capabilities()
for (const alg of can.signature) assert.ok(ALL.includes(alg), `${alg} is not expected`)
const node = can.backend === 'node:crypto'
const doors = node ? [promise, sync] : [promise]
for (const door of ['countersign', 'countersign/sync', 'countersign/jws', 'countersign/jwe'])
  assert.equal(import.meta.resolve(door).includes('/node/'), node, import.meta.resolve(door))
if (!node) assert.throws(() => sync.generateKey('HS256'), TypeError)

const policy = { issuer: 'i', audience: 'a' }
for (const alg of ALL) {
  if (!can.signature.includes(alg)) {
    const where = node ? `: node:crypto of Node ${process.versions.node} ` : ''
    const refusal = { code: 'CS_UNSUPPORTED', message: new RegExp(`no .*${where}`) }
    await assert.rejects(promise.generateKey(alg), refusal, alg)
    if (node) assert.throws(() => sync.generateKey(alg), refusal)
    const octets = { 'ML-DSA-44': 1312, 'ML-DSA-65': 1952, 'ML-DSA-87': 2592 }[alg]
    if (octets === undefined) continue
    const jwk = { kty: 'AKP', alg, kid: 'k', pub: Buffer.alloc(octets, 1).toString('base64url') }
    assert.throws(() => promise.importKey(jwk), refusal)
    const { keys, skipped } = promise.keySet({ keys: [jwk] })
    assert.deepEqual([keys.length, skipped[0].error.code], [0, 'CS_UNSUPPORTED'])
    continue
  }
  for (const door of doors) {
    const key = await door.generateKey(alg)
    const open = key.kind === 'secret' ? key : door.importKey(await door.exportPem(await door.publicKey(key)), { alg })
    const signer = door.createSigner({ key, issuer: 'i', audience: 'a', expiresIn: '5m' })
    const token = await signer.sign({ sub: 'alice' })
    assert.equal((await door.createVerifier({ keys: open, ...policy }).verify(token)).claims.sub, 'alice')
    const again = door.importKey(await door.exportJwk(key))
    const jws = await signJws('payload', { key: again, serialization: 'flattened' })
    assert.equal(Buffer.from((await verifyJws(jws, { keys: open })).payload).toString(), 'payload')
  }
}

for (const alg of can.management) {
  const password = alg.startsWith('PBES2')
  const key = password
    ? promise.secretKey({ text: 'correct horse battery staple' }, alg)
    : await promise.generateKey(alg === 'dir' ? 'A256GCM' : alg)
  const to = key.kind === 'secret' ? key : await promise.publicKey(key)
  for (const enc of alg === 'dir' ? ['A256GCM'] : can.content) {
    const jwe = await encryptJwe('plaintext', { key: to, alg, enc })
    const { plaintext } = await decryptJwe(jwe, { keys: key, algorithms: [alg] })
    assert.equal(Buffer.from(plaintext).toString(), 'plaintext')
    if (password) break
  }
}

// CryptoKeys of both kinds, and a foreign signer.
const { subtle } = globalThis.crypto
for (const extractable of [true, false]) {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, extractable, ['sign', 'verify'])
  const key = promise.importKey(pair.privateKey, { kid: 'k' })
  const compact = await signJws('payload', { key })
  await verifyJws(compact, { keys: promise.importKey(pair.publicKey) })
  assert.equal(key.extractable, extractable)
}
console.log(JSON.stringify(can))
