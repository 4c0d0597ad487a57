import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseClaim, withMembers } from '../../src/cli/given/claims.ts'
import { toLine } from '../../src/diagnosis/exact-json.ts'
import { CommandError } from '../../src/diagnosis/told.ts'

const SECRET = 'hunter2'

const REFUSED: readonly (readonly [text: string, message: RegExp, hint?: RegExp])[] = [
  ['', /--claim is name=text or name:=json/],
  [SECRET, /--claim is name=text or name:=json/],
  [`=${SECRET}`, /--claim is name=text or name:=json/],
  [`:=${SECRET}`, /--claim has no name before the equals sign/],
  [`a:=${SECRET}`, /the value of --claim "a" is not JSON/, /text is written a=text, JSON a:=json/],
  ['a:=', /the value of --claim "a" is not JSON/],
  ["a:={'b':1}", /is not JSON/],
  ['a:=[1,]', /is not JSON/],
  [`a:=${'['.repeat(600)}`, /is not JSON/],
  ['sub:=42', /^sub is text: write sub=…\.$/],
  ['iss:=null', /^iss is text/],
  ['jti:={}', /^jti is text/],
  ['sub:=["a"]', /^sub is text/],
  ['aud:=42', /^aud is text or a list of texts/],
  ['aud:=["a",1]', /^aud is text or a list of texts/],
  ['exp=15m', /^exp is a number of seconds/, /^write --exp 15m, or exp:=1767225600$/],
  ['nbf=now', /^nbf is a number of seconds/],
  ['iat=1767225600', /^iat is a number of seconds/, /^write iat:=1767225600$/],
]

for (const [text, message, hint = /./] of REFUSED) {
  test(`the CLAIM ${JSON.stringify(text.slice(0, 20))} is refused, and its value is not repeated`, () => {
    assert.throws(
      () => parseClaim(text, '--claim'),
      (error) => {
        assert.ok(error instanceof CommandError)
        const { code, message: told, hint: advice } = error.told
        assert.equal(code, 'CS_USAGE')
        assert.match(told, message)
        assert.match(advice, hint)
        assert.ok(!`${told}${advice}`.includes(SECRET))
        return true
      },
    )
  })
}

const CLAIMS: readonly (readonly [text: string, name: string, json: string])[] = [
  ['a=', 'a', '""'],
  ['a=b', 'a', '"b"'],
  ['a=b=c', 'a', '"b=c"'],
  ['a=b:=c', 'a', '"b:=c"'],
  ['a=true', 'a', '"true"'],
  ['sub=42', 'sub', '"42"'],
  ['sub:="42"', 'sub', '"42"'],
  ['aud:=["a","b"]', 'aud', '["a","b"]'],
  ['aud=["a"]', 'aud', '"[\\"a\\"]"'],
  ['admin:=true', 'admin', 'true'],
  ['n:=9007199254740993', 'n', '9007199254740993'],
  ['n:= {"a":1.0} ', 'n', '{"a":1.0}'],
  ['exp:=1767225600', 'exp', '1767225600'],
  ['https://a.example/roles:=["x"]', 'https://a.example/roles', '["x"]'],
  ['a:b=c', 'a:b', '"c"'],
  ['__proto__:=1', '__proto__', '1'],
  ['name= with blanks ', 'name', '" with blanks "'],
]

for (const [text, name, json] of CLAIMS) {
  test(`the CLAIM ${text}`, () => {
    const [own, value] = parseClaim(text, '--claim')
    assert.deepEqual([own, toLine(value)], [name, json])
  })
}

test('members of a header are not bound to what claims are', () => {
  for (const text of ['sub:=42', 'exp=x']) assert.equal(parseClaim(text, '--header')[0].length, 3)
})

test('members take the place of those of the same name, and what is new comes behind', () => {
  const members = ['b=1', 'a=2', '1=3'].map((text) => parseClaim(text, '--claim'))
  const others = ['a=4', 'c=5', 'a=6'].map((text) => parseClaim(text, '--claim'))
  const all = toLine({ kind: 'object', members: withMembers(members, others) })
  assert.equal(all, '{"b":"1","a":"6","1":"3","c":"5"}')
})
