import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/rows/commands.ts'
import { GLOBAL } from '../../src/cli/rows/table.ts'
import { mac } from '../support/forge.ts'
import { jwkFor, publicMembers } from '../support/keys.ts'
import * as canaries from './support/canaries.ts'
import { SECRET as CRASHED, CRASHING, sealed, token } from './support/golden-world.ts'
import { command, type Ran, type World } from './support/memory-host.ts'

const { SECRET, PASSWORD, PASSPHRASE, CLAIM, PRIVATE, RSA, PEM, SEC1, ENCRYPTED_PEM, leakedIn } = canaries
const json = (value: unknown): string => JSON.stringify(value)
const T = token()
const MAC = mac({ alg: 'HS256' }, { exp: 4e9, password: 'x' }, SECRET)
const JWE = await sealed('{"sub":"ada"}')

const FILES = {
  secret: SECRET,
  'secret.txt': `${SECRET}\n`,
  'secret.hex': Buffer.from(SECRET).toString('hex'),
  'secret.b64': Buffer.from(SECRET).toString('base64'),
  password: PASSWORD,
  passphrase: PASSPHRASE,
  'wrong-passphrase': 'something else',
  'key.jwk': json({ ...PRIVATE, kid: '2026-a' }),
  'rsa.jwk': json(RSA),
  'oct.jwk': json({ kty: 'oct', k: Buffer.from(SECRET).toString('base64url') }),
  'key.pem': PEM,
  'sec1.pem': SEC1,
  'encrypted.pem': ENCRYPTED_PEM,
  'key.der': Uint8Array.from(Buffer.from(PEM.replace(/-----.*-----/g, ''), 'base64')),
  'pub.jwk': json({ ...publicMembers(PRIVATE), kid: '2026-a' }),
  'set.json': json({ keys: [{ ...PRIVATE, kid: '2026-a' }, RSA] }),
  'oct-set.json': json({ keys: [{ kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 's' }] }),
  'broken.jwk': `${json(PRIVATE).slice(0, -2)},,`,
  'odd.jwk': json({ ...PRIVATE, d: `${PRIVATE.d}A` }),
  'other-curve.jwk': json({ ...PRIVATE, crv: 'P-384' }),
  'bad-rsa.jwk': json({ ...RSA, p: RSA.q }),
  'broken.pem': PEM.replace(/.{8}\n-----END/, '!\n-----END'),
  'cut.pem': PEM.slice(0, -40),
  'mislabelled.pem': PEM.replaceAll('PRIVATE KEY', 'PUBLIC KEY'),
}
const ENV = { S: SECRET, PW: PASSWORD, PP: PASSPHRASE, K: FILES['key.jwk'], PEM, TOKEN: T }

const world = (more: World = {}): World => ({ env: ENV, ...more, files: { ...FILES, ...more.files } })

/** How a command line may be varied without a change to what it says about secrets. */
const WAYS: readonly (readonly string[])[] = [[], ['--json'], ['--verbose', '--color', 'always'], ['--quiet']]

/** Runs a command line in every way, and holds that none of its outputs has something secret in it. */
async function holdsBack(args: readonly string[], more?: World): Promise<readonly Ran[]> {
  const all: Ran[] = []
  for (const way of WAYS) {
    const ran = await command([...args, ...way], world(more))
    const which = leakedIn(ran.out + ran.err + ran.questions.join(''))
    assert.equal(which, undefined, `${args.join(' ').slice(0, 200)} ${way.join(' ')} prints ${which}`)
    assert.notEqual(ran.code, 1, `${args.join(' ').slice(0, 200)} crashed: ${ran.out}${ran.err}`)
    all.push(ran)
  }
  return all
}

test('the canaries are known in every spelling', () => {
  for (const { bytes, name } of canaries.CANARIES) {
    const octets = Buffer.from(bytes)
    for (const coding of ['hex', 'base64', 'base64url'] as const) {
      assert.equal(leakedIn(`… ${octets.toString(coding)} …`), name)
      for (const before of ['{"k":"', 'ab'])
        assert.equal(leakedIn(Buffer.concat([Buffer.from(before), octets, Buffer.from('"}')]).toString(coding)), name)
    }
  }
  assert.equal(leakedIn(PEM), 'd of the EC key')
  assert.equal(leakedIn(T), undefined)
})

test('a secret on the command line is refused, and never repeated', async () => {
  for (const args of [
    ['verify', T, '--secret', SECRET],
    ['verify', T, `--secret=${SECRET}`],
    ['sign', '{}', '--secret', SECRET],
    ['encrypt', '{}', '--secret', SECRET],
    ['encrypt', '{}', '--password', PASSWORD],
    ['decrypt', JWE, '--password', PASSWORD],
    ['decrypt', JWE, '--secret', SECRET],
    ['sign', '{}', '--key', '@encrypted.pem', '--passphrase', PASSPHRASE],
    ['key', 'new', 'ES256', '--out', 'x', '--encrypt', '--passphrase', PASSPHRASE],
    ['key', 'inspect', '@encrypted.pem', '--passphrase', PASSPHRASE],
    ['verify', T, '--key', FILES['key.jwk']],
    ['verify', T, '--key', FILES['oct.jwk']],
    ['verify', T, '--jwks', FILES['set.json']],
    ['verify', T, '--jwks', FILES['oct-set.json']],
    ['sign', '{}', '--key', FILES['key.jwk']],
    ['sign', '{}', '--key', FILES['oct.jwk']],
    ['sign', '{}', '--key', PEM],
    ['sign', '{}', `--key=${PEM}`],
    ['sign', '{}', `--key=${SECRET}`],
    ['decrypt', JWE, '--key', FILES['rsa.jwk']],
    ['encrypt', '{}', '--to', FILES['rsa.jwk']],
    ['encrypt', '{}', '--to', '@pub.jwk', '--sign-with', FILES['key.jwk']],
    ['encrypt', '{}', '--to', '@pub.jwk', '--sign-with', SECRET],
    ['key', 'inspect', FILES['key.jwk']],
    ['key', 'convert', FILES['key.jwk'], '--to', 'pem'],
    ['key', 'public', FILES['key.jwk']],
    ['key', 'thumbprint', FILES['key.jwk']],
    ['key', 'set', 'new.json', 'add', FILES['key.jwk']],
    ['jwks', FILES['set.json']],
    ['lint', FILES['key.jwk']],
    ['lint', FILES['oct.jwk']],
    ['lint', T, FILES['set.json']],
    ['lint', PEM],
    ['lint', T, '--secret', SECRET],
    ['lint', SECRET],
    ['lint', T, '--rule', SECRET],
    ['lint', T, '--rule', `CSL001=${SECRET}`],
    // What other commands take so, and spellings of it.
    ['verify', T, '-p', SECRET],
    ['verify', T, `-p${SECRET}`],
    ['verify', T, `-s=${SECRET}`],
    ['verify', T, '--key', '@pub.jwk', `--${SECRET}`],
    ['verify', T, `--secret${SECRET}`],
    ['verify', T, `--secert=${SECRET}`],
    ['verify', T, '--secert', SECRET],
    ['decrypt', JWE, '--passwd', PASSWORD],
    ['verify', T, '--secret', '--', SECRET],
    ['verify', T, SECRET, '--key', '@pub.jwk'],
    ['verify', T, '--secret', 'env:S', '--secret-encoding', SECRET],
    ['verify', T, '--secret', 'env:S', '--secret', SECRET],
    ['sign', '{}', '--secret', 'env:S', `--detached=${SECRET}`],
    ['completion', SECRET],
    ['help', SECRET],
    ['key', SECRET],
    ['key', 'set', 'f', SECRET],
    [SECRET],
    [`--${SECRET}`],
    [`-${SECRET}`],
  ])
    for (const { code } of await holdsBack(args)) assert.equal(code, 2, args.join(' ').slice(0, 200))
})

test('where a variable was put in the place of its name, what it holds is not told', async () => {
  for (const args of [
    ['verify', T, '--secret', `env:${SECRET}`],
    ['decrypt', JWE, '--password', `env:${PASSWORD}`],
    ['sign', '{}', '--key', '@encrypted.pem', '--passphrase', `env:${PASSPHRASE}`],
    ['verify', T, '--key', `env:${SECRET}`],
    ['verify', T, '--secret', `fd:${SECRET}`],
    ['verify', T, '--secret', `prompt:${SECRET}`],
    ['verify', T, '--secret', `clip:${SECRET}`],
    ['verify', T, '--secret', `file:${SECRET}`],
  ])
    for (const { code } of await holdsBack(args)) assert.ok([2, 3].includes(code), `${args}: ${code}`)
})

/** Options whose value is a name, which messages may tell: no secret belongs there, and none is asked for. */
const NAMES = new Set(
  'out public-out kid iss aud typ issuer claim header jti crit sub nonce htm htu alg enc require'.split(' '),
)

for (const row of COMMANDS) {
  test(`${row.name}: an option that holds something else repeats nothing of it`, async () => {
    const words = row.arguments.filter(({ optional }) => !optional).map(({ oneOf }) => oneOf?.[0] ?? '@pub.jwk')
    const base = [...row.name.split(' '), ...words]
    for (const [name, option] of Object.entries({ ...GLOBAL, ...row.options })) {
      if (NAMES.has(name)) continue
      for (const value of [[`--${name}=${SECRET}`], [`--${name}`, SECRET]]) {
        const args = [...base, ...value]
        for (const way of [[], ['--json']] as const) {
          const { code, out, err } = await command([...args, ...way], world({ input: '{}' }))
          assert.equal(leakedIn(out + err), undefined, args.join(' '))
          assert.notEqual(code, 1, `${args.join(' ')}: ${err}${out}`)
          if (option.type === 'boolean' && value.length === 1) assert.equal(code, 2)
        }
      }
    }
  })
}

/** Values that some option, somewhere, might not expect. */
const ODD = [
  '0',
  '1e9',
  'a=b',
  'crit:=["x"]',
  '__proto__:={"a":1}',
  'x:="\\ud800"',
  'alg,b64',
  'thumbprint',
  '::',
  '@key.jwk',
]

test('no value of an option is a crash, or prints a key', async () => {
  const base: Readonly<Record<string, readonly string[]>> = {
    verify: [T, '--key', '@pub.jwk'],
    sign: ['{"sub":"ada"}', '--key', '@key.jwk'],
    encrypt: ['{"sub":"ada"}', '--to', '@pub.jwk'],
    decrypt: [JWE, '--key', '@rsa.jwk'],
    'key new': ['ES256', '--out', 'new.jwk'],
    'key convert': ['@key.jwk', '--out', 'new.jwk'],
    'key set': ['set.json', 'add', '@key.jwk'],
    debug: ['--print-path'],
    lint: [T],
    completion: ['bash'],
  }
  for (const row of COMMANDS)
    for (const [name, { type }] of Object.entries(row.options)) {
      if (type === 'boolean') continue
      for (const value of ODD) {
        const args = [...row.name.split(' '), ...(base[row.name] ?? ['@key.jwk']), `--${name}=${value}`]
        const { code, out, err } = await command(args, world())
        assert.notEqual(code, 1, `${args.join(' ')}: ${err}`)
        assert.equal(leakedIn(out + err), undefined, args.join(' '))
      }
    }
})

test('commands that do what they are for print nothing of the secrets that they work with', async () => {
  for (const args of [
    ['verify', MAC, '--secret', 'env:S'],
    ['verify', MAC, '--secret', '@secret.txt'],
    ['verify', MAC, '--secret', '@secret.hex', '--secret-encoding', 'hex'],
    ['verify', MAC, '--secret', '@secret.b64', '--secret-encoding', 'base64'],
    ['verify', MAC, '--key', '@oct.jwk'],
    ['verify', MAC, '--jwks', '@oct-set.json'],
    ['verify', T, '--key', '@key.jwk'],
    ['verify', T, '--key', '@key.pem'],
    ['verify', T, '--key', 'env:K'],
    ['verify', T, '--jwks', '@set.json'],
    ['sign', '{"sub":"ada"}', '--secret', 'env:S', '--alg', 'HS256'],
    ['sign', '{"sub":"ada"}', '--key', '@key.jwk', '--exp', '1h'],
    ['sign', '{"sub":"ada"}', '--key', '@encrypted.pem', '--passphrase', 'env:PP'],
    ['sign', '{"sub":"ada"}', '--key', 'env:PEM', '--kid', 'thumbprint'],
    ['encrypt', '{"sub":"ada"}', '--password', '@password', '--p2c', '1000'],
    ['encrypt', '{"sub":"ada"}', '--to', '@rsa.jwk', '--alg', 'RSA-OAEP-256', '--sign-with', '@key.jwk'],
    ['key', 'inspect', '@key.jwk'],
    ['key', 'inspect', '@key.pem'],
    ['key', 'inspect', '@sec1.pem'],
    ['key', 'inspect', '@key.der'],
    ['key', 'inspect', '@rsa.jwk'],
    ['key', 'inspect', '@oct.jwk'],
    ['key', 'inspect', '@set.json'],
    ['key', 'inspect', '@oct-set.json'],
    ['key', 'inspect', '@encrypted.pem', '--passphrase', '@passphrase'],
    ['key', 'public', '@key.pem'],
    ['key', 'public', '@rsa.jwk', '--to', 'pem'],
    ['key', 'convert', '@key.pem', '--to', 'jwk', '--out', 'new.jwk'],
    ['key', 'convert', '@encrypted.pem', '--passphrase', 'env:PP', '--out', 'new.jwk'],
    ['key', 'thumbprint', '@key.jwk'],
    ['key', 'set', 'new.json', 'add', '@key.jwk'],
    ['key', 'set', 'set.json', 'list'],
    ['key', 'new', 'ES256', '--out', 'new.jwk', '--encrypt', '--passphrase', 'env:PP'],
    ['key', 'new', 'ES256', '--out', 'new.pem', '--format', 'pem', '--encrypt', '--passphrase', '@passphrase'],
    ['jwks', '@set.json'],
    ['jwks', '@oct-set.json'],
    ['jwks', '@set.json', '--alg', 'ES256', '--pick'],
    ['lint', '@key.jwk', '@key.pem', '@encrypted.pem', '--passphrase', 'env:PP'],
    ['lint', MAC, '@oct.jwk', '--secret', 'env:S', '--rule', 'CSL022=off', '--fail-on', 'error'],
  ])
    for (const { code, out, err } of await holdsBack(args)) assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`)
})

test('what is wrong with a key or a secret is said without showing it', async () => {
  const keys = Object.keys(FILES).filter((name) => name !== 'pub.jwk')
  for (const file of keys) {
    for (const args of [
      ['verify', T, '--key', `@${file}`],
      ['verify', T, '--jwks', `@${file}`],
      ['verify', T, '--secret', `@${file}`],
      ['verify', MAC, '--secret', `@${file}`, '--secret-encoding', 'base64url'],
      ['verify', MAC, '--secret', `@${file}`, '--secret-encoding', 'hex'],
      ['sign', '{}', '--key', `@${file}`, '--passphrase', '@wrong-passphrase'],
      ['sign', `@${file}`, '--secret', 'env:S'],
      ['encrypt', '{}', '--to', `@${file}`],
      ['decrypt', JWE, '--key', `@${file}`],
      ['decrypt', JWE, '--secret', `@${file}`],
      ['key', 'inspect', `@${file}`],
      ['key', 'public', `@${file}`],
      ['key', 'convert', `@${file}`],
      ['key', 'thumbprint', `@${file}`],
      ['jwks', `@${file}`],
      ['jwks', `@${file}`, '--pick'],
      ['jwks', `@${file}`, '--lint'],
      ['lint', `@${file}`, '--passphrase', '@wrong-passphrase'],
      ['lint', T, '--secret', `@${file}`],
      ['key', 'set', file, 'list'],
      ['decode', `@${file}`],
      ['verify', `@${file}`, '--key', '@pub.jwk'],
      ['decrypt', `@${file}`, '--key', '@rsa.jwk'],
    ]) {
      // It signs what it is given: that is what the token says then, for everyone to read.
      if (args[0] === 'sign' && args[1] !== '{}' && file.endsWith('json')) continue
      for (const way of [[], ['--json']] as const) {
        const { code, out, err } = await command([...args, ...way], world())
        const isSigned = args[0] === 'sign' && args[1] !== '{}' && code === 0
        if (!isSigned) assert.equal(leakedIn(out + err), undefined, `${args.join(' ')}: ${out}${err}`)
        assert.notEqual(code, 1, `${args.join(' ')}: ${out}${err}`)
      }
    }
  }
})

test('what somebody types shows nowhere, not in a question, an error or a note', async () => {
  const terminal = true
  for (const [args, answers] of [
    [['verify', MAC, '--secret', 'prompt:'], [SECRET]],
    [['verify', T, '--secret', 'prompt:'], [SECRET]],
    [
      ['encrypt', '{}', '--password', 'prompt:', '--p2c', '1000'],
      [PASSWORD, PASSWORD],
    ],
    [
      ['encrypt', '{}', '--password', 'prompt:'],
      [PASSWORD, `${PASSWORD}x`],
    ],
    [['sign', '{}', '--key', '@encrypted.pem'], [PASSPHRASE]],
    [
      ['sign', '{}', '--key', '@encrypted.pem'],
      [PASSWORD, PASSWORD, PASSWORD],
    ],
    [
      ['key', 'new', 'ES256', '--out', 'new.jwk', '--encrypt'],
      [PASSPHRASE, PASSPHRASE],
    ],
    [
      ['key', 'new', 'ES256', '--out', 'new.jwk', '--encrypt'],
      [PASSPHRASE, PASSWORD],
    ],
  ] as const)
    for (const way of [[], ['--color', 'always', '--verbose']] as const) {
      const { out, err, questions } = await command([...args, ...way], world({ terminal, answers: [...answers] }))
      assert.ok(questions.length > 0, args.join(' '))
      assert.equal(leakedIn(out + err + questions.join('')), undefined, args.join(' '))
    }
})

test('a secret in an address is refused, and not repeated', async () => {
  const address = `https://ada:${PASSWORD}@id.example.com`
  for (const args of [
    ['verify', T, '--jwks', `${address}/jwks`],
    ['verify', T, '--issuer', address],
    ['jwks', `${address}/jwks`],
    ['jwks', '--issuer', address],
  ])
    for (const offline of [[], ['--offline']] as const) {
      const all = await holdsBack([...args, ...offline])
      for (const { code } of all) assert.notEqual(code, 0)
    }
})

test('what a refused token claims is told of its issuer, its audience and its times alone', async () => {
  const claims = { sub: CLAIM, email: CLAIM, jti: CLAIM, nonce: CLAIM, roles: [CLAIM], scope: CLAIM }
  const one = token({ ...claims, exp: 1 })
  for (const args of [
    ['verify', one, '--key', '@pub.jwk'],
    ['verify', one.slice(0, -4), '--key', '@pub.jwk'],
    ['verify', `${one}AAAA`, '--key', '@pub.jwk'],
    ['verify', one.replace(/\.[^.]*$/, ''), '--key', '@pub.jwk'],
    ['verify', token(claims), '--key', '@pub.jwk', '--sub', 'bob', '--aud', 'x', '--iss', 'y'],
    ['verify', token({ ...claims, sub: { name: CLAIM } }), '--key', '@pub.jwk'],
    ['verify', token(claims), '--key', '@pub.jwk', '--require', 'absent'],
    [
      'verify',
      token(claims),
      '--key',
      '@pub.jwk',
      '--profile',
      'rfc9068',
      '--iss',
      'https://id.example.com',
      '--aud',
      'x',
    ],
    [
      'verify',
      token(claims),
      '--key',
      '@pub.jwk',
      '--profile',
      'oidc-id-token',
      '--nonce',
      'b',
      '--iss',
      'https://id.example.com',
      '--aud',
      'https://api.example.com',
    ],
    ['decode', one, '--claim', 'absent'],
  ]) {
    const { code, out, err } = await command(args, world())
    assert.ok(code > 2, `${args.join(' ')}: ${code}`)
    assert.ok(!(out + err).includes(CLAIM), `${args.join(' ')}: ${out}${err}`)
    const { error } = (await command([...args, '--json'], world())).json() as { readonly error: object }
    assert.ok(!json(error).includes(CLAIM), json(error))
  }
})

test('no error repeats a token, or the part of one that makes it one', async () => {
  const parts = [T, ...T.split('.').filter((part) => part.length > 40)]
  for (const args of [
    ['verify', T, '--key', '@oct.jwk'],
    ['verify', T, '--secret', 'env:S'],
    ['verify', `${T}.x`, '--key', '@pub.jwk'],
    ['verify', `${T}.AAAA`, '--key', '@pub.jwk'],
    ['decrypt', T, '--key', '@key.jwk'],
    [T],
    ['help', T],
    ['key', 'inspect', T],
    ['sign', T, '--key', '@key.jwk'],
    ['sign', '--key', T],
    ['verify', '--key', T],
    ['jwks', T],
    ['key', 'new', T, '--out', 'x'],
    ['decode', T, T],
    ['decode', T, '--tz', T],
    ['decode', T, `--${T}`],
    ['verify', T, '--at', T, '--key', '@pub.jwk'],
    ['verify', `Bearer ${T}`, '--strict', '--key', '@pub.jwk'],
    ['decode', `{"t":"${T}"}`, '--strict'],
  ])
    for (const way of [[], ['--json'], ['--verbose']] as const) {
      const { code, out, err } = await command([...args, ...way], world())
      assert.ok(code > 1, `${args.join(' ').slice(0, 99)}: ${code} ${err}`)
      for (const part of parts) assert.ok(!(out + err).includes(part), `${args.join(' ').slice(0, 99)}: ${out}${err}`)
    }
})

test('of a crash its kind and its place are told, and nothing that it says', async () => {
  for (const way of WAYS) {
    const { code, out, err } = await command(['decode', '@crash.txt', ...way], { files: CRASHING })
    assert.equal(code, 1)
    assert.match(out + err, /something went wrong inside: TypeError at cli\/run\/decode\.ts:12\./)
    assert.ok(!(out + err).includes(CRASHED) && !(out + err).includes('it held'))
    assert.ok(!(out + err).includes('/home/ada'))
  }
})

const NASTY = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e'

test('what a stranger wrote does nothing to a terminal', async () => {
  const names = { kid: `k${NASTY}`, typ: `t${NASTY}`, jku: NASTY }
  const hostile = token({ iss: `i${NASTY}`, aud: [`a${NASTY}`], sub: NASTY, [`n${NASTY}`]: NASTY }, names)
  const set = { keys: [{ ...publicMembers(jwkFor('ES256', 1)), kid: `k${NASTY}`, alg: NASTY, use: NASTY }] }
  const fetch = async (): Promise<Response> => new Response(json({ issuer: NASTY, jwks_uri: `https://x/${NASTY}` }))
  const jwe = await sealed(NASTY, { kid: `k${NASTY}` })
  const files = {
    'hostile.json': json(set),
    'hostile.jwk': json(set.keys[0]),
    [`f${NASTY}`]: 'x',
    'enc.jwk': json(jwkFor('RS256', 1)),
    'hostile.pem': `-----BEGIN ${NASTY}-----\nAAAA\n-----END ${NASTY}-----\n`,
  }
  for (const args of [
    ['decode', hostile],
    ['decode', hostile, '--claim', 'iss'],
    ['decode', hostile, '--claim', 'absent'],
    ['decode', hostile, '--part', 'header'],
    ['decode', hostile, '--part', 'payload'],
    ['decode', '-', '--lines'],
    ['verify', hostile, '--key', '@pub.jwk', '--iss', 'x', '--aud', 'y', '--typ', 'z'],
    ['verify', hostile, '--key', '@pub.jwk'],
    ['verify', hostile, '--key', '@key.jwk', '--verbose'],
    ['verify', hostile, '--jwks', '@hostile.json'],
    ['verify', hostile, '--key', '@hostile.jwk'],
    ['verify', hostile, '--key', '@hostile.pem'],
    ['verify', hostile, '--key', `@f${NASTY}`],
    ['verify', hostile, '--key', `@absent${NASTY}`],
    ['verify', hostile, '--secret', `@f${NASTY}`],
    ['verify', hostile, '--issuer', 'https://id.example.com'],
    ['verify', hostile, '--jwks', `https://id.example.com/${NASTY}`],
    ['decrypt', jwe, '--key', '@key.jwk'],
    ['decrypt', jwe, '--key', '@enc.jwk', '--part', 'header'],
    ['key', 'inspect', '@hostile.jwk'],
    ['key', 'inspect', '@hostile.json'],
    ['key', 'inspect', '@hostile.pem'],
    ['key', 'set', 'hostile.json', 'list'],
    ['key', 'set', 'hostile.json', 'remove', '--kid', NASTY],
    ['jwks', '@hostile.json'],
    ['jwks', '@hostile.json', '--kid', NASTY],
    [NASTY],
    ['decode', NASTY],
    ['decode', `--${NASTY}`],
    ['help', NASTY],
  ])
    for (const way of [['--color', 'never'], ['--json']] as const) {
      const there = world({ files, fetch: fetch as never, input: hostile, terminal: true })
      const { out, err } = await command([...args, ...way], there)
      assert.doesNotMatch(
        (out + err).replaceAll('\n', ''),
        /[\p{Cc}\u202e]/u,
        `${json(args).slice(0, 300)}: ${json(out + err)}`,
      )
    }
})
