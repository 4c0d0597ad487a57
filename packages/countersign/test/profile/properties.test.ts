import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, secretKey } from 'countersign'
import { accessToken, clientAssertion, dpopProof, idToken, securityEvent } from 'countersign/profile'
import fc from 'fast-check'
import { now } from '../support/forge.ts'
import { STRONG } from '../support/keys.ts'
import { asWritten } from '../support/written.ts'
import { CLIENT, ISSUER, KEY, newStore } from './kinds.ts'

const secret = secretKey(STRONG, 'HS256')
const signing = { key: secret, issuer: ISSUER, audience: CLIENT, now } as const
const checking = { keys: secret, issuer: ISSUER, audience: CLIENT, now } as const
const RUNS = { numRuns: 60 }

const text = fc.string({ minLength: 1, unit: 'grapheme', maxLength: 40 })
const url = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] })

const request = fc.record({ method: text, url, nonce: text })

test('a proof is taken for the request that it was made for, and for no other', async () => {
  const signer = dpopProof.createSigner({ key: KEY, now })
  await fc.assert(
    fc.asyncProperty(request, request, async (own, other) => {
      const verifier = dpopProof.createVerifier({ replay: newStore(), now })
      const proof = await signer.sign(own)
      const isSame = plain(own.url) === plain(other.url) && own.method === other.method && own.nonce === other.nonce
      if (!isSame) assert.equal((await verifier.safeVerify(proof, other)).ok, false)
      assert.equal((await verifier.safeVerify(proof, own)).ok, true)
    }),
    RUNS,
  )
})

const plain = (text: string): string => {
  const { origin, pathname } = new URL(text)
  return origin + decodeURI(pathname)
}

test('every percent-encoding of a URL is the same URL, and a changed one is another (RFC 3986 §6.2.2)', async () => {
  const signer = dpopProof.createSigner({ key: KEY, now })
  const hex = (char: string): string => `%${char.charCodeAt(0).toString(16)}`
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[a-z0-9_~-]{1,20}$/), fc.nat(19), async (path, place) => {
      const at = place % path.length
      const [char = ''] = path.slice(at)
      const spelt = (as: string): { readonly method: string; readonly url: string } => ({
        method: 'GET',
        url: `https://api.example/${path.slice(0, at)}${as}${path.slice(at + 1)}`,
      })
      const verifier = dpopProof.createVerifier({ replay: newStore(), now })
      const proof = await signer.sign(spelt(char))
      assert.equal((await verifier.safeVerify(proof, spelt(char === 'a' ? 'b' : 'a'))).ok, false)
      assert.equal((await verifier.safeVerify(proof, spelt(hex(char)))).ok, true)
    }),
    RUNS,
  )
})

test('an ID token is taken with the nonce, the access token and the code that it was made with alone', async () => {
  const signer = idToken.createSigner({ ...signing, expiresIn: 60 })
  const verifier = idToken.createVerifier(checking)
  const company = fc.record({ nonce: text, accessToken: text, code: text }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(company, company, async (made, given) => {
      const token = await signer.sign({ sub: 'alice' }, made)
      const fits =
        made.nonce === given.nonce &&
        (given.accessToken === undefined || given.accessToken === made.accessToken) &&
        (given.code === undefined || given.code === made.code)
      assert.equal((await verifier.safeVerify(token, given)).ok, fits)
      assert.equal((await verifier.safeVerify(token, made)).ok, true)
    }),
    RUNS,
  )
})

test('attack 34: of any sequence of assertions each client and jti is let in once', async () => {
  const [client, jti] = [fc.constantFrom('a', 'b', 'a"', '["a'), fc.constantFrom('1', '2', '"1', '","1')]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(client, jti), { maxLength: 30 }), async (uses) => {
      const clients = (): typeof secret => secret
      const verifier = clientAssertion.createVerifier({ clients, audience: ISSUER, replay: newStore(), now })
      const seen = new Set<string>()
      for (const [iss, id] of uses) {
        const claims = { iss, sub: iss, aud: ISSUER, jti: id }
        const token = await createSigner({ key: secret, expiresIn: 60, now }).sign(claims)
        const name = JSON.stringify([iss, id])
        assert.equal((await verifier.safeVerify(token)).ok, !seen.has(name))
        seen.add(name)
      }
    }),
    RUNS,
  )
})

test('whatever else the claims say, they are read as they were signed', async () => {
  const signer = accessToken.createSigner({ ...signing, expiresIn: 60 })
  const verifier = accessToken.createVerifier(checking)
  const claims = fc.dictionary(
    text.map((name) => `x-${name}`),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 5 },
  )
  await fc.assert(
    fc.asyncProperty(claims, text, async (more, sub) => {
      const own = { ...more, sub, client_id: 'web' }
      const read = (await verifier.verify(await signer.sign(own))).claims
      const { iss: _, aud: __, iat: ___, exp: ____, jti: _____, ...rest } = read
      assert.deepEqual(rest, asWritten(own))
    }),
    RUNS,
  )
})

test('the claims of an event are anything at all, and its name is a URI', async () => {
  const signer = securityEvent.createSigner(signing)
  const verifier = securityEvent.createVerifier(checking)
  const event = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  const names = fc.oneof(
    url,
    fc.uuid().map((id) => `urn:uuid:${id}`),
  )
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, event, { minKeys: 1, maxKeys: 4 }), text, async (events, name) => {
      const token = await signer.sign({ events })
      assert.deepEqual((await verifier.verify(token)).claims.events, asWritten(events))
      if (!/^[a-z][a-z0-9+.-]*:/i.test(name))
        await assert.rejects(signer.sign({ events: { ...events, [name]: {} } }), { code: 'CS_CLAIM_VALUE' })
    }),
    RUNS,
  )
})
