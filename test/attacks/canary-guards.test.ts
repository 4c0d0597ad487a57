// Attack 66 for the guards: real requests, and all that a client, a log or a console can see of them.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createVerifier, secretKey, type Verifier } from 'countersign'
import { expiringStore } from 'countersign/revocation'
import { createTestIssuer } from 'countersign/testing'
import { CANARIES, CLAIM_CANARIES, canariesOfToken, GUARDED } from './canary/canaries.ts'
import { allOf, assertSilent, type Canary, Detector } from './canary/detector.ts'
import { guardedServers } from './canary/served-guards.ts'
import { CASES } from './cases/cases.ts'
import { CLAIMS, NOW, SECRET } from './material.ts'

const now = (): number => NOW
/** Three of these are as much as a server of Node takes in its headers. */
const MOST = 4000

/** How many tokens of each attack are sent: each goes to every guard in every way. */
const OF_EACH = 3

/** Tokens of the cases that a header has room for. */
const TOKENS: readonly string[] = [...Map.groupBy(CASES, ({ attack }) => attack).values()].flatMap((cases) =>
  cases
    .flatMap(({ ask }) => ('token' in ask && typeof ask.token === 'string' ? [ask.token] : []))
    .filter((token) => token.length <= MOST && /^[\x21-\x7e][\x20-\x7e]*$/.test(token))
    .slice(0, OF_EACH),
)

/** The ways in which a client brings a token, right or wrong. */
const WAYS: readonly (readonly [what: string, headers: (token: string) => Readonly<Record<string, string>>])[] = [
  ['a bearer token', (token) => ({ authorization: `Bearer ${token}` })],
  ['a token with a proof', (token) => ({ authorization: `DPoP ${token}`, dpop: token })],
  ['a token with two proofs', (token) => ({ authorization: `DPoP ${token}`, dpop: `${token}, ${token}` })],
  ['a token twice', (token) => ({ authorization: `Bearer ${token}, Bearer ${token}` })],
  ['a cookie', (token) => ({ cookie: `__Host-token=${token.replaceAll(/[\s;,"\\]/g, '')}` })],
  ['a cookie of a foreign page', (token) => ({ cookie: `__Host-token=${token}`, origin: 'https://evil.example' })],
]

interface Answered {
  readonly status: number
  readonly seen: string
}

function ask(origin: string, headers: Readonly<Record<string, string>>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    request(`${origin}/orders`, { headers, agent: false }, (answer) => {
      const { statusCode: status = 0, rawHeaders } = answer
      text(answer).then((body) => resolve({ status, seen: `${JSON.stringify(rawHeaders)}\n${body}` }), reject)
    })
      .on('error', reject)
      .end()
  })
}

/** What goes to the console meanwhile, which nothing of ours writes to. */
function listenIn(): { readonly heard: string[]; end(): void } {
  const heard: string[] = []
  const names = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const
  const before = names.map((name) => console[name])
  for (const name of names)
    console[name] = (...parts: unknown[]) => void heard.push(parts.map((part) => allOf(part)).join(' '))
  const warn = (warning: Error): void => void heard.push(allOf(warning))
  process.on('warning', warn)
  return {
    heard,
    end() {
      for (const [index, name] of names.entries()) console[name] = before[index] ?? console.log
      process.off('warning', warn)
    },
  }
}

/** Sends tokens in every way to every guard; none may come in, and none may be told. */
function attackGuards(what: string, verifier: Verifier, tokens: readonly string[], known: readonly Canary[]): void {
  const base = {
    verifier,
    realm: 'orders',
    dpop: { origin: 'https://api.example', replay: expiringStore({ now }), now },
  }
  const cookie = { name: '__Host-token', origins: ['https://app.example'] }
  for (const [use, options] of [
    ['', base],
    [' that takes a cookie', { verifier, cookie }],
  ] as const)
    for (const [index, open] of guardedServers(options).entries())
      test(`attack 66: guard ${index + 1}${use} tells nothing of ${what}`, async () => {
        const server = await open()
        const console = listenIn()
        try {
          for (const token of tokens) {
            const detector = new Detector([...known, ...canariesOfToken(token)])
            for (const [way, headers] of WAYS) {
              const { status, seen } = await ask(server.origin, headers(token))
              assert.ok(
                status === 400 || status === 401 || status === 403,
                `${server.name} answers ${status} to ${way}`,
              )
              assertSilent(detector, seen, `${server.name}, the answer to ${way}`)
            }
            const told = server.told.splice(0)
            assert.equal(told.length, WAYS.length, server.name)
            for (const refusal of told) assertSilent(detector, allOf(refusal), `${server.name}, what it told`)
            assertSilent(detector, server.logged.splice(0).join('\n'), `${server.name}, the log`)
            assertSilent(detector, console.heard.splice(0).join('\n'), `${server.name}, the console`)
          }
        } finally {
          console.end()
          await server.close()
        }
      })
}

const byHand = createVerifier({
  keys: secretKey(SECRET, 'HS256'),
  issuer: CLAIMS.iss,
  audience: CLAIMS.aud,
  clockTolerance: 0,
  requiredClaims: ['role'],
  now,
})
attackGuards('the tokens of all cases', byHand, TOKENS, [...GUARDED, { name: 'the secret', value: SECRET }])

const issuer = await createTestIssuer()
const minted = (await issuer.mint.hostile(CLAIM_CANARIES)).map(({ token }) => token)
attackGuards('hostile tokens', createVerifier(issuer.verifierOptions), minted, CANARIES)

test('the tokens of the cases are many, and a good one comes in', async () => {
  assert.ok(TOKENS.length > 80, `${TOKENS.length} tokens`)
  for (const open of guardedServers({ verifier: createVerifier(issuer.verifierOptions) })) {
    const server = await open()
    const { status, seen } = await ask(server.origin, { authorization: `Bearer ${await issuer.mint.valid()}` })
    await server.close()
    assert.deepEqual([status, seen.endsWith('in')], [200, true], server.name)
  }
})
