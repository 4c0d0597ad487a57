import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { createGuard } from 'countersign/guard'
import { POLICY } from '../support/forge.ts'
import { admittedBy, bearer, KEY, refusedBy, requestOf, tokenOf, verifier } from './rig.ts'

const request = (claims: object) => requestOf(bearer(tokenOf(claims)))

/** Names that every object has, or that a look-up by name could stumble over. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0', 'includes']

test('a token lacks every scope that it does not name: nothing is inherited, contained or folded', async () => {
  const guard = createGuard({ verifier, scope: 'orders:read' })
  for (const claims of [
    {},
    { scope: '' },
    { scope: 'orders' },
    { scope: 'orders:read:all' },
    { scope: 'Orders:Read' },
    { scope: 'orders:read,orders:write' },
    { scope: 'orders:read\torders:write' },
    { scope: 'orders:write\u00a0orders:read' },
    { scope: '*' },
    { scope: { 'orders:read': true } },
    { scope: [['orders:read']] },
    { scope: ['orders:write orders:read'] },
    { scope: 7 },
    { scope: null },
    { scope: true },
    { scp: { 0: 'orders:read', length: 1 } },
    { scopes: 'orders:read' },
    { permissions: ['orders:read'] },
    { roles: ['orders:read'] },
    { nested: { scope: 'orders:read' } },
  ])
    assert.equal(refusedBy(await guard.check(request(claims))).reason, 'insufficient_scope', JSON.stringify(claims))
})
test('scope and scp may each be text or an array (RFC 8693 §4.2)', async () => {
  const guard = createGuard({ verifier, scope: 'a b' })
  for (const claims of [
    { scope: 'a b' },
    { scope: 'b c a' },
    { scope: ' a  b ' },
    { scope: ['b', 'a'] },
    { scp: ['a', 'b'] },
    { scp: 'a b' },
    { scope: 'a', scp: ['b'] },
    { scope: ['a', 7, null, 'b'] },
  ])
    admittedBy(await guard.check(request(claims)))
  for (const claims of [{ scope: 'a' }, { scp: ['b'] }, { scope: 'ab' }]) refusedBy(await guard.check(request(claims)))
})
test('scopes and roles with names that every object has are held by nobody who was not given them', async () => {
  for (const name of INHERITED) {
    const scoped = createGuard({ verifier, scope: name })
    const roled = createGuard({ verifier, roles: name })
    for (const claims of [
      {},
      { scope: 'x', scp: [], roles: [] },
      { scope: {}, roles: {} },
      { scope: [], roles: 'x' },
    ]) {
      assert.equal(refusedBy(await scoped.check(request(claims))).reason, 'insufficient_scope', name)
      assert.equal(refusedBy(await roled.check(request(claims))).reason, 'insufficient_scope', name)
    }
    admittedBy(await scoped.check(request({ scope: name })))
    admittedBy(await roled.check(request({ roles: [name] })))
  }
})
test('claims named like members of objects do not stand for others', async () => {
  const guard = createGuard({ verifier, scope: 'a', roles: 'r' })
  const token = (text: string): string => tokenOf(JSON.parse(text) as object)
  const inherited = token('{"__proto__":{"scope":"a","roles":["r"]}}')
  assert.equal(refusedBy(await guard.check(requestOf(bearer(inherited)))).reason, 'insufficient_scope')
})
test('a token needs one of the roles, as text in an array', async () => {
  const guard = createGuard({ verifier, roles: ['editor', 'admin'] })
  for (const roles of [
    undefined,
    [],
    ['Editor'],
    ['edit'],
    'editor',
    'admin editor',
    { editor: true },
    [['editor']],
    null,
    7,
  ])
    assert.equal(refusedBy(await guard.check(request({ roles }))).reason, 'insufficient_scope', JSON.stringify(roles))
  for (const roles of [['editor'], ['x', 'admin'], ['editor', 'admin', 7]])
    admittedBy(await guard.check(request({ roles })))
})
test('a guard with scope and roles needs both, and tells the scope either way', async () => {
  const guard = createGuard({ verifier, scope: 'a', roles: 'r' })
  for (const claims of [{}, { scope: 'a' }, { roles: ['r'] }]) {
    const refusal = refusedBy(await guard.check(request(claims)))
    assert.equal(refusal.status, 403)
    assert.match(refusal.headers['www-authenticate'] ?? '', /scope="a"$/)
  }
  admittedBy(await guard.check(request({ scope: 'a', roles: ['r'] })))
})
test('rolesOf says where roles are, and whatever it gives that is no array of text is none', async () => {
  interface Claims extends door.JwtClaims {
    readonly realm?: { readonly roles: readonly string[] }
  }
  const typed = verifier as door.Verifier<Claims>
  const guard = createGuard({ verifier: typed, roles: 'admin', rolesOf: ({ realm }) => realm?.roles })
  admittedBy(await guard.check(request({ realm: { roles: ['admin'] } })))
  refusedBy(await guard.check(request({ roles: ['admin'] })))
  refusedBy(await guard.check(request({ realm: { roles: 'admin' } })))
  for (const given of [
    'admin',
    new Set(['admin']),
    { admin: true },
    { 0: 'admin', length: 1 },
    true,
    Promise.resolve(['admin']),
  ]) {
    const strange = createGuard({ verifier, roles: 'admin', rolesOf: () => given as never })
    assert.equal(refusedBy(await strange.check(request({ roles: ['admin'] }))).reason, 'insufficient_scope')
  }
})
test('rolesOf keeps its options as `this`', async () => {
  const guard = createGuard({
    verifier,
    roles: 'admin',
    realm: 'teams',
    rolesOf(this: { readonly realm: string }, claims: door.JwtClaims) {
      return claims[this.realm] as readonly string[]
    },
  })
  admittedBy(await guard.check(request({ teams: ['admin'] })))
})
test('requires adds to what is demanded, and takes nothing away', async () => {
  const guard = createGuard({ verifier, scope: 'a', roles: 'member' })
  const writing = guard.requires({ scope: ['b', 'a'], roles: ['editor', 'admin'] })
  const good = { scope: 'a b', roles: ['member', 'editor'] }
  admittedBy(await writing.check(request(good)))
  for (const claims of [
    { ...good, scope: 'b' },
    { ...good, scope: 'a' },
    { ...good, roles: ['member'] },
    { ...good, roles: ['editor', 'admin'] },
  ])
    assert.equal(refusedBy(await writing.check(request(claims))).reason, 'insufficient_scope')
  const refusal = refusedBy(await writing.check(request({})))
  assert.match(refusal.headers['www-authenticate'] ?? '', /scope="a b"$/)
  admittedBy(await guard.check(request({ scope: 'a', roles: ['member'] })))
})
test('rolesOf of a route is for the roles of that route: what the guard before it demands stays where it was', async () => {
  const guard = createGuard({ verifier, roles: 'staff' })
  const team = guard.requires({ roles: 'lead', rolesOf: (claims) => claims['team'] as string[] })
  refusedBy(await team.check(request({ team: ['staff', 'lead'] })))
  refusedBy(await team.check(request({ roles: ['staff', 'lead'] })))
  admittedBy(await team.check(request({ roles: ['staff'], team: ['lead'] })))
  const deeper = team.requires({ roles: 'owner' })
  admittedBy(await deeper.check(request({ roles: ['staff'], team: ['lead', 'owner'] })))
  refusedBy(await deeper.check(request({ roles: ['staff', 'owner'], team: ['lead'] })))
})
test('demands read the claims set as it was signed, and rolesOf what the schema made of it', async () => {
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => ({ value: { scope: 'a', roles: ['r'], made: ['m'] } }),
    },
  } as const
  const made = door.createVerifier({ keys: KEY, ...POLICY, claims: schema })
  refusedBy(await createGuard({ verifier: made, scope: 'a' }).check(request({})))
  refusedBy(await createGuard({ verifier: made, roles: 'r' }).check(request({})))
  admittedBy(await createGuard({ verifier: made, scope: 'a' }).check(request({ scope: 'a' })))
  const guard = createGuard({ verifier: made, roles: 'm', rolesOf: (claims) => claims.made })
  admittedBy(await guard.check(request({})))
})
test('the demands are taken once: whoever changes the array afterwards changes nothing', async () => {
  const [scope, roles] = [['a'], ['r']]
  const guard = createGuard({ verifier, scope, roles })
  scope.length = 0
  roles.push('anybody')
  refusedBy(await guard.check(request({ roles: ['r'] })))
  refusedBy(await guard.check(request({ scope: 'a', roles: ['anybody'] })))
})
test('an array with a hole in it is no list of texts', () => {
  const holed = ['a', 'b']
  delete holed[0]
  for (const options of [{ scope: holed }, { roles: holed }, { cookie: { name: 'a', origins: Array(1) } }])
    assert.throws(() => createGuard({ verifier, ...options }), TypeError)
})
