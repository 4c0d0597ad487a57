// 10 to 14: what a header says, and who believes it.
import type { Case, Harm, OpenSet, VerifyAsk } from '../case.ts'
import * as m from '../material.ts'
import type { Server } from '../served.ts'

const { GOOD, CLAIMS, HS, SECRET, ec, strangerEc, verify } = m

const foreign = (header: object): string => m.signedBy(strangerEc, { alg: 'ES256', ...header })
const embedded = (attack: number, what: string, header: object, key: VerifyAsk['key'] = { jwk: ec.open }): Case => ({
  attack,
  what,
  ask: verify(foreign(header), key, ['ES256']),
  control: 'set' in key ? GOOD.SET : GOOD.ES256,
})

/** A token that names keys elsewhere, against a set that is fetched: whether anything else is fetched. */
const linked = (member: 'jku' | 'x5u'): Case => {
  const act = (evil: boolean) => ({
    do: 'remote' as const,
    async act(open: OpenSet, server: Server): Promise<Harm> {
      const url = await server.by((request, response) => {
        const jwk = request.url?.endsWith('/evil.json') ? strangerEc.open : ec.open
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: [{ ...jwk, kid: 'k' }] }))
      })
      const check = await open(url)
      const header = { alg: 'ES256', kid: 'k', [member]: url.replace('jwks.json', 'evil.json') }
      try {
        await check(m.signedBy(evil ? strangerEc : ec, header))
        return true
      } catch (error) {
        if (server.asked.some((url) => url.endsWith('/evil.json'))) return true
        throw error
      }
    },
  })
  return { attack: 11, what: `a key of one's own behind ${member}`, ask: act(true), control: act(false) }
}

const EMBEDDED: readonly Case[] = [
  embedded(10, 'its own public key in jwk', { jwk: strangerEc.open }),
  embedded(
    10,
    'its own public key in jwk, with the kid of the right one',
    { jwk: { ...strangerEc.open, kid: 'k' }, kid: 'k' },
    m.setOf({ ...ec.open, kid: 'k' }),
  ),
  {
    ...embedded(10, 'its own public key in jwk, and no key at hand', { jwk: strangerEc.open }, m.setOf()),
    control: GOOD.SET,
  },
  {
    attack: 10,
    what: 'its own secret in jwk',
    ask: verify(m.mac({ ...HS, jwk: { kty: 'oct', k: m.b64(Buffer.alloc(32, 7)) } }, CLAIMS, Buffer.alloc(32, 7))),
    control: GOOD.HS256,
  },
  linked('jku'),
  linked('x5u'),
  embedded(11, 'a certificate of its own in x5c', {
    x5c: [strangerEc.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')],
  }),
]

const kid = (what: string, value: unknown, named: string, empty = false): Case => ({
  attack: 12,
  what,
  ask: verify(
    empty ? m.mac({ ...HS, kid: value }, CLAIMS, '') : m.signedBy(ec, { alg: 'ES256', kid: value }),
    m.setOf({ ...ec.open, kid: named }),
    ['ES256', 'HS256'].slice(0, 1),
  ),
  control: GOOD.SET,
})
const KIDS: readonly Case[] = [
  kid('a path as kid, and an empty secret', '../../dev/null', 'k', true),
  kid('kid __proto__, and an empty secret', '__proto__', 'k', true),
  kid('kid constructor, and an empty secret', 'constructor', 'k', true),
  kid('a kid with a quote and a query, and an empty secret', "k' UNION SELECT ''--", 'k', true),
  kid('the number 1 for the kid "1"', 1, '1'),
  kid('a kid in another case', 'K', 'k'),
  kid('a kid with a space', 'k ', 'k'),
  kid('a list for a kid', ['k'], 'k'),
  kid('an object for a kid', { toString: 'k' }, 'k'),
  kid('null for a kid', null, 'null'),
]

const crit = (what: string, header: unknown): Case => ({
  attack: 13,
  what: `crit of ${what}`,
  ask: verify(m.mac(header, CLAIMS, SECRET)),
  control: GOOD.HS256,
})
const CRITS: readonly Case[] = [
  crit('an unknown extension', { ...HS, crit: ['urn:x'], 'urn:x': true }),
  crit('an unknown extension that is not there', { ...HS, crit: ['urn:x'] }),
  crit('a claim', { ...HS, crit: ['exp'], exp: m.NOW + 60 }),
  crit('an inherited name', { ...HS, crit: ['toString'] }),
  crit('alg', { ...HS, crit: ['alg'] }),
  crit('no name at all', { ...HS, crit: [] }),
  crit('null', { ...HS, crit: null }),
  crit('false', { ...HS, crit: false }),
  crit('0', { ...HS, crit: 0 }),
  crit('an empty text', { ...HS, crit: '' }),
  crit('a text', { ...HS, crit: 'urn:x', 'urn:x': true }),
  crit('an object', { ...HS, crit: { 0: 'urn:x' }, 'urn:x': true }),
  crit('a number in a list', { ...HS, crit: [1], 1: true }),
  crit('__proto__', `{"alg":"HS256","crit":["__proto__"],"__proto__":1}`),
]

const raw = JSON.stringify(CLAIMS)
/** The header, the payload as it is carried, and a MAC over the header and something else. */
function unencoded(header: object, carried: string, signed: string): string {
  const first = m.b64(JSON.stringify(header))
  return `${first}.${carried}.${m.macInput(`${first}.${signed}`, SECRET).split('.').at(-1)}`
}
const bit64 = (what: string, token: string): Case => ({ attack: 14, what, ask: verify(token), control: GOOD.HS256 })
const B64: readonly Case[] = [
  bit64(
    'b64 false without crit, MAC over the encoded payload',
    unencoded({ ...HS, b64: false }, m.b64(raw), m.b64(raw)),
  ),
  bit64('b64 false without crit, MAC over the payload as it is', unencoded({ ...HS, b64: false }, m.b64(raw), raw)),
  bit64(
    'b64 false with crit in a JWT, encoded all the same',
    unencoded({ ...HS, b64: false, crit: ['b64'] }, m.b64(raw), m.b64(raw)),
  ),
  bit64('b64 false with crit in a JWT', unencoded({ ...HS, b64: false, crit: ['b64'] }, m.b64(raw), raw)),
  bit64('b64 "false" with crit', unencoded({ ...HS, b64: 'false', crit: ['b64'] }, m.b64(raw), m.b64(raw))),
  bit64('b64 "false" without crit', unencoded({ ...HS, b64: 'false' }, m.b64(raw), m.b64(raw))),
  bit64('b64 false without crit, and 8 MB of payload', unencoded({ ...HS, b64: false }, 'A'.repeat(8e6), '')),
]

export const HEADERS: readonly Case[] = [...EMBEDDED, ...KIDS, ...CRITS, ...B64]
