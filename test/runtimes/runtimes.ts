// The runtimes of `npm run test:runtimes`, and what each of them has.

/** What a runtime can do: what `capabilities()` has to say there, to the letter. */
export interface Expected {
  readonly backend: 'node:crypto' | 'WebCrypto'
  readonly signature: readonly string[]
  readonly management: readonly string[]
  readonly content: readonly string[]
  readonly curves: readonly string[]
}

export interface Runtime {
  readonly name: string
  /** The program that starts the suite there, in the folder `on`. */
  readonly on: 'process' | 'workerd' | 'chromium'
  /** Its binary inside `node_modules`; nothing for the browser, which the workspace has. */
  readonly binary?: string
  /** What stands before the name of a program. */
  readonly flags?: readonly string[]
  /** The conditions by which it reads `exports` and `imports`. */
  readonly conditions: readonly string[]
  /** The modules of Node that it has; the bundle brings stand-ins for the others that tests forge with. */
  readonly modules: 'all' | readonly string[]
  /** Whether it runs TypeScript from files, with no flag and nothing built. */
  readonly unbuilt: boolean
  readonly expected: Expected
  /**
   * How much of what is drawn at random, or gone through at length, is gone through there, from 0 to 1: see test/support/share.ts
   * of the library. `npm test` does all of it with node:crypto; with WebCrypto six runtimes do their part, each by draws
   * of its own.
   */
  readonly share: number
  /** The folders of tests that run there, where not all have to. */
  readonly sample?: readonly string[]
  /** No fewer tests than these have to pass: a harness that runs nothing must not look like one that passes. */
  readonly least: number
}

const RSA_AND_EC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']
const HMAC = ['HS256', 'HS384', 'HS512']
const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']
const WEB = [...HMAC, ...RSA_AND_EC, 'EdDSA', 'Ed25519']
const NODE = [...HMAC, ...RSA_AND_EC, 'ES256K', 'EdDSA', 'Ed25519', 'Ed448']

const MANAGEMENT = [
  ...['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'],
  ...['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
  ...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'],
  ...['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'],
]
const CONTENT = ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512']

const NODE_CURVES = ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448', 'X25519', 'X448']
const WEB_CURVES = ['P-256', 'P-384', 'P-521', 'Ed25519', 'X25519']
const NODE_WEB_CURVES = NODE_CURVES.filter((crv) => crv !== 'secp256k1')

const nodeHas = (signature: readonly string[]): Expected => ({
  backend: 'node:crypto',
  signature,
  management: MANAGEMENT,
  content: CONTENT,
  curves: NODE_CURVES,
})
const webHas = (signature: readonly string[] = [], curves: readonly string[] = WEB_CURVES): Expected => ({
  backend: 'WebCrypto',
  signature: [...WEB, ...signature],
  management: MANAGEMENT,
  content: CONTENT,
  curves,
})
const without192 = (list: readonly string[]): readonly string[] => list.filter((alg) => !alg.includes('A192'))

/** The Node of the workspace. */
const WORKSPACE = '24.21.0'
/** The share of every runtime. */
const PART = 0.2

/**
 * Where lines of Node can differ: cryptography, keys, fetching, serving, files. What is worked out from texts alone runs on the
 * oldest Node, on everything that is not Node, and by `npm test` on that of the workspace.
 */
const OF_PLATFORM = ['jws/', 'jwe/', 'keys/', 'vectors/', 'source/', 'guard/', 'keyring/file-store']
/** With node:crypto on the Node of the workspace `npm test` has run them all. What is left to see is that the bundle does the same. */
const OF_BUNDLE = ['jws/', 'jwe/', 'vectors/']
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  [`${WORKSPACE} node`]: OF_BUNDLE,
  [`${WORKSPACE} web`]: [...OF_PLATFORM, 'attacks/'],
  '22.23.3 node': OF_PLATFORM,
  '22.23.3 web': OF_PLATFORM,
  '26.10.0 node': OF_PLATFORM,
  '26.10.0 web': OF_PLATFORM,
}

/** The oldest Node that is supported, and the last one of each line at the time of writing. */
function node(version: string, backend: 'node' | 'web', expected: Expected, least: number): Runtime {
  const sample = SAMPLES[`${version} ${backend}`]
  return {
    name: backend === 'node' ? `Node ${version}` : `Node ${version} on WebCrypto`,
    on: 'process',
    binary: `node-${version}/bin/node`,
    // "bun" stands first in the imports map and gives WebCrypto: this is how both backends run on one Node.
    flags: backend === 'node' ? [] : ['--conditions=bun'],
    conditions: backend === 'node' ? ['node'] : ['bun', 'node'],
    modules: 'all',
    unbuilt: !version.startsWith('22.12'),
    expected,
    share: PART,
    ...(sample && { sample }),
    least,
  }
}

export const RUNTIMES: readonly Runtime[] = [
  node('22.12.0', 'node', nodeHas(NODE), 6800),
  node('22.23.3', 'node', nodeHas(NODE), 4800),
  node('22.23.3', 'web', webHas(), 2900),
  node('24.21.0', 'node', nodeHas([...NODE, ...ML_DSA]), 2200),
  node('24.21.0', 'web', webHas(['Ed448', ...ML_DSA], NODE_WEB_CURVES), 3900),
  node('26.10.0', 'node', nodeHas([...NODE, ...ML_DSA]), 4800),
  node('26.10.0', 'web', webHas(['Ed448', ...ML_DSA], NODE_WEB_CURVES), 3100),
  {
    name: 'Bun 1.4.5',
    on: 'process',
    binary: '@oven/bun-linux-x64/bin/bun',
    conditions: ['bun', 'node'],
    modules: 'all',
    unbuilt: true,
    expected: webHas(ML_DSA),
    share: PART,
    least: 4000,
  },
  {
    name: 'Deno 2.9.6',
    on: 'process',
    binary: '@deno/linux-x64-glibc/deno',
    flags: ['run', '--allow-all', '--no-lock', '--quiet'],
    conditions: ['deno', 'node'],
    modules: 'all',
    unbuilt: true,
    expected: webHas(ML_DSA, [...WEB_CURVES, 'X448']),
    share: PART,
    least: 3970,
  },
  {
    name: 'workerd 1.20261117.1',
    on: 'workerd',
    binary: '@cloudflare/workerd-linux-64/bin/workerd',
    conditions: ['workerd', 'worker'],
    modules: ['assert/strict', 'buffer', 'util', 'events', 'stream', 'path', 'timers/promises', 'zlib'],
    unbuilt: false,
    expected: webHas(),
    share: PART,
    least: 3700,
  },
  {
    name: 'Chromium 153',
    on: 'chromium',
    conditions: ['browser'],
    modules: [],
    unbuilt: false,
    expected: { ...webHas(), management: without192(MANAGEMENT), content: without192(CONTENT) },
    share: PART,
    least: 3620,
  },
]
