import { input, mac } from '../../support/forge.ts'
import { publicMembers } from '../../support/keys.ts'
import { ENCRYPTED_PEM, PASSPHRASE, PEM, PRIVATE, RSA, SECRET } from './canaries.ts'
import { token, worldOf } from './golden-world.ts'
import { command, NOW, type Ran, type World } from './memory-host.ts'

export const json = (value: unknown): string => JSON.stringify(value)

/** Tokens: without findings, unsigned, with a key by URL, signed with a shared secret. */
export const SOUND = token({ iat: NOW, sub: 'ada' }, { typ: 'at-odd+jwt' })
export const UNSIGNED = `${input({ alg: 'none' }, { sub: 'ada' })}.`
export const ODD = token({ iat: NOW }, { jku: 'https://evil.example.com/jwks' })
export const SHARED = mac(
  { alg: 'HS256', typ: 'x+jwt' },
  { iss: 'https://id.example.com', aud: 'a', exp: NOW + 60, iat: NOW },
  SECRET,
)
/** A public key, and a set that has it. */
export const OPEN = publicMembers(PRIVATE)
export const SET = json({ keys: [{ ...OPEN, kid: '2026-a', alg: 'ES256' }] })

/** What lies about, by its name. */
export const FILES = {
  sound: SOUND,
  unsigned: `${UNSIGNED}\n`,
  shared: SHARED,
  'set.json': SET,
  'open.jwk': json({ ...OPEN, kid: 'a', alg: 'ES256' }),
  'private.pem': PEM,
  'encrypted.pem': ENCRYPTED_PEM,
  'mixed.json': json({ keys: [{ ...PRIVATE, kid: 'a' }, publicMembers(RSA)] }),
  secret: `${SECRET}\n`,
  'secret.hex': Buffer.from(SECRET).toString('hex'),
  weak: 'hunter2\n',
  passphrase: PASSPHRASE,
  broken: 'not a token',
}

/** Runs lint among these files. */
export const lint = (args: readonly string[], world: World = {}): Promise<Ran> =>
  command(['lint', ...args], worldOf({ ...world, files: { ...FILES, ...world.files } }))

/** What it prints for programs. */
export interface Document {
  readonly ok: boolean
  readonly findings: readonly {
    readonly rule: string
    readonly severity: string
    readonly path: string
    readonly in?: string
  }[]
  readonly summary: Readonly<Record<string, number>>
}

/** What is found, as its document says. */
export const found = async (
  args: readonly string[],
  world: World = {},
): Promise<Document & { readonly code: number }> => {
  const ran = await lint([...args, '--json'], world)
  return { code: ran.code, ...(ran.json() as unknown as Document) }
}

/** Which rules found something. */
export const rulesOf = async (args: readonly string[], world?: World): Promise<readonly string[]> =>
  (await found(args, world)).findings.map(({ rule }) => rule)
