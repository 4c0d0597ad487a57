import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportPem, importKey, type Jwk, keySet } from 'countersign'
import { createKeyRing, type JwksHandler, jwksHandler, type StoredKey } from 'countersign/keyring'
import { kidOf, RiggedStore, rig } from '../keyring/rig.ts'
import { CLAIMS, fails, mac, NOW, now, refuses } from '../support/forge.ts'
import { isHere, jwkFor, PRIVATE_MEMBERS, publicMembers } from '../support/keys.ts'

const bodyOf = async (handler: JwksHandler): Promise<string> => {
  const response = (await handler({ method: 'GET', headers: new Headers() })) as Response
  assert.equal(response.status, 200)
  return response.text()
}
/** The values of a JWK that are nobody's business. */
const secretsOf = (jwk: Jwk): readonly string[] =>
  PRIVATE_MEMBERS.map((name) => (jwk as unknown as Record<string, string | undefined>)[name] ?? '').filter(Boolean)
const rowOf = (alg: string, jwk: Jwk, publicJwk: Jwk): StoredKey => ({
  kid: 'k',
  alg,
  publicJwk: { ...publicJwk, kid: 'k' },
  privateJwk: JSON.stringify({ ...jwk, kid: 'k', alg }),
  publishedAt: NOW,
  activateAt: NOW,
})
const storeOf = (...rows: readonly StoredKey[]): RiggedStore => Object.assign(new RiggedStore(), { rows })

// 55. Private JWK published

const KINDS = ['RS256', 'PS512', 'ES256', 'ES512', 'EdDSA', 'Ed448', 'ML-DSA-44'].filter(isHere)
for (const alg of KINDS) {
  test(`attack 55: a ring of ${alg} publishes neither a private member nor a value of one`, async () => {
    const { store, ring } = await rig({ alg })
    const secrets = store.keys.flatMap(({ privateJwk = '' }) => secretsOf(JSON.parse(privateJwk)))
    assert.ok(secrets.length >= 2)
    for (const body of [await bodyOf(jwksHandler(ring)), JSON.stringify(await ring.publicJwks())]) {
      for (const secret of secrets) assert.ok(!body.includes(secret))
      for (const name of PRIVATE_MEMBERS) assert.ok(!body.includes(`"${name}"`))
    }
  })
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`attack 55: a whole ${alg} key in place of a public half is refused by a ring, and never published`, async () => {
    const jwk = jwkFor(alg)
    const hostile = rowOf(alg, jwk, jwk)
    await fails(() => createKeyRing({ alg, store: storeOf(hostile), now }), 'CS_KEY_INVALID')
    const { store, ring } = await rig({ alg })
    const handler = jwksHandler(ring)
    const before = await bodyOf(handler)
    store.rows = [...store.keys, hostile]
    await fails(() => ring.refresh(), 'CS_KEY_INVALID')
    assert.equal(await bodyOf(handler), before)
  })

  test(`attack 55: private members beside a public ${alg} half, all but the one that makes it private, are not published`, async () => {
    const jwk = jwkFor(alg)
    const rest = Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== 'd')) as unknown as Jwk
    const extra = { ...rest, k: 'secret', priv: 'secret', oth: [{ d: 'secret' }], D: 'secret', nested: { d: jwk.d } }
    const row = rowOf(alg, jwk, extra)
    const opened = await createKeyRing({ alg, store: storeOf(row), now }).catch((error) => error)
    if (opened instanceof Error) return assert.ok(!JSON.stringify(opened).includes(jwk.d ?? '?'))
    const body = await bodyOf(jwksHandler(opened))
    for (const secret of [...secretsOf(jwk), 'secret']) assert.ok(!body.includes(secret))
    assert.deepEqual(
      Object.keys(JSON.parse(body).keys[0]).sort(),
      [...Object.keys(publicMembers(jwk)), 'alg', 'kid'].sort(),
    )
  })
}

// 56. oct keys in a public JWKS

test('attack 56: a ring of secrets publishes none, in no state of its life', async () => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    const { clock, store, ring } = await rig({ alg })
    const handler = jwksHandler(ring)
    const act = [
      async () => {},
      () => ring.rotateNow(),
      async () => (clock.time += 40 * 86_400),
      () => ring.revoke(ring.list()[0]?.kid ?? ''),
    ]
    for (const step of act) {
      await step()
      await ring.refresh()
      assert.equal(await bodyOf(handler), '{"keys":[]}')
      assert.ok(store.keys.every(({ publicJwk }) => publicJwk === undefined))
    }
  }
})

test('attack 56: a secret that stands where a public half should is refused by a ring', async () => {
  const secret = { ...jwkFor('HS256'), kty: 'oct' }
  for (const alg of ['HS256', 'ES256']) {
    const { ring, store } = await rig({ alg })
    const handler = jwksHandler(ring)
    const before = await bodyOf(handler)
    store.rows = [...store.keys, { ...rowOf('HS256', secret, secret), publishedAt: NOW - 1, activateAt: NOW - 1 }]
    await fails(() => ring.refresh(), 'CS_KEY_INVALID')
    assert.equal(await bodyOf(handler), before)
    assert.ok(!before.includes(secret.k ?? '?'))
  }
})

test('attack 56: what a ring publishes is no secret to its verifier', async () => {
  const { store, ring, signer, verifier } = await rig()
  const kid = kidOf(await signer.sign({}))
  const jwk = store.key(kid)?.publicJwk as Jwk
  const body = await bodyOf(jwksHandler(ring))
  const pem = await exportPem(importKey(jwk))
  for (const secret of [
    body,
    JSON.stringify(jwk),
    pem,
    pem.trim(),
    jwk.x ?? '',
    Buffer.from(jwk.x ?? '', 'base64url'),
    '',
  ]) {
    await refuses(verifier, mac({ alg: 'HS256', kid }, CLAIMS, secret))
    await refuses(verifier, mac({ alg: 'HS256' }, CLAIMS, secret))
  }
  assert.equal(keySet(await ring.publicJwks()).keys.length, 2)
})

test('attack 56: a ring of secrets takes no token by an algorithm for key pairs', async () => {
  const { signer, verifier } = await rig({ alg: 'HS256' })
  const [header = '', payload = '', signature = ''] = (await signer.sign({})).split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  for (const alg of ['ES256', 'RS256', 'HS384', 'none']) {
    const other = Buffer.from(JSON.stringify({ alg, typ: 'JWT', kid })).toString('base64url')
    await refuses(verifier, `${other}.${payload}.${signature}`)
  }
})
