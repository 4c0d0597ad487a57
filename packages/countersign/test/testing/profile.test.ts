import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessToken } from 'countersign/profile'
import { createTestIssuer } from 'countersign/testing'
import { refuses } from '../support/forge.ts'

test('the verifier of RFC 9068 refuses every hostile token with its code, and takes the access tokens', async () => {
  const { mint, verifierOptions } = await createTestIssuer({ typ: 'at+jwt', claims: { client_id: 'app' } })
  const verifier = accessToken.createVerifier(verifierOptions)
  for (const { name, token, code } of await mint.hostile()) {
    assert.equal((await refuses(verifier, token)).code, code, name)
  }
  for (const token of [await mint.accessToken({ scope: 'read' }), await mint.valid({ scope: 'read' })]) {
    const { claims } = await verifier.verify(token)
    assert.deepEqual([claims.client_id, claims.scope], ['app', 'read'])
  }
})

test('the verifier of RFC 9068 takes an access token of an issuer that was told nothing, and no other token of it', async () => {
  const { mint, verifierOptions } = await createTestIssuer()
  const verifier = accessToken.createVerifier(verifierOptions)
  await refuses(verifier, await mint.valid({ client_id: 'app' }), 'CS_TYP')
  assert.equal((await verifier.verify(await mint.accessToken())).claims.client_id, 'client')
})
