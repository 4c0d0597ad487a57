import { createTestIssuer, hostileKinds } from 'countersign/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** One for the whole file: the library shares the key set of a URL, as it does in a program. */
const issuer = await createTestIssuer({ audience: 'profiles' })
let profileOf: typeof import('./profile.ts').profileOf

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: issuer.clock.now() * 1000 })
  vi.stubEnv('ISSUER', issuer.issuer)
  vi.stubGlobal('fetch', issuer.fetch)
  vi.resetModules() // the program remembers its verifier
  profileOf = (await import('./profile.ts')).profileOf
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test.each(hostileKinds())('$name is refused with $code', async ({ name, code }) => {
  await expect(profileOf(await issuer.mint[name]({ role: 'admin' }))).rejects.toMatchObject({
    code,
    unavailable: false,
  })
})

describe('a valid token', () => {
  test('tells whose profile it is', async () => {
    expect(await profileOf(await issuer.mint.valid())).toEqual({ name: 'alice', admin: false })
    const token = await issuer.mint.valid({ sub: 'bob', role: 'admin' })
    expect(await profileOf(token)).toEqual({ name: 'bob', admin: true })
    expect(issuer.requests).toContain(issuer.jwksUri)
  })

  test('is refused once it has expired', async () => {
    const token = await issuer.mint.valid({}, { expiresIn: '1h' })
    await profileOf(token)
    vi.setSystemTime(Date.now() + 3_631_000) // an hour, the tolerance of 30 s, and a second
    await expect(profileOf(token)).rejects.toMatchObject({ code: 'CS_EXPIRED' })
  })

  test('has to wait while the issuer is out of reach', async () => {
    const token = await issuer.mint.valid()
    issuer.outage(true)
    await expect(profileOf(token)).rejects.toMatchObject({ code: 'CS_DISCOVERY', unavailable: true })
    issuer.outage(false)
    await expect(profileOf(token)).resolves.toMatchObject({ name: 'alice' })
  })
})
