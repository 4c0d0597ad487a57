// Tokens that one runtime makes and every other one opens, with the keys that all tests have. It runs unbuilt where a
// runtime takes TypeScript, and bundled elsewhere.
import {
  type Capabilities,
  capabilities,
  createSigner,
  createVerifier,
  importKey,
  JoseError,
  type Jwk,
  type Key,
  publicKey,
  secretKey,
} from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import keys from '../../../packages/countersign/test/support/keys.json' with { type: 'json' }

/** What a runtime hands to the others. */
export interface TokenFile {
  readonly runtime: string
  readonly capabilities: Capabilities
  readonly tokens: readonly Token[]
}

interface Token {
  /** The name of its row. */
  readonly what: string
  readonly token: string
}

/** What a runtime says about the tokens of the others. */
export interface Opened {
  readonly opened: number
  /** Tokens of algorithms that this runtime does not have, refused as they should be. */
  readonly refused: number
  readonly faults: readonly string[]
}

export interface Matrix {
  makeTokens(runtime: string): Promise<TokenFile>
  openTokens(files: readonly TokenFile[]): Promise<Opened>
}

/** One kind of token. */
interface Row {
  readonly what: string
  /** What a runtime must have for it, in the words of `capabilities()`. */
  readonly needs: Partial<Record<'signature' | 'management' | 'content' | 'curves', string>>
  readonly make: () => Promise<string>
  /** Opens it, and holds that it says what it should. */
  readonly open: (token: string) => Promise<void>
  /** What a token with another character in its last part is refused as. */
  readonly spoilt: string
}

const NOW = 1_790_000_000
const CLAIMS = {
  sub: '1234567890',
  name: 'John Doe – Jürgen 名',
  admin: true,
  nested: { list: [1, null, 'a'] },
} as const
const POLICY = { issuer: 'https://issuer.example', audience: 'api', now: () => NOW } as const
const PLAINTEXT = 'Jürgen 名: '.repeat(50)
/** Iterations for a password: each token is opened twice on each runtime. The suite itself goes by those that are the default. */
const P2C = 10_000
const PASSWORD = 'Thus from my lips, by yours, my sin is purged.'

type KeyName = keyof typeof keys

function jwkOf(name: KeyName, alg?: string): Jwk {
  const [first] = keys[name]
  if (first === undefined) throw new Error(`keys.json has no ${name}`)
  return { ...(first.jwk as Jwk), ...(name.startsWith('ML-') && alg && { alg }) }
}

/** The key that signs or decrypts. */
function ownKey(name: KeyName, alg: string): Key {
  const jwk = jwkOf(name, alg)
  return jwk.kty === 'oct' ? secretKey({ base64url: jwk.k ?? '' }, alg) : importKey(jwk, { alg })
}

/** The key that verifies or encrypts. */
async function otherKey(name: KeyName, alg: string): Promise<Key> {
  const key = ownKey(name, alg)
  return key.kind === 'private' ? publicKey(key) : key
}

function signed(alg: string, name: KeyName): Row {
  return {
    what: alg,
    needs: { signature: alg },
    async make() {
      const { issuer, audience, now } = POLICY
      const signer = createSigner({ key: ownKey(name, alg), alg, issuer, audience, expiresIn: '1h', now })
      return signer.sign({ ...CLAIMS })
    },
    async open(token) {
      const verifier = createVerifier({ keys: await otherKey(name, alg), algorithms: [alg], ...POLICY })
      const { claims } = await verifier.verify(token)
      for (const [member, value] of Object.entries(CLAIMS)) {
        if (JSON.stringify(claims[member]) !== JSON.stringify(value)) throw new Error(`the claim ${member} has changed`)
      }
    },
    spoilt: 'CS_SIGNATURE',
  }
}

interface Encrypted {
  readonly alg: string
  readonly enc: string
  /** The name of its key; nothing for a password. */
  readonly key?: KeyName
  readonly crv?: string
  readonly zip?: true
}

function encrypted({ alg, enc, key, crv, zip }: Encrypted): Row {
  const password = (): Key => secretKey({ text: PASSWORD }, alg)
  const own = (): Key => (key ? ownKey(key, alg) : password())
  return {
    what: `${alg} with ${enc}${crv ? ` on ${crv}` : ''}${zip ? ', compressed' : ''}`,
    needs: { management: alg, content: enc, ...(crv && { curves: crv }) },
    async make() {
      const to = key ? await otherKey(key, alg) : password()
      return encryptJwe(PLAINTEXT, { key: to, alg, enc, ...(zip && { zip }), ...(!key && { p2c: P2C }) })
    },
    async open(token) {
      const { plaintext } = await decryptJwe(token, { keys: own(), algorithms: [alg], encryptions: [enc] })
      if (new TextDecoder().decode(plaintext) !== PLAINTEXT) throw new Error('the plaintext has changed')
    },
    spoilt: 'CS_DECRYPTION',
  }
}

/** Every content encryption, and a key that has the size of its CEK. */
const CONTENT: Readonly<Record<string, KeyName>> = {
  ...{ A128GCM: 'A128KW', A192GCM: 'A192KW', A256GCM: 'HS256' },
  ...{ 'A128CBC-HS256': 'HS256', 'A192CBC-HS384': 'HS384', 'A256CBC-HS512': 'HS512' },
}
const CURVES: readonly (readonly [KeyName, string])[] = [
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
  ['X25519', 'X25519'],
  ['X448', 'X448'],
]
const SIZES: readonly (readonly [number, KeyName])[] = [
  [128, 'A128KW'],
  [192, 'A192KW'],
  [256, 'HS256'],
]
const enc = 'A256GCM'

const ROWS: ReadonlyMap<string, Row> = new Map(
  [
    ...['HS256', 'HS384', 'HS512', 'ES256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'Ed448'].map((alg) =>
      signed(alg, alg as KeyName),
    ),
    ...[256, 384, 512].flatMap((bits) => [signed(`RS${bits}`, 'RS256'), signed(`PS${bits}`, 'RS256')]),
    ...(['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const).map((alg) => signed(alg, alg)),
    signed('EdDSA', 'Ed25519'),
    ...Object.entries(CONTENT).flatMap(([enc, key]) => [
      encrypted({ alg: 'dir', enc, key }),
      encrypted({ alg: 'A256KW', enc, key: 'HS256' }),
    ]),
    encrypted({ alg: 'dir', enc, key: 'HS256', zip: true }),
    ...SIZES.flatMap(([bits, key]) => [
      encrypted({ alg: `A${bits}KW`, enc, key }),
      encrypted({ alg: `A${bits}GCMKW`, enc, key }),
      encrypted({ alg: `ECDH-ES+A${bits}KW`, enc, key: 'ES256', crv: 'P-256' }),
    ]),
    ...['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'].map((alg) => encrypted({ alg, enc, key: 'RS256' })),
    ...CURVES.flatMap(([key, crv]) => [
      encrypted({ alg: 'ECDH-ES', enc, key, crv }),
      encrypted({ alg: 'ECDH-ES+A256KW', enc: 'A256CBC-HS512', key, crv }),
    ]),
    ...['PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'].map((alg) => encrypted({ alg, enc })),
  ].map((row) => [row.what, row]),
)

function lacks({ needs }: Row): boolean {
  const has = capabilities()
  return Object.entries(needs).some(([list, name]) => !has[list as keyof Row['needs']].includes(name))
}

/** Makes a token of every kind that is possible here, and holds that every other one is refused by name. */
export async function makeTokens(runtime: string): Promise<TokenFile> {
  const here = capabilities()
  for (const list of ['signature', 'management', 'content'] as const) {
    const unknown = here[list].filter((name) => ![...ROWS.values()].some(({ needs }) => needs[list] === name))
    if (unknown.length > 0) throw new Error(`there is no token for ${unknown.join(', ')}`)
  }
  const tokens: Token[] = []
  for (const row of ROWS.values()) {
    if (lacks(row)) await mustRefuse(`making ${row.what}`, row.make, ['CS_UNSUPPORTED'])
    else tokens.push({ what: row.what, token: await named(`making ${row.what}`, row.make()) })
  }
  return { runtime, capabilities: here, tokens }
}

async function named<T>(what: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    const { cause } = error as { cause?: unknown }
    throw new Error(`${what}: ${String(error)}${cause ? ` (${String(cause)})` : ''}`, { cause: error })
  }
}

async function mustRefuse(what: string, act: () => unknown, codes: readonly string[]): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (error instanceof JoseError && codes.includes(error.code)) return
    throw new Error(`${what} should be refused as ${codes.join(' or ')}: ${String(error)}`, { cause: error })
  }
  throw new Error(`${what} works, and should be refused as ${codes.join(' or ')}`)
}

/** Opens every token of every runtime; what the other has and this one lacks is refused by name. */
export async function openTokens(files: readonly TokenFile[]): Promise<Opened> {
  let [opened, refused] = [0, 0]
  const faults: string[] = []
  for (const { runtime, tokens } of files) {
    for (const { what, token } of tokens) {
      try {
        const row = ROWS.get(what)
        if (row === undefined) throw new Error('nothing here opens it')
        if (lacks(row)) {
          await mustRefuse('it', () => row.open(token), ['CS_UNSUPPORTED', 'CS_ALG'])
          refused++
        } else {
          await row.open(token)
          await mustRefuse('it, when it is changed,', () => row.open(changed(token)), [row.spoilt])
          opened++
        }
      } catch (error) {
        faults.push(`opening ${what} of ${runtime}: ${String(error)}`)
      }
    }
  }
  return { opened, refused, faults }
}

/** The token with another character in its last part. */
function changed(token: string): string {
  const at = token.length - 10
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}
