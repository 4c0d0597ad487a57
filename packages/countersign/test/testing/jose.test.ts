import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestIssuer } from 'countersign/testing'
import * as jose from 'jose'
import { isHere } from '../support/keys.ts'

for (const alg of ['ES256', 'RS256', 'Ed25519'].filter(isHere)) {
  test(`${alg}: jose refuses every hostile token, and verifies the valid ones`, async () => {
    const issuer = await createTestIssuer({ alg })
    const keys = jose.createLocalJWKSet((await issuer.jwks()) as jose.JSONWebKeySet)
    const options: jose.JWTVerifyOptions = {
      issuer: issuer.issuer,
      audience: issuer.audience,
      typ: 'JWT',
      requiredClaims: ['exp'],
      currentDate: new Date(issuer.clock.now() * 1000),
    }
    for (const { name, token } of await issuer.mint.hostile()) {
      await assert.rejects(jose.jwtVerify(token, keys, options), { name: /^(JOSE|JW[SKT])/ }, name)
    }
    const { payload } = await jose.jwtVerify(await issuer.mint.valid({ scope: 'read' }), keys, options)
    assert.equal(payload['scope'], 'read')
  })
}

test('jose finds the keys by the fetch of a test issuer', async () => {
  const { fetch, jwksUri, mint, issuer, audience, requests } = await createTestIssuer()
  const keys = jose.createRemoteJWKSet(new URL(jwksUri), { [jose.customFetch]: fetch })
  await assert.rejects(jose.jwtVerify(await mint.wrongKey(), keys, { issuer, audience }), jose.errors.JOSEError)
  await jose.jwtVerify(await mint.valid(), keys, { issuer, audience })
  assert.deepEqual(requests, [jwksUri])
})
