import { EC } from '../../support/keys.ts'
import { type Case, guarded, jws } from './case.ts'

const kid = (text: string, what: string): Case => ({
  rule: 'CSL005',
  why: `kid ${JSON.stringify(text)}`,
  what: jws({ kid: text }),
  found: [['header.kid', 'error', `kid ${JSON.stringify(text)} looks like ${what}.`]],
})
const plain = (text: string): Case => ({ rule: 'CSL005', why: `kid ${JSON.stringify(text)}`, what: jws({ kid: text }) })

/** Names of keys, and what is none. */
export const KID_CASES: readonly Case[] = [
  ...[
    '../../dev/null',
    '/dev/null',
    '/etc/passwd',
    './key',
    '..',
    'keys/../../x',
    '..\\..\\x',
    'C:\\keys\\a',
    '~/root/x',
  ].map((text) => kid(text, 'a path')),
  ...['\\\\server\\share', '%2e%2e%2fx', 'keys/secret.pem', '/app/config/jwt.key', '/root/res/keys/secret7.key'].map(
    (text) => kid(text, 'a path'),
  ),
  ...[
    "x' UNION SELECT 'k",
    "' OR 1=1 --",
    "' or '1'='1",
    '1 OR 1=1',
    "x';--",
    "a'||'b",
    'x; DROP TABLE keys',
    '*)(uid=*',
  ].map((text) => kid(text, 'a query')),
  ...['https://evil.example/key', 'file:/etc/passwd', 'gopher://x', '//evil.example/key', 'data:,x', 'jndi:ldap'].map(
    (text) => kid(text, 'a URL'),
  ),
  ...['| id', 'x | sh', 'a; sleep 5', ';id', '$(id)', '`id`', 'a && b'].map((text) => kid(text, 'a command')),
  ...['$\u007b7*7}', '{{7*7}}', '<%= 7 %>'].map((text) => kid(text, 'a template')),
  ...['a\r\nSet-Cookie: x', 'a\0'].map((text) => kid(text, 'text with control characters')),
  ...(
    [
      [{ $ne: null }, 'an object'],
      [1, 'a number'],
      [null, 'null'],
    ] as const
  ).map(
    ([value, kind]): Case => ({
      rule: 'CSL005',
      why: `kid is ${kind}`,
      what: jws({ kid: value }),
      found: [['header.kid', 'error', `kid is ${kind}, and the name of a key is text.`]],
    }),
  ),
  {
    rule: 'CSL005',
    why: 'the kid of a recipient',
    what: {
      ciphertext: 'AA',
      iv: 'AA',
      tag: 'AA',
      protected: guarded({ enc: 'A256GCM' }),
      recipients: [{ header: { alg: 'A256KW', kid: 'a' } }, { header: { alg: 'A256KW', kid: '../x' } }],
    },
    found: [['recipients[1].header.kid', 'error', 'kid "../x" looks like a path.']],
  },
  {
    rule: 'CSL005',
    why: 'the kid of a key',
    what: { ...EC, kid: 'https://vault.example/keys/a' },
    found: [['kid', 'warn', 'kid "https://vault.example/keys/a" looks like a URL.']],
  },
  ...[
    'qL8u+/Zx/abc+def==',
    'did:example:123#key-1',
    'did:web:example.com:user#0',
    'urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    '3f0b1a52-6f0a-4d0e-9a51-0c1e5f2f8c11',
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X--',
    'arn:aws:kms:eu-west-1:123456789012:key/3f0b1a52',
    'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1',
    'auth0|123',
    "Ann's key, or Orion's",
    '2026-11-21T00:00:00Z',
    'a.b.c',
    'key #1 (EU)',
    'a=b&c=d',
    'and/or',
    '',
  ].map(plain),
  { rule: 'CSL005', why: 'a path in another member', what: jws({ kid: 'a', cty: '../x' }) },
]
