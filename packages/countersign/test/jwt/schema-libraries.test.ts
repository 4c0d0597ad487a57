import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type } from 'arktype'
import {
  createDecrypter,
  createEncrypter,
  createSigner,
  createVerifier,
  generateKey,
  type StandardSchema,
} from 'countersign'
import * as v from 'valibot'
import { z } from 'zod'
import { DOORS } from '../support/doors.ts'

/** True for equal types alone; a type test fails where it is compiled. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <T extends true>(): T | undefined => undefined

const POLICY = { issuer: 'https://issuer.example', audience: 'api' } as const
const CLAIMS = { tenant: 'acme', roles: ['reader'], address: { city: 'Oslo' } } as const
/** What every library below is told, in its own words. */
interface Told {
  tenant: string
  roles: ('reader' | 'editor')[]
  address: { city: string }
}

const ZOD = z.object({
  tenant: z.string(),
  roles: z.array(z.enum(['reader', 'editor'])),
  address: z.object({ city: z.string() }),
})
const VALIBOT = v.object({
  tenant: v.string(),
  roles: v.array(v.picklist(['reader', 'editor'])),
  address: v.object({ city: v.string() }),
})
const ARKTYPE = type({ tenant: 'string', roles: "('reader' | 'editor')[]", address: { city: 'string' } })

const LIBRARIES: readonly (readonly [name: string, schema: StandardSchema<Told>])[] = [
  ['zod', ZOD],
  ['valibot', VALIBOT],
  ['arktype', ARKTYPE],
]

for (const { name, door } of DOORS) {
  for (const [library, claims] of LIBRARIES) {
    test(`${name}: claims that do not fit a schema of ${library} are refused, each by its place and without its value`, async () => {
      const key = await door.generateKey('HS256')
      const token = await door.createSigner({ key, ...POLICY, expiresIn: '5m' }).sign({
        tenant: 'acme-canary',
        roles: ['reader', 'owner-canary'],
        address: { city: 47_114_711 },
      })
      const result = await door.createVerifier({ keys: key, claims, ...POLICY }).safeVerify(token)
      assert.ok(!result.ok)
      assert.equal(result.error.code, 'CS_CLAIMS_SCHEMA')
      const places = result.error.issues.map(({ path }) => path)
      assert.deepEqual([...places].sort(), ['address.city', 'roles.1'])
      for (const issue of result.error.issues) assert.equal(issue.code, 'CS_CLAIMS_SCHEMA')
      const told = `${JSON.stringify(result.error)} ${String(result.error.cause)}`
      assert.ok(!/canary|47114711/.test(told), told)
    })

    test(`${name}: a signer with a schema of ${library} signs what fits, and nothing else`, async () => {
      const key = await door.generateKey('HS256')
      const signer = door.createSigner({ key, claims, ...POLICY, expiresIn: '5m' })
      const wrong = { ...CLAIMS, address: { city: 5 } } as unknown as Told
      await assert.rejects(async () => signer.sign(wrong), { code: 'CS_CLAIMS_SCHEMA' })
      const token = await signer.sign({ ...CLAIMS, roles: ['reader'] })
      const verified = await door.createVerifier({ keys: key, claims, ...POLICY }).verify(token)
      assert.equal(verified.claims.address.city, 'Oslo')
      assert.equal(verified.claimsSet.iss, POLICY.issuer)
    })
  }
}

test('the claims of a result have the type of the schema: zod', async () => {
  const key = await generateKey('HS256')
  // A default is in what comes out, and not in what has to be put in; what is not named is left out.
  const claims = ZOD.extend({ sub: z.string(), seats: z.number().default(1) })
  const signer = createSigner({ key, claims, ...POLICY, subject: 'alice', expiresIn: '5m' })
  const token = await signer.sign({ tenant: 'acme', roles: ['editor'], address: { city: 'Oslo' } })
  const verified = await createVerifier({ keys: key, claims, ...POLICY }).verify(token)
  holds<Same<typeof verified.claims, z.output<typeof claims>>>()
  holds<Same<typeof verified.claims.roles, ('reader' | 'editor')[]>>()
  assert.deepEqual(verified.claims, { ...CLAIMS, roles: ['editor'], sub: 'alice', seats: 1 })
  // @ts-expect-error: the schema has no such claim
  assert.equal(verified.claims.iss, undefined)
  // @ts-expect-error: a claim of the wrong type, which is refused as well where it runs
  await assert.rejects(signer.sign({ tenant: 5, roles: [], address: { city: 'Oslo' } }), { code: 'CS_CLAIMS_SCHEMA' })
  // @ts-expect-error: a claim is missing
  await assert.rejects(signer.sign({ tenant: 'acme' }), { code: 'CS_CLAIMS_SCHEMA' })
})

test('the claims of a result have the type of the schema: valibot', async () => {
  const key = await generateKey('HS256')
  const claims = v.looseObject({
    ...VALIBOT.entries,
    exp: v.pipe(
      v.number(),
      v.transform((seconds) => new Date(seconds * 1000)),
    ),
  })
  const token = await createSigner({ key, ...POLICY, expiresIn: '5m', now: () => 1_800_000_000 }).sign(CLAIMS)
  const { claims: read } = await createVerifier({ keys: key, claims, ...POLICY, now: () => 1_800_000_000 }).verify(
    token,
  )
  holds<Same<typeof read.exp, Date>>()
  holds<Same<typeof read.address, { city: string }>>()
  assert.equal(read.exp.toISOString(), '2027-01-15T08:05:00.000Z')
  // @ts-expect-error: a date is no number
  assert.ok(read.exp.toFixed === undefined)
})

test('the claims of a result have the type of the schema: arktype', async () => {
  const key = await generateKey('HS256')
  const claims = type({ tenant: 'string > 0', 'admin?': 'boolean' })
  const token = await createSigner({ key, claims, ...POLICY, expiresIn: '5m' }).sign({ tenant: 'acme' })
  const { claims: read } = await createVerifier({ keys: key, claims, ...POLICY }).verify(token)
  holds<Same<typeof read, { tenant: string; admin?: boolean }>>()
  assert.equal(read.tenant, 'acme')
  await assert.rejects(createSigner({ key, claims, ...POLICY, expiresIn: '5m' }).sign({ tenant: '' }), {
    code: 'CS_CLAIMS_SCHEMA',
  })
})

test('schemas that wait are waited for', async () => {
  const key = await generateKey('HS256')
  const known = new Set(['acme'])
  const claims = z.object({ tenant: z.string().refine(async (tenant) => known.has(tenant)) })
  const signer = createSigner({ key, ...POLICY, expiresIn: '5m' })
  const verifier = createVerifier({ keys: key, claims, ...POLICY })
  assert.equal((await verifier.verify(await signer.sign({ tenant: 'acme' }))).claims.tenant, 'acme')
  await assert.rejects(verifier.verify(await signer.sign({ tenant: 'other' })), { code: 'CS_CLAIMS_SCHEMA' })
})

test('without a schema claims are what JwtClaims says, and encrypted claims have a schema, too', async () => {
  const key = await generateKey('A256GCM')
  const token = await createEncrypter({ key, claims: ZOD, ...POLICY, expiresIn: '5m' }).encrypt({
    ...CLAIMS,
    roles: ['reader'],
  })
  const typed = await createDecrypter({ keys: key, claims: ZOD, ...POLICY }).decrypt(token)
  holds<Same<typeof typed.claims, z.output<typeof ZOD>>>()
  const plain = await createDecrypter({ keys: key, ...POLICY }).decrypt(token)
  holds<Same<typeof plain.claims.sub, string | undefined>>()
  holds<Same<(typeof plain.claims)['tenant'], unknown>>()
  assert.equal(typed.claims.tenant, plain.claims['tenant'])
  const signing = await generateKey('HS256')
  // @ts-expect-error: a schema is no set of rules of one's own
  assert.throws(() => createVerifier({ keys: signing, claims: { tenant: 'string' }, ...POLICY }), TypeError)

  const sign = createSigner({ key: signing, claims: ZOD, ...POLICY, expiresIn: '5m' })
  const nested = await createEncrypter({ key }).encrypt({ ...CLAIMS }, { sign })
  const verifier = createVerifier({ keys: signing, claims: ZOD, ...POLICY })
  // biome-ignore lint/suspicious/noThenProperty: the option has that name.
  const opened = await createDecrypter({ keys: key, then: verifier }).decrypt(nested)
  holds<Same<typeof opened.claims, z.output<typeof ZOD>>>()
  assert.equal(opened.claims.address.city, 'Oslo')
})
