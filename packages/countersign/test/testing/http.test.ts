import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, discover, remoteKeySet } from 'countersign'
import { createTestIssuer } from 'countersign/testing'
import { Endpoint } from '../../src/testing/endpoint.ts'
import { serve } from '../../src/testing/serve.ts'
import { refuses } from '../support/forge.ts'

test('http: true is a TypeError where there is no node:http', async () => {
  const silent = async (): Promise<undefined> => undefined
  for (const http of [null, {}, { createServer: true }]) await assert.rejects(serve(silent, http), TypeError)
})

test('http: true listens, or says at once that nothing can here', async () => {
  try {
    await (await createTestIssuer({ http: true })).close()
  } catch (error) {
    assert.match(String(error), /^TypeError: http: true takes node:http/)
  }
})

test('a request for something that is no path is answered with 404', async () => {
  const base = 'http://127.0.0.1:49152'
  const endpoint = new Endpoint({ issuer: base, base, alg: 'ES256', jwks: async () => ({ keys: [] }) })
  for (const target of ['', '*', '//', 'http://elsewhere.example/.well-known/jwks.json', '/%', '?x', 'a:b']) {
    assert.equal((await endpoint.answer(target))?.status, 404, target)
  }
  assert.equal((await endpoint.answer('/.well-known/jwks.json?x'))?.status, 200)
})

test('a real server: an issuer that listens is found by its URL, and gone once it is closed', async () => {
  const issuer = await createTestIssuer({ http: true })
  const { mint, audience } = issuer
  try {
    assert.match(issuer.issuer, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
    assert.equal(issuer.jwksUri, `${issuer.issuer}/.well-known/jwks.json`)
    const { keys, issuer: name } = await discover(issuer.issuer)
    const verifier = createVerifier({ keys, issuer: name, audience })
    for (const { name, token, code } of await mint.hostile()) {
      assert.equal((await refuses(verifier, token)).code, code, name)
    }
    await verifier.verify(await mint.valid())
    assert.deepEqual(issuer.requests, [`${issuer.issuer}/.well-known/openid-configuration`, issuer.jwksUri])
    assert.equal((await fetch(`${issuer.issuer}/elsewhere?x=1`)).status, 404)
  } finally {
    await issuer.close()
  }
  await assert.rejects(fetch(issuer.jwksUri))
  await issuer.close()
})

test('a real server: an outage over HTTP is unavailable', async () => {
  const issuer = await createTestIssuer({ http: true })
  try {
    for (const [index, what] of [true, 500].entries()) {
      issuer.outage(what)
      // Other options make another set, which has not backed off.
      const keys = remoteKeySet(issuer.jwksUri, { cacheMaxAge: 100 + index })
      const verifier = createVerifier({ ...issuer.verifierOptions, keys })
      assert.equal((await refuses(verifier, await issuer.mint.valid(), 'CS_JWKS_FETCH')).unavailable, true)
    }
  } finally {
    await issuer.close()
  }
})

test('a real server: an issuer keeps the name that it was given', async () => {
  const issuer = await createTestIssuer({ http: true, issuer: 'https://issuer.example/tenant' })
  try {
    assert.match(issuer.jwksUri, /^http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json$/)
    const verifier = createVerifier({ ...issuer.verifierOptions, keys: remoteKeySet(issuer.jwksUri) })
    assert.equal((await verifier.verify(await issuer.mint.valid())).claims.iss, 'https://issuer.example/tenant')
  } finally {
    await issuer.close()
  }
})
