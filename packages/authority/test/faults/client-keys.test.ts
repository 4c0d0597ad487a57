import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { clientAssertion } from 'countersign/profile'
import * as jose from 'jose'
import { createFetch, silenceIn } from '../../src/protocol/outgoing.ts'
import {
  addClient,
  authorize,
  codeGrant,
  type KeyPair,
  newKeyPair,
  ORDERS,
  openWorld,
  post,
  refused,
  type World,
} from '../support/world.ts'

/** How the server of a client is. */
type State = 'well' | 'failing' | 'cut' | 'confused'

const OUT_OF_REACH = ['failing', 'cut'] as const

/** A server that publishes the keys of a client, as long as it is well. */
async function startKeys(): Promise<{ origin: string; state: State; keys: object; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (keys.state === 'cut') return void request.socket.destroy()
    if (keys.state === 'failing') return void response.writeHead(500).end()
    response.setHeader('content-type', 'application/json')
    response.end(keys.state === 'well' ? JSON.stringify(keys.keys) : '<html>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const keys = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state: 'well' as State,
    keys: {},
    async close() {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
  return keys
}

describe('a client whose keys are out of reach', () => {
  let world: World
  let server: Awaited<ReturnType<typeof startKeys>>
  before(async () => {
    server = await startKeys()
    world = await openWorld('sqlite', { env: { OUTGOING_ALLOW: server.origin } })
  })
  after(async () => {
    await world?.stop()
    await server?.close()
  })

  const ask = async (id: string, { key }: KeyPair): ReturnType<typeof post> => {
    const signer = clientAssertion.createSigner({ key, clientId: id, audience: world.issuer })
    const grant = { grant_type: 'client_credentials', resource: ORDERS }
    return post(world, '/token', {
      ...grant,
      client_assertion: await signer.sign(),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
  }

  for (const state of OUT_OF_REACH)
    test(`is told to come back, and not that its assertion is bad: ${state}`, async () => {
      const [pair, stranger] = [await newKeyPair(), await newKeyPair()]
      const { client_id: id } = await world.operations.addClient({
        type: 'service',
        auth: 'private_key_jwt',
        jwks_uri: `${server.origin}/keys`,
        resources: { [ORDERS]: 'orders:read' },
      })
      server.keys = pair.jwks
      server.state = state
      for (const whose of [pair, stranger]) {
        const answer = await ask(id, whose)
        refused(answer, 'temporarily_unavailable', 503)
        assert.deepEqual([answer.headers.get('retry-after'), answer.headers.get('www-authenticate')], ['5', null])
      }
      server.state = 'confused' // its answer is there, and is wrong: that is for its owner to mend
      refused(await ask(id, pair), 'invalid_client', 401)
      server.state = 'well'
      refused(await ask(id, stranger), 'invalid_client', 401)
      assert.equal((await ask(id, pair)).status, 200)
    })

  for (const state of OUT_OF_REACH)
    test(`redeems its code later, when its ID token can be encrypted: ${state}`, async () => {
      const { publicKey } = await jose.generateKeyPair('ECDH-ES')
      server.keys = { keys: [{ ...(await jose.exportJWK(publicKey)), use: 'enc', alg: 'ECDH-ES', kid: 'own' }] }
      server.state = state
      const app = await addClient(world, {
        type: 'web',
        jwks_uri: `${server.origin}/keys`,
        id_token_encrypted_response_alg: 'ECDH-ES',
        id_token_encrypted_response_enc: 'A128GCM',
      })
      const arrival = await authorize(world, app)
      for (let left = 2; left > 0; left--)
        refused(await post(world, '/token', codeGrant(arrival), app), 'temporarily_unavailable', 503)
      server.state = 'well'
      const { status, body } = await post(world, '/token', codeGrant(arrival), app)
      assert.deepEqual([status, String(body['id_token']).split('.').length], [200, 5], JSON.stringify(body))
      refused(await post(world, '/token', codeGrant(arrival), app), 'invalid_grant')
    })
})

describe('who was asked and did not answer', () => {
  const failed = (code?: string): Error =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) })
  const cases = {
    'a port where nobody listens': [failed('ECONNREFUSED'), true],
    'a connection that ends': [failed('UND_ERR_SOCKET'), true],
    'an answer that does not come': [new DOMException('', 'TimeoutError'), true],
    'a name that there is not': [failed('ENOTFOUND'), true],
    'a server that fails': [503, true],
    'a private address': [failed(), false],
    'a redirect': [failed('ERR_UNEXPECTED'), false],
    'a page that there is not': [404, false],
    'an answer': [200, false],
  } as const
  for (const [what, [outcome, expected]] of Object.entries(cases))
    test(`${what}: ${expected ? 'out of reach' : 'not out of reach'}`, async () => {
      const fetch = createFetch(new Set(), async () => {
        if (typeof outcome === 'number') return new Response(null, { status: outcome })
        throw outcome
      })
      const silence = await silenceIn(() => fetch('https://app.example/keys', {}).catch(() => undefined))
      assert.equal(silence !== undefined, expected)
    })
})
