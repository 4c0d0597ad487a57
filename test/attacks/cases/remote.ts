// 49 to 52 and 58: where keys are fetched, how often, how much and from whom.
import { gzipSync } from 'node:zlib'
import type { Case, Harm, RemoteAsk } from '../case.ts'
import * as m from '../material.ts'
import { BODY, good, KEY, named, of, remote, served } from './sets-made.ts'

const { strangerEc } = m
const foreign = m.signedBy(strangerEc, { alg: 'ES256', kid: 'k' })

// 49: the network is stood in for, so that "accepted" means that it would have been asked.
const json = async (): Promise<Response> => new Response(BODY, { headers: { 'content-type': 'application/json' } })
const at = (url: string): RemoteAsk =>
  remote(async (open) => {
    await (await open(url, { fetch: json }))(good)
    return true
  })
const URL_DUTY = {
  jose: 'takes the URL that its caller gives',
  'jwks-rsa': 'takes the URL that its caller gives',
} as const
const SSRF: readonly Case[] = [
  ...[
    'http://issuer.example/jwks.json',
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://issuer.example/jwks.json',
    'https://user:word@issuer.example/jwks.json',
  ].map(
    (url): Case => ({
      ...of(49, `a set at ${url}`, at(url), { duty: URL_DUTY, misuse: true }),
      control: at('https://issuer.example/jwks.json'),
    }),
  ),
  of(
    49,
    'a redirect to another port',
    served(async (server) => {
      const to = await server.set([KEY])
      return server.by((_request, response) => response.writeHead(302, { location: to }).end())
    }),
  ),
  of(
    49,
    'a redirect to a file',
    served((server) =>
      server.by((_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    ),
  ),
]

// 50 and 58
/** Verifies tokens, each by itself, whatever becomes of them. */
const tryAll = async (check: (token: string) => Promise<unknown>, tokens: readonly string[]): Promise<void> => {
  for (const token of tokens) await check(token).catch(() => undefined)
}
const THIRTY = Array.from({ length: 30 }, (_, index) => named(`stranger-${index}`))
const bounded = (count: number, most: number): Harm => (count > most ? true : { held: `${count} requests` })
const REQUESTS: readonly Case[] = [
  of(
    50,
    '30 names of keys that nobody has, one after another: more than 12 requests',
    remote(async (open, server) => {
      const check = await open(await server.set([KEY]))
      await check(good)
      await tryAll(check, THIRTY)
      return bounded(server.asked.length, 12)
    }),
  ),
  of(
    50,
    '30 names of keys that nobody has, at once: more than 12 requests',
    remote(async (open, server) => {
      const check = await open(await server.set([KEY]))
      await check(good)
      await Promise.all(THIRTY.map((token) => check(token).catch(() => undefined)))
      return bounded(server.asked.length, 12)
    }),
  ),
  of(
    50,
    '30 tokens while the server fails: more than 12 requests',
    remote(async (open, server) => {
      const url = await server.text('down', 500)
      const check = await open(url).catch(() => undefined)
      if (check === undefined) return { held: 'one request, and no verifier' }
      await tryAll(check, THIRTY)
      return bounded(server.asked.length, 12)
    }),
  ),
  of(
    58,
    'a failing server after names of keys that nobody has: the known key is lost',
    remote(async (open, server) => {
      const url = await server.by((_request, response, count) =>
        response
          .writeHead(count === 1 ? 200 : 500, { 'content-type': 'application/json' })
          .end(count === 1 ? BODY : 'down'),
      )
      const check = await open(url)
      await check(good)
      await tryAll(check, THIRTY)
      const still = await check(good).then(
        () => true,
        () => false,
      )
      return still ? { held: 'the known key still verifies' } : true
    }),
  ),
  of(
    58,
    'an empty set after names of keys that nobody has, and then a failing server: keys of before',
    remote(async (open, server) => {
      const url = await server.by((_request, response, count) =>
        response.writeHead(count === 1 ? 200 : 503).end(count === 1 ? BODY : ''),
      )
      const check = await open(url)
      await Promise.all([check(good), ...THIRTY.slice(0, 5).map((token) => check(token).catch(() => undefined))])
      const still = await check(good).then(
        () => true,
        () => false,
      )
      return still ? { held: 'the known key still verifies' } : true
    }),
  ),
]

// 51
const large = `${' '.repeat(32e6)}${BODY}`
const bombed = gzipSync(large)
const many = Array.from({ length: 1000 }, (_, index) => ({ ...KEY, kid: `k${index}` }))
const BOUNDS: readonly Case[] = [
  of(
    51,
    'a set of 32 MB',
    served((server) => server.text(large)),
  ),
  of(
    51,
    'a set of 1000 keys',
    served((server) => server.set([...many, KEY])),
  ),
  of(
    51,
    '32 MB in 32 kB, by gzip',
    served((server) =>
      server.by((_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bombed),
      ),
    ),
  ),
  of(
    51,
    'a body that takes 1.5 seconds, of which the timeout is 0.2',
    served(
      (server) =>
        server.by((_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json' })
          let sent = 0
          const timer = setInterval(() => {
            if (sent++ < 30) response.write(' ')
            else {
              clearInterval(timer)
              response.end(BODY)
            }
          }, 50)
          response.on('close', () => clearInterval(timer))
        }),
      good,
      { timeout: 0.2 },
    ),
    { within: 1000 },
  ),
]

// 52: the same name for a key at two issuers
const POISON: readonly Case[] = [
  of(
    52,
    'a key of the same name at another issuer',
    remote(async (open, server) => {
      const mine = await open(await server.set([KEY]))
      const theirs = await open(await server.set([{ ...strangerEc.open, kid: 'k' }]))
      await mine(good)
      await theirs(foreign)
      await mine(foreign)
      return true
    }),
    {
      control: remote(async (open, server) => {
        const mine = await open(await server.set([KEY]))
        const theirs = await open(await server.set([{ ...strangerEc.open, kid: 'k' }]))
        await mine(good)
        await theirs(foreign)
        await mine(good)
        return true
      }),
    },
  ),
]

export const REMOTE: readonly Case[] = [...SSRF, ...REQUESTS, ...BOUNDS, ...POISON]
