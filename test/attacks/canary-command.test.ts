// Attack 66 for the command: what verify and lint print holds no key and no secret, whatever token and key they are given.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestIssuer } from 'countersign/testing'
import { command } from '../../packages/countersign/test/cli/support/memory-host.ts'
import { CANARIES, CLAIM_CANARIES, PASSPHRASE, PRIVATE, SECRET_TEXT } from './canary/canaries.ts'
import { assertSilent, Detector } from './canary/detector.ts'
import { SPOILED } from './canary/keys.ts'
import { CASES } from './cases/cases.ts'

/** The claims are what the command is there to show; keys, secrets and passphrases are not. */
const SECRETS = CANARIES.filter(({ name }) => !(name in CLAIM_CANARIES))
const detector = new Detector(SECRETS)
const { EC, RSA, OKP } = PRIVATE
const FILES = {
  secret: SECRET_TEXT,
  'ec.jwk': JSON.stringify(EC.jwk),
  'rsa.pem': RSA.pems[0] ?? '',
  'sealed.pem': OKP.pems[2] ?? '',
  'set.json': JSON.stringify({ keys: [{ ...EC.jwk, kid: 'k' }, RSA.jwk] }),
}
const ENV = { S: SECRET_TEXT, PP: PASSPHRASE }

/** Runs a command line, and holds that nothing secret is printed. */
async function holdsBack(args: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<number> {
  const { code, out, err } = await command(args, { files: { ...FILES, ...files }, env: ENV })
  assertSilent(detector, `${out}\n${err}`, args.join(' ').slice(0, 200))
  assert.notEqual(code, 1, `${args.join(' ').slice(0, 200)} crashed: ${out}${err}`)
  return code
}

/** The keys that a token is held against. */
const KEYS = [
  ['--secret', 'env:S'],
  ['--secret', '@secret'],
  ['--key', '@ec.jwk'],
  ['--key', '@rsa.pem'],
  ['--key', '@sealed.pem', '--passphrase', 'env:PP'],
  ['--jwks', '@set.json'],
] as const

async function attack(token: string): Promise<void> {
  for (const key of KEYS) await holdsBack(['verify', token, ...key])
  await holdsBack(['verify', token, '--secret', 'env:S', '--json', '--verbose'])
  await holdsBack(['lint', token, '--secret', 'env:S'])
  await holdsBack(['lint', token, '--json'])
}

const tokens = new Set(
  CASES.flatMap(({ ask }) => ('token' in ask && typeof ask.token === 'string' ? [ask.token] : [])).filter(
    (token) => token.length < 20_000 && !token.startsWith('-'),
  ),
)
test('attack 66: verify and lint print no key for the tokens of all cases', async () => {
  assert.ok(tokens.size > 150, `${tokens.size} tokens`)
  for (const token of tokens) await attack(token)
})

test('attack 66: verify and lint print no key for hostile tokens', async () => {
  const issuer = await createTestIssuer()
  for (const { token } of await issuer.mint.hostile(CLAIM_CANARIES)) await attack(token)
})

test('attack 66: no command prints anything of a private key that is broken', async () => {
  const issuer = await createTestIssuer()
  const token = await issuer.mint.valid()
  for (const [what, text] of SPOILED) {
    const files = { 'spoiled.key': text }
    const codes = [
      await holdsBack(['verify', token, '--key', '@spoiled.key'], files),
      await holdsBack(['key', 'inspect', '@spoiled.key'], files),
      await holdsBack(['key', 'inspect', '@spoiled.key', '--passphrase', 'env:PP', '--json'], files),
      await holdsBack(['lint', '@spoiled.key'], files),
    ]
    assert.ok(
      codes.some((code) => code !== 0),
      `${what} was taken by all of them`,
    )
  }
})

test('the search finds each of the keys that lie about', () => {
  const { 'sealed.pem': _, ...open } = FILES
  for (const [name, text] of Object.entries({ ...open, 'ed.pem': OKP.pems[0] ?? '', phrase: PASSPHRASE }))
    assert.ok(detector.find(`error: ${text}`) !== undefined, name)
})
