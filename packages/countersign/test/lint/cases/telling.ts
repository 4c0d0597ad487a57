import { type Case, claiming, type Found, jwe, jws } from './case.ts'

const READ = 'and everyone can read it.'
const telling = (name: string, value: unknown, message: string, severity: Found[1] = 'error'): Case => ({
  rule: 'CSL022',
  why: `${name} is ${JSON.stringify(value).slice(0, 60)}`,
  what: claiming({ [name]: value }),
  found: [
    [/^[\w-]+$/.test(name) ? `payload.${name}` : `payload[${JSON.stringify(name)}]`, severity, `"${name}" ${message}`],
  ],
})
const TOKEN = jws({}, { a: 1 })

/** Claims that give something away. */
export const TELLING_CASES: readonly Case[] = [
  ...['password', 'passwd', 'pin', 'client_secret', 'clientSecret', 'user-password', 'PASSWORD_HASH', 'apiKey'].map(
    (name) => telling(name, 'x1', `has the name of a secret, ${READ}`),
  ),
  ...['refresh_token', 'aws.secret.key', 'https://app.example/claims/api_key', 'otp'].map((name) =>
    telling(name, 'x1', `has the name of a secret, ${READ}`),
  ),
  telling('pin', 1234, `has the name of a secret, ${READ}`),
  telling('note', '-----BEGIN PRIVATE KEY-----\nAA', `is a private key, ${READ}`),
  telling('note', 'see -----BEGIN EC PRIVATE KEY-----', `is a private key, ${READ}`),
  telling('x', `$2b$10$${'a'.repeat(53)}`, `is the hash of a password, ${READ}`),
  telling('x', '$argon2id$v=19$m=65536', `is the hash of a password, ${READ}`),
  telling('x', `AKIA${'A'.repeat(16)}`, `is a key of AWS, ${READ}`),
  telling('x', `ghp_${'a'.repeat(36)}`, `is a token of GitHub, ${READ}`),
  telling('x', `${'sk'}_live_${'a'.repeat(24)}`, `is a key of Stripe, ${READ}`),
  telling('x', `${'xoxb'}-${'1'.repeat(12)}`, `is a token of Slack, ${READ}`),
  telling('x', `AIza${'a'.repeat(35)}`, `is a key of Google, ${READ}`),
  telling('x', 'postgres://ada:hunter2@db/app', `is an address with a password in it, ${READ}`),
  telling('x', 'https://ada:hunter2@id.example', `is an address with a password in it, ${READ}`),
  telling('x', TOKEN, `is a token itself, ${READ}`, 'warn'),
  telling('x', jws({}, { a: 'x'.repeat(9000) }), `is a token itself, ${READ}`, 'warn'),
  telling('x', jwe({}), `is a token itself, ${READ}`, 'warn'),
  telling('email', 'ada@example.com', 'tells about a person.', 'warn'),
  telling('phoneNumber', '+44 20 7946 0000', 'tells about a person.', 'warn'),
  telling('address', { street_address: '1 Road', country: 'UK' }, 'tells about a person.', 'warn'),
  telling('address', '1 Road, London', 'tells about a person.', 'warn'),
  telling('ssn', '078-05-1120', "tells what is nobody else's business.", 'warn'),
  telling('health_record', { id: 5, notes: 'x' }, "tells what is nobody else's business.", 'warn'),
  telling('card', '4111 1111 1111 1111', 'looks like the number of a card.', 'warn'),
  telling('x', '378282246310005', 'looks like the number of a card.', 'warn'),
  {
    rule: 'CSL022',
    why: 'inside of other claims, and in lists',
    what: claiming({ user: { login: { password: 'x' } }, emails: ['a@b'], email: ['a@b', 'c@d'] }),
    found: [
      ['payload.user.login.password', 'error', `"password" has the name of a secret, ${READ}`],
      ['payload.email[0]', 'warn', '"email" tells about a person.'],
      ['payload.email[1]', 'warn', '"email" tells about a person.'],
    ],
  },
  {
    rule: 'CSL022',
    why: 'an ID token is there to say who somebody is, and no more',
    what: claiming({ email: 'ada@example.com', ssn: '078-05-1120', password: 'x' }),
    options: { profile: 'oidc-id-token' },
    found: [
      ['payload.password', 'error', `"password" has the name of a secret, ${READ}`],
      ['payload.ssn', 'warn', `"ssn" tells what is nobody else's business.`],
    ],
  },
  {
    rule: 'CSL022',
    why: 'an access token with a nonce names somebody',
    what: claiming({ nonce: 'n', scope: 'openid', email: 'ada@example.com' }),
    found: [['payload.email', 'warn', '"email" tells about a person.']],
  },
  {
    rule: 'CSL022',
    why: 'a token of another type that has a nonce names somebody',
    what: jws({ typ: 'x+jwt' }, { aud: 'a', nonce: 'n', email: 'ada@example.com' }),
    found: [['payload.email', 'warn', '"email" tells about a person.']],
  },
  {
    rule: 'CSL022',
    why: 'what looks like an ID token tells more than who somebody is',
    what: claiming({ at_hash: 'x', email: 'ada@example.com', ssn: '000-00-0000' }),
    found: [['payload.ssn', 'warn', `"ssn" tells what is nobody else's business.`]],
  },
  ...(
    [
      ['an ID token of Google', { at_hash: 'x', email: 'ada@example.com', given_name: 'Ada', family_name: 'L' }],
      ['an ID token with a nonce', { nonce: 'n', email: 'ada@example.com' }],
      [
        'an ID token of Firebase',
        { auth_time: 1_790_000_000, firebase: { identities: { email: ['ada@example.com'] } } },
      ],
      ['flags', { email_verified: true, password: false, pin: null, phone_number: '' }],
      ['what stands where a secret was', { password: '***', secret: '[REDACTED]', token_secret: 'xxxx' }],
      ['hashes and nonces', { at_hash: 'QXeJz1ZIVyPBYKyQyxLZGA', c_hash: 'x', s_hash: 'x', nonce: '4111111111111111' }],
      [
        'numbers that pass as those of cards',
        { user_id: '4111111111111111', sid: '378282246310005', imei: '356938035643809' },
      ],
      ['numbers that are none of cards', { x: '4111111111111112', y: '1790000000000', z: 4111111111111111 }],
      [
        'names that only look so',
        { password_changed_at: 1, passwordless: 'yes', pin_code: '560001', secretary: 'Ann' },
      ],
      ['methods', { amr: ['pwd', 'otp', 'pin'], secrets: ['a'], credentials: { a: 1 } }],
      ['hosts and wallets', { address: '0x52908400098527886E0F7030069857D2E4169EE7', health_check: 'ok' }],
      ['tokens that are there to be shown', { software_statement: TOKEN, vp: { verifiableCredential: [TOKEN] } }],
      [
        'claims of other sources',
        { _claim_sources: { a: { JWT: TOKEN }, b: { endpoint: 'https://x', access_token: 'x' } } },
      ],
      ['URLs', { picture: 'https://img.example/ada.png', x: 'https://id.example:8443/a@b' }],
    ] as const
  ).map(([why, claims]): Case => ({ rule: 'CSL022', why, what: claiming(claims) })),
  { rule: 'CSL022', why: 'a JWE', what: jwe({ email: 'ada@example.com' }) },
]
