import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard, type Refusal } from 'countersign/guard'
import { createGuard as createNodeGuard } from 'countersign/guard/node'
import { admittedBy, newClient, proofs, refusedBy, tokenOf, verifier } from './rig.ts'

for (const [name, create] of [
  ['countersign/guard', createGuard],
  ['countersign/guard/node', createNodeGuard],
] as const) {
  test(`${name}: token() checks a token that came some other way, with all that is demanded`, async () => {
    const guard = create({ verifier, scope: 'a', roles: 'r' })
    assert.equal(admittedBy(await guard.token(tokenOf({ scope: 'a', roles: ['r'] }))).claims.sub, '1234567890')
    assert.equal(refusedBy(await guard.token(tokenOf())).reason, 'insufficient_scope')
    assert.equal(refusedBy(await guard.token(tokenOf({ exp: 1 }))).error?.code, 'CS_EXPIRED')
    const more = guard.requires({ scope: 'b' })
    assert.equal(refusedBy(await more.token(tokenOf({ scope: 'a', roles: ['r'] }))).reason, 'insufficient_scope')
  })
  test(`${name}: token() of nothing is a request without a token`, async () => {
    for (const nothing of [undefined, null, '']) {
      assert.equal(refusedBy(await create({ verifier }).token(nothing)).reason, 'no_token')
      assert.equal(admittedBy(await create({ verifier, optional: true }).token(nothing)), undefined)
      assert.equal(
        refusedBy(await create({ verifier, optional: true }).requires({ scope: 'a' }).token(nothing)).reason,
        'no_token',
      )
    }
  })
  test(`${name}: token() of what is no token refuses it, whatever it is`, async () => {
    const guard = create({ verifier, optional: true })
    for (const strange of [
      ' ',
      'x',
      `Bearer ${tokenOf()}`,
      ` ${tokenOf()}`,
      `${tokenOf()}\n`,
      '..',
      0,
      false,
      true,
      {},
      [],
      [tokenOf()],
      Symbol('x'),
      () => tokenOf(),
    ])
      assert.equal(refusedBy(await guard.token(strange as string)).reason, 'invalid_token', String(strange))
  })
  test(`${name}: token() has no proof to check: a token that is bound to a key is refused (RFC 9449 §7.2)`, async () => {
    const { token } = await newClient()
    assert.equal(refusedBy(await create({ verifier }).token(token)).reason, 'invalid_token')
    assert.equal(refusedBy(await create({ verifier, dpop: proofs() }).token(token)).reason, 'invalid_token')
    const required = create({ verifier, dpop: { ...proofs(), required: true } })
    assert.equal(refusedBy(await required.token(tokenOf())).reason, 'invalid_token')
  })
  test(`${name}: token() gives the refusal to its caller, and tells onRefusal nothing: there is no request`, async () => {
    const told: Refusal[] = []
    const guard = create({ verifier, onRefusal: (refusal: Refusal) => told.push(refusal) })
    refusedBy(await guard.token('x'))
    assert.deepEqual(told, [])
  })
  test(`${name}: check() of what is no request is refused, and leaves nothing behind that fails later`, async () => {
    const guard = create({ verifier })
    for (const strange of [undefined, null, tokenOf()])
      await assert.rejects(() => guard.check(strange as never), TypeError)
  })
  test(`${name}: token() looks at a token each time`, async () => {
    const guard = create({ verifier })
    const token = tokenOf()
    const [one, two] = [admittedBy(await guard.token(token)), admittedBy(await guard.token(token))]
    assert.notEqual(one, two)
  })
}
