import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { POLICY } from '../support/forge.ts'
import { answer, bodyOf, issue } from '../support/remote.ts'

const { remoteKeySet } = door
const HOST = 'https://sharing.example'
const a = await issue('a')

test('the same URL with the same options is the same set, however both are written', () => {
  const set = remoteKeySet(`${HOST}/jwks`)
  for (const url of [
    `${HOST}/jwks`,
    'HTTPS://SHARING.example:443/jwks',
    `${HOST}/other/../jwks`,
    ` ${HOST}/jwks\n`,
    new URL(`${HOST}/jwks`),
  ]) {
    assert.equal(remoteKeySet(url), set, String(url))
  }
  const defaults = { timeout: '5s', maxStale: '1h', maxBytes: 512 * 1024, cacheMaxAge: '10m' } as const
  for (const options of [{}, defaults, { timeout: 5 }, { allowHttp: true }, { maxStale: 3600, cacheMaxAge: 600 }])
    assert.equal(remoteKeySet(`${HOST}/jwks`, options), set, JSON.stringify(options))
})

test('another URL is another set', () => {
  const urls = [
    `${HOST}/jwks`,
    `${HOST}/jwks/`,
    `${HOST}/JWKS`,
    `${HOST}/jwks?`,
    `${HOST}/jwks?a`,
    `${HOST}:8443/jwks`,
    'https://sharing.example.evil/jwks',
    // What would run into the options, were it all joined to one text.
    `${HOST}/jwks",5`,
    `${HOST}/jwks?",5,524288,3600,600,0,0`,
    `${HOST}/jwks?\\`,
  ]
  assert.equal(new Set(urls.map((url) => remoteKeySet(url))).size, urls.length)
})

test('other options are another set', () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error('never'))
  const random = (): number => 0.5
  const now = (): number => 1
  const options: readonly door.RemoteKeySetOptions[] = [
    {},
    { timeout: 4 },
    { maxStale: 5 },
    { maxBytes: 5 },
    { cacheMaxAge: 5 },
    { fetch },
    { fetch: () => Promise.reject(new Error('never')) },
    { now },
    { now: () => 1 },
    { random },
    { now: random },
    { random: now },
  ]
  const make = (): readonly door.RemoteKeySet[] => options.map((each) => remoteKeySet(`${HOST}/options`, each))
  const sets = make()
  assert.equal(new Set(sets).size, options.length)
  assert.deepEqual(
    make().map((set) => sets.indexOf(set)),
    options.map((_, index) => index),
  )
})

test('however often a program says a URL, there is one request', async () => {
  let requests = 0
  const give = answer(bodyOf(a))
  const fetch: door.Fetch = (url, request) => {
    requests++
    return give(request, url)
  }
  const verify = (): Promise<door.VerifiedToken> =>
    door.createVerifier({ keys: remoteKeySet(`${HOST}/often`, { fetch }), ...POLICY }).verify(a.token)
  await Promise.all(Array.from({ length: 10 }, verify))
  await verify()
  assert.equal(requests, 1)
})

test('a set that was made before 256 others is no longer found, and goes on by itself', async () => {
  let requests = 0
  const give = answer(bodyOf(a))
  const fetch: door.Fetch = (url, request) => {
    requests++
    return give(request, url)
  }
  const urlOf = (index: number): string => `${HOST}/many/${index}`
  const sets = Array.from({ length: 257 }, (_, index) => remoteKeySet(urlOf(index), { fetch }))
  for (const index of [1, 2, 255, 256]) assert.equal(remoteKeySet(urlOf(index), { fetch }), sets[index])
  const [first] = sets
  assert.ok(first)
  await first.load()
  assert.notEqual(remoteKeySet(urlOf(0), { fetch }), first)
  await door.createVerifier({ keys: first, ...POLICY }).verify(a.token)
  assert.equal(requests, 1)
})

test('a set that is asked for again and again stays shared, however many others there are', () => {
  const set = remoteKeySet(`${HOST}/busy`)
  for (let index = 0; index < 600; index++) {
    remoteKeySet(`${HOST}/others/${index}`)
    assert.equal(remoteKeySet(`${HOST}/busy`), set)
  }
})
