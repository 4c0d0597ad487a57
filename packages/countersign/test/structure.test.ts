import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as promise from 'countersign'
import * as guard from 'countersign/guard'
import * as guardFastify from 'countersign/guard/fastify'
import * as guardHono from 'countersign/guard/hono'
import * as guardNode from 'countersign/guard/node'
import * as jwe from 'countersign/jwe'
import * as jws from 'countersign/jws'
import * as keyring from 'countersign/keyring'
import * as lint from 'countersign/lint'
import * as profile from 'countersign/profile'
import * as revocation from 'countersign/revocation'
import * as sync from 'countersign/sync'
import * as testing from 'countersign/testing'
import { ALGORITHM } from '../src/alg/algorithm.ts'
import { LEFT_OUT } from '../src/alg/management.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const src = join(home, 'src')
const root = join(home, '../..')

/**
 * The order of the modules: each imports only from its own line and the lines above it. CONTRIBUTING.md shows the same
 * list to people; a new folder takes its place in both.
 */
const ORDER: readonly (readonly string[])[] = [
  ['messages.ts', 'errors.ts', 'bytes.ts', 'json.ts', 'options.ts', 'platform.ts'],
  ['op.ts', 'crypto/backend.ts'],
  ['alg/'],
  ['header.ts', 'header-members.ts', 'serialization/'],
  ['key/'],
  ['crypto/'],
  ['source/'],
  ['jws/'],
  ['jwe/'],
  ['claims.ts', 'schema.ts', 'jwt/', 'capabilities.ts'],
  ['revocation/'],
  ['profile/'],
  ['keyring/'],
  ['guard/'],
  ['testing/'],
  [
    'index.ts',
    'sync.ts',
    'jws.ts',
    'jwe.ts',
    'revocation.ts',
    'profile.ts',
    'keyring.ts',
    'guard.ts',
    'guard-node.ts',
    'guard-fastify.ts',
    'guard-hono.ts',
    'testing.ts',
  ],
  ['diagnosis/'],
  ['judge/'],
  ['lint/'],
  ['explain/'],
  ['lint.ts'],
  ['cli/'],
  ['cli.ts'],
]
/** What the modules that know their platform take from it: the backend on Node, and the store that keeps files. */
const PLATFORM: readonly (readonly [module: RegExp, takes: readonly string[]])[] = [
  [/^crypto\/node/, ['node:crypto', 'node:util', 'node:zlib']],
  [/^keyring\/file-/, ['node:crypto', 'node:fs/promises', 'node:os', 'node:path', 'node:url']],
  // Their types alone: a guard for a framework is handed what it works on.
  [/^guard\/fastify\.ts$/, ['fastify']],
  [/^guard\/hono\.ts$/, ['hono']],
  // The one place where the command meets the process that it runs in.
  [/^cli\/this-host\.ts$/, ['node:fs', 'node:tty', 'node:url']],
  [
    /^cli\/host\//,
    ['node:child_process', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:http', 'node:path', 'node:tty'],
  ],
]
/** The modules that choose the backend, and what else there is to choose; to all others it is handed. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'index.ts': ['#crypto'],
  'sync.ts': ['#crypto'],
  'jws.ts': ['#crypto'],
  'jwe.ts': ['#crypto'],
  'revocation.ts': ['#crypto'],
  'profile.ts': ['#crypto'],
  'keyring.ts': ['#crypto', '#files'],
  'guard.ts': ['#crypto'],
  'guard-node.ts': ['#crypto'],
  'guard-fastify.ts': ['fastify', '#crypto'],
  'guard-hono.ts': ['hono', '#crypto'],
  'testing.ts': ['#crypto'],
  'lint.ts': ['#crypto'],
  'cli/engine.ts': ['#crypto'],
}

const files = readdirSync(src, { recursive: true })
  .map((file) => String(file).replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
const lineOf = (file: string): number => {
  const exact = ORDER.findIndex((line) => line.includes(file))
  return exact >= 0
    ? exact
    : ORDER.findIndex((line) => line.some((place) => place.endsWith('/') && file.startsWith(place)))
}
const codeOf = (file: string): string =>
  readFileSync(join(src, file), 'utf8').replaceAll(/\/\*\*.*?\*\/|^\s*\/\/.*?$/gms, '')
/** What a module imports or re-exports, types as well: a cycle of types is a cycle for the reader. */
const importsOf = (file: string): readonly string[] =>
  [...codeOf(file).matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)].map(
    ([, named, bare]) => named ?? bare ?? '',
  )
const graph = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter((path) => path.startsWith('.'))
      .map((path) => posix.join(posix.dirname(file), path)),
  ]),
)

test('every module has its place in the order, and every import exists', () => {
  for (const file of files) assert.ok(lineOf(file) >= 0, `${file} is not in the order`)
  for (const [file, imports] of graph) for (const path of imports) assert.ok(graph.has(path), `${file} imports ${path}`)
})

test('imports go upwards in the order alone', () => {
  for (const [file, imports] of graph) {
    for (const path of imports)
      assert.ok(lineOf(path) <= lineOf(file), `${file} imports ${path}, which stands below it`)
  }
})

test('no module imports itself through others', () => {
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    assert.ok(!way.includes(file), `a cycle: ${[...way, file].join(' -> ')}`)
    if (done.has(file)) return
    for (const path of graph.get(file) ?? []) visit(path, [...way, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('only the doors choose a backend, and few modules know their platform', () => {
  for (const file of files) {
    const foreign = importsOf(file).filter((path) => !path.startsWith('.'))
    const takes = PLATFORM.find(([module]) => module.test(file))?.[1] ?? []
    if (DOORS[file]) assert.deepEqual(foreign, DOORS[file])
    else
      assert.deepEqual(
        foreign.filter((path) => !takes.includes(path)),
        [],
        `${file} imports something from outside`,
      )
  }
})

/** Names that a curve, a parameter set or an algorithm of WebCrypto has, too. */
const ALSO_ELSEWHERE = ['Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87', 'RSA-OAEP']

test('an algorithm is named in its table alone', () => {
  const named = [...ALGORITHM.keys(), ...LEFT_OUT.keys()].filter((name) => !ALSO_ELSEWHERE.includes(name))
  assert.ok(named.includes('ES256') && named.includes('ECDH-ES+A128KW') && named.includes('A256CBC-HS512'))
  for (const file of files.filter((path) => !path.startsWith('alg/'))) {
    const code = codeOf(file)
    for (const name of named) assert.ok(!code.includes(`'${name}'`), `${file} names ${name}`)
  }
})

const NAMES = [
  'JoseError',
  'capabilities',
  'createDecrypter',
  'createEncrypter',
  'createSigner',
  'createVerifier',
  'decodeUnverified',
  'discover',
  'exportJwk',
  'exportPem',
  'generateKey',
  'importKey',
  'keySet',
  'publicJwks',
  'publicKey',
  'remoteKey',
  'remoteKeySet',
  'secretKey',
  'thumbprint',
  'thumbprintUri',
]

test('the doors give these names and no others', () => {
  assert.deepEqual(Object.keys(promise).sort(), NAMES)
  // Discovery fetches, so it has no plain value to give.
  assert.deepEqual(
    Object.keys(sync).sort(),
    NAMES.filter((name) => name !== 'discover'),
  )
  const { exports } = manifest()
  assert.deepEqual(Object.keys(jws).sort(), ['JoseError', 'signJws', 'verifyJws'])
  assert.deepEqual(Object.keys(jwe).sort(), ['JoseError', 'decryptJwe', 'encryptJwe'])
  assert.deepEqual(Object.keys(keyring).sort(), [
    'JoseError',
    'checkSchedule',
    'createKeyRing',
    'fileStore',
    'jwksHandler',
    'memoryStore',
  ])
  assert.deepEqual(Object.keys(profile).sort(), [
    'JoseError',
    'accessToken',
    'clientAssertion',
    'dpopProof',
    'idToken',
    'introspection',
    'logoutToken',
    'securityEvent',
  ])
  assert.deepEqual(Object.keys(revocation).sort(), [
    'JoseError',
    'createDenylist',
    'createNotBefore',
    'createStatusCheck',
    'createStatusList',
    'expiringStore',
    'oneTime',
  ])
  assert.deepEqual(Object.keys(testing).sort(), ['JoseError', 'createTestIssuer', 'hostileKinds', 'testClock'])
  assert.deepEqual(Object.keys(lint).sort(), [
    'JoseError',
    'explain',
    'lint',
    'lintIssuer',
    'lintSecret',
    'rules',
    'toSarif',
  ])
  assert.deepEqual(Object.keys(guard).sort(), ['JoseError', 'createGuard', 'toResponse'])
  for (const door of [guardNode, guardFastify, guardHono])
    assert.deepEqual(Object.keys(door).sort(), ['JoseError', 'createGuard'])
  assert.deepEqual(Object.keys(exports), [
    '.',
    './sync',
    './jws',
    './jwe',
    './profile',
    './revocation',
    './keyring',
    './guard',
    './guard/node',
    './guard/fastify',
    './guard/hono',
    './testing',
    './lint',
    './schema/*.json',
    './debugger.html',
    './package.json',
  ])
})

test('the library has no dependencies: of two frameworks it names the types, for who has them', () => {
  const { dependencies, optionalDependencies, bundleDependencies, ...rest } = manifest()
  assert.deepEqual([dependencies, optionalDependencies, bundleDependencies], [undefined, undefined, undefined])
  // Nothing is installed for these, and no version of theirs is in the way of an installation.
  assert.deepEqual(rest['peerDependencies'], { fastify: '*', hono: '*' })
  assert.deepEqual(rest['peerDependenciesMeta'], { fastify: { optional: true }, hono: { optional: true } })
  for (const file of files) {
    for (const [line, from] of codeOf(file).matchAll(/^import .*? from '(fastify|hono)'$/gm))
      assert.ok(line.startsWith('import type'), `${file} takes more than types from ${from}`)
  }
})

test('countersign can be required, since no module waits at its top level', async () => {
  const { createRequire } = await import('node:module')
  const require = createRequire(import.meta.url)
  assert.equal(require('countersign').JoseError, promise.JoseError)
  assert.equal(require('countersign/sync').JoseError, promise.JoseError)
})

test('the published declarations compile without any ambient types', () => {
  const out = mkdtempSync(join(tmpdir(), 'countersign-types-'))
  const tsc = (...options: readonly string[]): void => {
    try {
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], {
        cwd: out,
        encoding: 'utf8',
      })
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout)
    }
  }
  try {
    tsc('-p', home, '--composite', 'false', '--emitDeclarationOnly', '--declaration', '--outDir', join(out, 'types'))
    writeFileSync(join(out, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(out, 'user.ts'),
      `import { createVerifier, remoteKeySet, type VerifiedToken } from './types/index.js'
import { type DecryptedJwe, decryptJwe, encryptJwe, type GeneralJwe } from './types/jwe.js'
import { createGuard } from './types/guard.js'
import { createGuard as createNodeGuard } from './types/guard-node.js'
import { createKeyRing, jwksHandler, memoryStore } from './types/keyring.js'
import { type AccessTokenClaims, accessToken } from './types/profile.js'
import { createDenylist, oneTime, expiringStore } from './types/revocation.js'
import { createSigner, secretKey } from './types/sync.js'
import { createTestIssuer } from './types/testing.js'
import { lint } from './types/lint.js'
const keys = remoteKeySet('https://issuer.example/jwks.json', { fetch: FETCH })
const verifier = createVerifier({ keys, issuer: 'any', audience: ['a'] })
const token: string = createSigner({ key: secretKey({ hex: '00' }), expiresIn: '5m' }).sign({ sub: 'x' })
export const verified: Promise<VerifiedToken> = verifier.verify(token)
const jwe: Promise<GeneralJwe> = encryptJwe(token, { recipients: [{ key: secretKey({ hex: '00' }) }] })
export const ringing = createKeyRing({ alg: 'x', store: memoryStore() }).then((ring) => {
  jwksHandler(ring)
  return [createSigner({ key: ring, expiresIn: '5m' }), createVerifier({ keys: ring, issuer: 'any', audience: 'any' })]
})
export const typed = createGuard({ verifier: accessToken.createVerifier({ keys, issuer: 'i', audience: 'a' }) })
export const client: Promise<AccessTokenClaims> = typed.token(token).then((it) => (it.ok ? it.jwt.claims : Promise.reject()))
export const hooked = createVerifier({
  keys,
  issuer: 'any',
  audience: 'any',
  revoked: [createDenylist().revoked, oneTime({ store: expiringStore() })],
})
createNodeGuard({ verifier: hooked, optional: true }).of({ headers: {} })?.claims.sub
export const found: Promise<number> = lint(token).then(({ summary }) => summary.error)
createTestIssuer().then((issuer) => createVerifier(issuer.verifierOptions))
export const decrypted: Promise<DecryptedJwe> = jwe.then((it) => decryptJwe(it, { keys: secretKey({ hex: '00' }) }))
`,
    )
    const strict = ['--noEmit', '--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--types', '']
    for (const lib of ['es2022', 'es2022,dom']) {
      const user = readFileSync(join(out, 'user.ts'), 'utf8')
      const fetch = lib.includes('dom')
        ? '(url, request) => fetch(url, request)'
        : '(url, request) => Promise.reject(request.method + url)'
      writeFileSync(join(out, `user-${lib.length}.ts`), user.replace('FETCH', fetch))
      tsc(`user-${lib.length}.ts`, ...strict, '--lib', lib, '--target', 'es2022', '--module', 'nodenext')
    }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
})

function manifest(): Record<string, Record<string, unknown> | undefined> & {
  readonly exports: Record<string, unknown>
} {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as never
}
