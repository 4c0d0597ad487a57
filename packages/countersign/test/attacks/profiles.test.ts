import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, createVerifier, JoseError } from 'countersign'
import * as profiles from 'countersign/profile'
import { CLIENT, checking, ISSUER, JWK, KEY, KEYS, newStore, SAMPLES, signing } from '../profile/kinds.ts'
import { now } from '../support/forge.ts'
import { publicMembers } from '../support/keys.ts'

// Attack 32: a token of one kind is sent where one of another kind is expected. Key, issuer and audience are the same for
// all of them, so nothing but its kind tells a token apart.

/** Something that takes tokens, or a token. */
interface Place {
  readonly name: string
  check(token: string): Promise<unknown>
}
interface Row {
  readonly name: string
  /** Who may take it. */
  readonly accepted: readonly string[]
  make(): Promise<string>
}

const VERIFIERS: readonly Place[] = [
  ...SAMPLES,
  {
    name: 'logoutToken any',
    check: (token) => profiles.logoutToken.createVerifier({ ...checking, typ: 'any' }).verify(token),
  },
  { name: 'createVerifier', check: (token) => createVerifier(checking).verify(token) },
]

/** The claims of all kinds at once, apart from those that a kind must not have and what it says of them itself. */
function chimera(own: (typeof SAMPLES)[number]): Readonly<Record<string, unknown>> {
  const all = Object.assign({}, ...SAMPLES.map(({ claims }) => claims)) as Readonly<Record<string, unknown>>
  const forbidden = FORBIDDEN[own.name] ?? []
  const kept = Object.entries(all).filter(([name]) => !forbidden.includes(name))
  return { ...Object.fromEntries(kept), ...own.claims }
}

const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  idToken: ['events'],
  logoutToken: ['nonce'],
  introspection: ['sub', 'exp'],
}

/** Any token, by its type and claims, with the key in its header. */
function forge(typ: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return createSigner({ key: KEY, typ, header: { jwk: publicMembers(JWK) }, expiresIn: 'never', now }).sign(claims)
}

const plain = createSigner({ ...signing, expiresIn: 60 })
const named = (name: string): (typeof SAMPLES)[number] =>
  SAMPLES.find((sample) => sample.name === name) ?? assert.fail(name)

/** A logout token in the new or the old way is one for who takes the old way, too. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  // An ID token has no type of its own (OpenID Connect Core §2): it is a JWT like one that nobody gave a purpose.
  idToken: ['idToken', 'createVerifier'],
  logoutToken: ['logoutToken', 'logoutToken any'],
}

const ROWS: readonly Row[] = [
  ...SAMPLES.flatMap((sample) => {
    const accepted = OWN[sample.name] ?? [sample.name]
    const { name, typ } = sample
    return [
      { name, accepted, make: sample.make },
      { name: `${name} with all claims`, accepted, make: () => forge(typ, chimera(sample)) },
    ]
  }),
  {
    name: 'logoutToken of type JWT',
    accepted: ['logoutToken any', 'createVerifier'],
    make: () => forge('JWT', chimera(named('logoutToken'))),
  },
  {
    name: 'clientAssertion of type JWT',
    accepted: ['clientAssertion', 'createVerifier'],
    make: () => forge('JWT', named('clientAssertion').claims),
  },
  {
    name: 'createSigner',
    // Without a nonce in it, it is no answer to a login; see below.
    accepted: ['createVerifier'],
    make: () => plain.sign({ sub: 'alice' }),
  },
]

const short = (name: string): string => name.padEnd(31)

test('attack 32: the tests know every profile', () => {
  assert.deepEqual(
    SAMPLES.map(({ name }) => name).sort(),
    Object.keys(profiles)
      .filter((name) => name !== 'JoseError')
      .sort(),
  )
})

test('attack 32: every verifier takes the tokens of its own kind and refuses all others', async (t) => {
  t.diagnostic(`${short('token \\ verifier')} ${VERIFIERS.map(({ name }) => name).join(' | ')}`)
  for (const row of ROWS) {
    const token = await row.make()
    const answers: string[] = []
    for (const { name, check } of VERIFIERS) {
      const answer = await check(token).then(
        () => 'ok',
        (error: unknown) => (error instanceof JoseError ? error.code : assert.fail(`${row.name} at ${name}: ${error}`)),
      )
      assert.equal(answer === 'ok', row.accepted.includes(name), `${row.name} at ${name}: ${answer}`)
      answers.push(answer.padEnd(name.length))
    }
    t.diagnostic(`${short(row.name)} ${answers.join(' | ')}`)
  }
})

test('attack 32: typ alone tells kinds apart that say the same, in any spelling of a media type', async () => {
  for (const own of SAMPLES) {
    const claims = chimera(own)
    await own.check(await forge(own.typ, claims))
    await own.check(await forge(`APPLICATION/${own.typ.toUpperCase()}`, claims))
    for (const other of SAMPLES) {
      if (other === own) continue
      // An assertion of type JWT is one in the old way.
      if (own.name === 'clientAssertion' && other.typ === 'JWT') continue
      await assert.rejects(own.check(await forge(other.typ, claims)), { code: 'CS_TYP' }, `${own.name} as ${other.typ}`)
    }
    for (const typ of ['jose', 'text/plain', `x${own.typ}`, `${own.typ}x`, `${own.typ} `])
      await assert.rejects(own.check(await forge(typ, claims)), { code: 'CS_TYP' }, `${own.name} as ${typ}`)
  }
})

test('attack 32: a plain JWT is an ID token in form, and the nonce of the login tells it apart', async () => {
  const verifier = profiles.idToken.createVerifier(checking)
  const token = await plain.sign({ sub: 'alice' })
  await assert.rejects(verifier.verify(token, { nonce: 'n' }), { code: 'CS_CLAIM_MISSING' })
  assert.equal((await verifier.verify(token)).claims.sub, 'alice')
})

test('attack 32: what a client says of itself logs nobody in, and an ID token authenticates no client', async () => {
  const assertion = await forge('JWT', { ...named('clientAssertion').claims, nonce: 'n' })
  const verifier = profiles.idToken.createVerifier(checking)
  await assert.rejects(verifier.verify(assertion, { nonce: 'n' }), { code: 'CS_CLAIM_VALUE' })
  const clients = { [ISSUER]: KEYS, alice: KEYS, [CLIENT]: KEYS }
  const replay = newStore()
  const server = profiles.clientAssertion.createVerifier({ clients, audience: CLIENT, replay, now })
  await assert.rejects(server.verify(await named('idToken').make()), { code: 'CS_CLAIM_VALUE' })
  assert.equal(replay.size, 0)
})
