import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import * as crypto from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  createSigner,
  createVerifier,
  importKey,
  type JoseError,
  type Jwk,
  type Key,
  keySet,
  publicJwks,
  publicKey,
  remoteKey,
} from 'countersign'
import { signJws, verifyJws } from 'countersign/jws'
import * as jose from 'jose'
import { CLAIMS, fails, NOW, now, POLICY } from '../support/forge.ts'

const PROGRAM = fileURLToPath(new URL('../support/kms.ts', import.meta.url))

/** A key management service in a process of its own; its keys outlive it in its folder. */
class Service {
  readonly #folder: string
  #child: ChildProcess | undefined
  #url = ''
  #credential = ''

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Starts one that ends with the test, whatever becomes of the test. */
  static async start(t: TestContext): Promise<Service> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-kms-'))
    const service = new Service(folder)
    t.after(async () => {
      await service.kill()
      rmSync(folder, { recursive: true })
    })
    await service.start()
    return service
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, this.#folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    for await (const line of createInterface({ input: child.stdout })) {
      const { port, credential } = JSON.parse(line)
      this.#url = `http://127.0.0.1:${port}`
      this.#credential = credential
      return
    }
    assert.fail('the service ended before it told its port')
  }

  /** Ends it as a power failure does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** What its operator does behind the back of whoever uses it. */
  async operate(what: 'orders' | 'release' | 'held', body?: unknown): Promise<void> {
    const answer = await fetch(`${this.#url}/${what}`, { method: 'POST', body: JSON.stringify(body ?? null) })
    assert.equal(answer.status, 200)
  }

  // From here on it is the client that users of such a service have from its maker, or write themselves.

  get credential(): string {
    return this.#credential
  }

  async request(path: string, init: RequestInit = {}, credential: string = this.#credential): Promise<Response> {
    const headers = { authorization: credential, 'content-type': 'application/json' }
    const answer = await fetch(`${this.#url}/keys/${path}`, { ...init, headers })
    if (answer.ok) return answer
    throw new Error(`the service answered ${answer.status}: ${await answer.text()}`)
  }

  async sign(id: string, body: object, init: RequestInit = {}, credential?: string): Promise<Uint8Array> {
    const post = { ...init, method: 'POST', body: JSON.stringify(body) }
    const answer = await this.request(`${id}/sign`, post, credential)
    const { signature } = (await answer.json()) as { signature: string }
    return Buffer.from(signature, 'base64')
  }

  rotate(id: string): Promise<Response> {
    return this.request(`${id}/rotate`, { method: 'POST' })
  }
}

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64')
const digest = (alg: string, input: Uint8Array): string =>
  crypto
    .createHash(`sha${alg.slice(2)}`)
    .update(input)
    .digest('base64')

const AWS_NAMES: Readonly<Record<string, string>> = {
  ES256: 'ECDSA_SHA_256',
  ES384: 'ECDSA_SHA_384',
  RS256: 'RSASSA_PKCS1_V1_5_SHA_256',
  PS256: 'RSASSA_PSS_SHA_256',
  Ed25519: 'ED25519_SHA_512',
}

interface Access {
  readonly credential?: string
  readonly signal?: AbortSignal
}

/** As one writes it for AWS: the public key is SPKI in DER, a digest goes out, and ECDSA comes back in DER. */
async function awsKey(service: Service, id: string, alg: string, { credential, signal }: Access = {}): Promise<Key> {
  const answer = await service.request(`${id}?format=der`)
  return remoteKey({
    jwk: importKey(new Uint8Array(await answer.arrayBuffer())),
    alg,
    encoding: 'der',
    sign: (input, request) =>
      service.sign(
        id,
        { algorithm: AWS_NAMES[request.alg], digest: digest(request.alg, input) },
        signal && { signal },
        credential,
      ),
  })
}

/** As for a service that gives PEM and takes whole messages, such as Ed25519 needs. */
async function messageKey(service: Service, id: string, alg: string): Promise<Key> {
  const answer = await service.request(`${id}?format=pem`)
  return remoteKey({
    jwk: importKey(await answer.text()),
    alg,
    encoding: 'der',
    sign: (input, request) => service.sign(id, { algorithm: AWS_NAMES[request.alg], message: base64(input) }),
  })
}

/** As for Azure: a JWK with a kty that RFC 7517 does not have, a digest goes out, and ECDSA comes back as r || s. */
async function azureKey(service: Service, id: string, alg: string): Promise<Key> {
  const answer = await service.request(`${id}?format=jwk`)
  const { key } = (await answer.json()) as { key: Jwk }
  assert.match(key.kty, /-HSM$/)
  return remoteKey({
    jwk: { ...key, kty: key.kty.replace('-HSM', '') },
    alg,
    kid: `${id}-1`,
    sign: (input, request) => service.sign(id, { algorithm: request.alg, digest: digest(request.alg, input) }),
  })
}

/** What node:crypto has to be told of an algorithm; written down here and not taken from the library. */
const NODE: Readonly<Record<string, readonly [hash: string | null, how?: Omit<crypto.VerifyKeyObjectInput, 'key'>]>> = {
  ES256: ['sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: ['sha384', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['sha256'],
  PS256: ['sha256', { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }],
  Ed25519: [null],
}

/** Holds that a JWT verifies through the published keys, by countersign, by jose and by node:crypto. */
async function assertVerifies(token: string, key: Key, alg: string): Promise<void> {
  const jwks = await publicJwks([key])
  const { header, claims } = await createVerifier({ keys: keySet(jwks), ...POLICY }).verify(token)
  assert.deepEqual([header.alg, header.kid, claims.sub], [alg, jwks.keys[0]?.kid, CLAIMS.sub])

  const rules = { issuer: CLAIMS.iss, audience: CLAIMS.aud, algorithms: [alg], currentDate: new Date(NOW * 1000) }
  const set = jose.createLocalJWKSet(jwks as unknown as jose.JSONWebKeySet)
  assert.equal((await jose.jwtVerify(token, set, rules)).payload.sub, CLAIMS.sub)

  const [hash, how] = NODE[alg] ?? assert.fail(`no ${alg} here`)
  const open = crypto.createPublicKey({ key: jwks.keys[0] as crypto.JsonWebKey, format: 'jwk' })
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  assert.ok(crypto.verify(hash ?? null, Buffer.from(token.slice(0, dot)), { key: open, ...how }, signature))
}

const jwt = (key: Key, claims: object = {}): Promise<string> =>
  createSigner({ key, expiresIn: '10m', now }).sign({ ...CLAIMS, ...claims })

const unavailable = async (act: () => unknown): Promise<JoseError> => {
  const error = await fails(act, 'CS_UNAVAILABLE')
  assert.equal(error.unavailable, true)
  assert.ok(error.cause instanceof Error)
  return error
}

test('a request without the right credential is unavailable, and no error shows the credential', async (t) => {
  const service = await Service.start(t)
  const credential = 'Bearer 0f-s0m3b0dy-3ls3'
  const error = await unavailable(async () => jwt(await awsKey(service, 'p256', 'ES256', { credential })))
  assert.match((error.cause as Error).message, /401/)
  const shown = `${error.message} ${error.hint} ${JSON.stringify(error)} ${(error.cause as Error).message}`
  for (const secret of [credential, service.credential]) assert.ok(!shown.includes(secret))
})

test('a service that fails, hangs up or answers by half is unavailable, and the next token is well', async (t) => {
  const service = await Service.start(t)
  for (const key of [await awsKey(service, 'p256', 'ES256'), await azureKey(service, 'p256', 'ES256')]) {
    for (let round = 0; round < 2; round++) {
      for (const order of ['500', 'hang-up', 'half']) {
        await service.operate('orders', [order])
        await unavailable(() => jwt(key))
        await assertVerifies(await jwt(key), key, 'ES256')
      }
    }
  }
})

test('a service that refuses what it is asked for is unavailable, with its reason in the cause', async (t) => {
  const service = await Service.start(t)
  const rsa = importKey(await (await service.request('rsa?format=pem')).text(), { alg: 'RS256' })
  const reasons: readonly (readonly [reason: RegExp, body: object])[] = [
    [/InvalidKeyUsage/, { algorithm: 'ECDSA_SHA_256', digest: base64(new Uint8Array(32)) }],
    [/too long/, { algorithm: 'RS256', message: base64(new Uint8Array(4097)) }],
    [/another length/, { algorithm: 'RS256', digest: base64(new Uint8Array(48)) }],
    [/Validation/, { algorithm: 'RS256' }],
  ]
  for (const [reason, body] of reasons) {
    const error = await unavailable(() => jwt(remoteKey({ jwk: rsa, sign: () => service.sign('rsa', body) })))
    assert.match((error.cause as Error).message, reason)
  }
})

test('a request that is given up is unavailable, and the late answer harms nobody', async (t) => {
  const service = await Service.start(t)
  const abort = new AbortController()
  const key = await awsKey(service, 'p256', 'ES256', { signal: abort.signal })
  await service.operate('orders', ['hold'])
  const given = unavailable(() => jwt(key))
  await service.operate('held', 1)
  abort.abort()
  assert.equal(((await given).cause as Error).name, 'AbortError')
  await service.operate('release')
  const patient = await awsKey(service, 'p256', 'ES256')
  await assertVerifies(await jwt(patient), patient, 'ES256')
})

test('the wrong form is refused at the first signature: DER as raw, raw as DER, a digest of a digest', async (t) => {
  const service = await Service.start(t)
  const pem = await (await service.request('p256?format=pem')).text()
  const jwk = importKey(pem)
  const der = remoteKey({
    jwk,
    sign: (input) => service.sign('p256', { algorithm: 'ECDSA_SHA_256', digest: digest('ES256', input) }),
  })
  assert.match((await fails(() => jwt(der), 'CS_SIGNATURE')).hint, /encoding: 'der'/)
  const raw = remoteKey({
    jwk,
    encoding: 'der',
    sign: (input) => service.sign('p256', { algorithm: 'ES256', digest: digest('ES256', input) }),
  })
  await fails(() => jwt(raw), 'CS_SIGNATURE')
  const twice = remoteKey({
    jwk,
    encoding: 'der',
    sign: (input) => service.sign('p256', { algorithm: 'ECDSA_SHA_256', message: digest('ES256', input) }),
  })
  assert.match((await fails(() => jwt(twice), 'CS_SIGNATURE')).hint, /hash twice/)
})

test('the wrong padding is refused at the first signature', async (t) => {
  const service = await Service.start(t)
  const jwk = importKey(await (await service.request('rsa?format=pem')).text())
  for (const [alg, algorithm] of [
    ['PS256', 'RS256'],
    ['RS256', 'PS256'],
  ] as const) {
    const key = remoteKey({
      jwk,
      alg,
      sign: (input) => service.sign('rsa', { algorithm, digest: digest(alg, input) }),
    })
    await fails(() => jwt(key), 'CS_SIGNATURE')
  }
})

test('a key that was exchanged before the first signature is refused until its public key is read again', async (t) => {
  const service = await Service.start(t)
  for (const [id, alg] of [
    ['p256', 'ES256'],
    ['rsa', 'PS256'],
    ['ed25519', 'Ed25519'],
  ] as const) {
    const make = id === 'ed25519' ? messageKey : awsKey
    const key = await make(service, id, alg)
    await service.rotate(id)
    for (let times = 0; times < 2; times++)
      assert.match((await fails(() => jwt(key), 'CS_SIGNATURE')).hint, /jwk of remoteKey/)
    const again = await make(service, id, alg)
    await assertVerifies(await jwt(again), again, alg)
  }
})

test('what a key signs that was exchanged later is refused by whoever verifies, and old tokens go on', async (t) => {
  const service = await Service.start(t)
  const old = await azureKey(service, 'p256', 'ES256')
  const first = await jwt(old)
  await service.rotate('p256')
  const unseen = await jwt(old)
  const keys = keySet(await publicJwks([old]))
  await fails(() => createVerifier({ keys, ...POLICY }).verify(unseen), 'CS_SIGNATURE')
  await createVerifier({ keys, ...POLICY }).verify(first)

  const next = await awsKey(service, 'p256', 'ES256')
  const both = createVerifier({ keys: keySet(await publicJwks([old, next])), ...POLICY })
  for (const token of [first, await jwt(next)]) assert.equal((await both.verify(token)).claims.sub, CLAIMS.sub)
  await fails(() => both.verify(unseen), 'CS_SIGNATURE')
})

for (const [what, make, id, alg] of [
  ['a digest out, DER back', awsKey, 'p256', 'ES256'],
  ['a digest out, DER back', awsKey, 'p384', 'ES384'],
  ['a digest out, RSA back', awsKey, 'rsa', 'RS256'],
  ['a digest out, RSA back', awsKey, 'rsa', 'PS256'],
  ['a digest out, r || s back', azureKey, 'p256', 'ES256'],
  ['a digest out, r || s back', azureKey, 'p384', 'ES384'],
  ['a digest out, RSA back', azureKey, 'rsa', 'RS256'],
  ['a digest out, RSA back', azureKey, 'rsa', 'PS256'],
  ['a message out, DER back', messageKey, 'p256', 'ES256'],
  ['a message out, RSA back', messageKey, 'rsa', 'PS256'],
  ['a message out', messageKey, 'ed25519', 'Ed25519'],
] as const) {
  test(`${alg} from a service, ${what} (${make.name}): JWTs and detached JWS verify everywhere`, async (t) => {
    const service = await Service.start(t)
    const key = await make(service, id, alg)
    for (let times = 0; times < 3; times++) await assertVerifies(await jwt(key, { times }), key, alg)

    // Longer than the service takes a message, so only a digest brings it there; Ed25519 takes nothing else than it.
    const payload = crypto.randomBytes(make === messageKey ? 2000 : 100_000)
    const keys = keySet(await publicJwks([key]))
    for (const b64 of [true, false]) {
      const jws = await signJws(payload, { key, serialization: 'flattened', detached: true, b64 })
      assert.equal(jws.payload, undefined)
      const { header } = await verifyJws(jws, { keys, detachedPayload: payload })
      assert.deepEqual([header.alg, header['b64'] ?? true], [alg, b64])
      await fails(() => verifyJws(jws, { keys, detachedPayload: payload.subarray(1) }), 'CS_SIGNATURE')
      const carried = { ...jws, protected: jws.protected ?? '', payload: b64 ? payload.toString('base64url') : payload }
      const open = await jose.importJWK((await publicJwks([key])).keys[0] as jose.JWK, alg)
      const verified = await jose.flattenedVerify(carried, open)
      assert.ok(payload.equals(verified.payload))
    }
    const compact = await signJws(payload, { key, detached: true })
    assert.equal(compact.split('.')[1], '')
    await verifyJws(compact, { keys: await publicKey(key), detachedPayload: payload })
  })
}

test('several keys of services sign one JWS', async (t) => {
  const service = await Service.start(t)
  const keys = [
    await awsKey(service, 'p384', 'ES384'),
    await azureKey(service, 'p256', 'ES256'),
    await messageKey(service, 'ed25519', 'Ed25519'),
  ]
  const jws = await signJws('a contract', { signers: keys.map((key) => ({ key })) })
  for (const key of keys) {
    const verified = await verifyJws(jws, { keys: await publicKey(key) })
    assert.equal(new TextDecoder().decode(verified.payload), 'a contract')
    assert.equal(verified.header.alg, key.alg)
  }
})

test('answers that are slow and come in another order belong to their own tokens', async (t) => {
  const service = await Service.start(t)
  for (const key of [await awsKey(service, 'p256', 'ES256'), await azureKey(service, 'rsa', 'PS256')]) {
    for (let round = 0; round < 2; round++) {
      await service.operate('orders', ['hold', 'hold', 'hold', 'hold'])
      const tokens = Promise.all([0, 1, 2, 3].map((index) => jwt(key, { index })))
      await service.operate('held', 4)
      await service.operate('release')
      const verifier = createVerifier({ keys: await publicKey(key), ...POLICY })
      for (const [index, token] of (await tokens).entries())
        assert.equal((await verifier.verify(token)).claims['index'], index)
    }
  }
})

test('64 signatures at the same time all verify, the first of all among them', async (t) => {
  const service = await Service.start(t)
  for (const [make, id, alg] of [
    [awsKey, 'p256', 'ES256'],
    [azureKey, 'p384', 'ES384'],
    [awsKey, 'rsa', 'PS256'],
    [messageKey, 'ed25519', 'Ed25519'],
  ] as const) {
    const key = await make(service, id, alg)
    const tokens = await Promise.all(Array.from({ length: 64 }, (_, index) => jwt(key, { index })))
    const verifier = createVerifier({ keys: keySet(await publicJwks([key])), ...POLICY })
    const indexes = await Promise.all(tokens.map(async (token) => (await verifier.verify(token)).claims['index']))
    assert.deepEqual(indexes, [...tokens.keys()])
  }
})

test('a service that dies in the middle is unavailable, and its next start serves the same key', async (t) => {
  const service = await Service.start(t)
  for (const key of [await awsKey(service, 'p256', 'ES256'), await azureKey(service, 'rsa', 'PS256')]) {
    for (let round = 0; round < 2; round++) {
      await service.operate('orders', ['hold', 'hold'])
      const pending = [unavailable(() => jwt(key)), unavailable(() => signJws('payload', { key, detached: true }))]
      await service.operate('held', 2)
      await service.kill()
      await Promise.all(pending)
      await unavailable(() => jwt(key))
      await service.start()
      await assertVerifies(await jwt(key), key, key.alg ?? '')
    }
  }
})
