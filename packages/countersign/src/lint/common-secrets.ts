import { SIGNATURE } from '../alg/signature.ts'
import { type Bytes, base64url, octetsIn, utf8 } from '../bytes.ts'
import type { Backend, Material } from '../crypto/backend.ts'
import { headerReader } from '../header.ts'
import { rawSecret } from '../key/secret.ts'
import { JOSE_LIMITS } from '../options.ts'
import { type JwsSignature, parseCompact, parseJson } from '../serialization/jws.ts'
import type { TokenSubject } from './subject.ts'

/**
 * Secrets that are in documentation, templates and tutorials, or that people think of first. Whoever tries secrets out
 * begins with these.
 */
const TEXTS: readonly string[] = [
  // Pages and templates
  ...['your-256-bit-secret', 'your-384-bit-secret', 'your-512-bit-secret', 'your-secret', 'your-secret-key'],
  ...['your_secret', 'your_secret_key', 'yoursecret', 'yoursecretkey', 'your_jwt_secret', 'your-jwt-secret'],
  ...['your-super-secret-key', 'your_super_secret_key', 'your-secret-here', 'your_secret_here', 'your-secret-key-here'],
  ...['your_jwt_secret_key', 'your-jwt-secret-key', 'your_jwt_secret_here', 'your-jwt-secret-here', 'YOUR_SECRET_KEY'],
  ...[
    'a-string-secret-at-least-256-bits-long',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  ],
  ...['super-secret-jwt-token-with-at-least-32-characters-long', 'this-is-a-very-long-secret-key-for-jwt-signing'],
  ...['qwertyuiopasdfghjklzxcvbnm123456', 'this is a very secure secret', 'this_is_a_secret', 'this-is-a-secret'],
  ...['my-32-character-ultra-secure-and-ultra-long-secret', 'ThisIsMySecretKey', 'thisismysecretkey', 'thisisasecret'],
  ...['some-secret', 'some_secret', 'somesecret', 'some-secret-key', 'shared-secret', 'shared_secret', 'sharedsecret'],
  ...[
    'replace-me',
    'replace_me',
    'replaceme',
    'change-me',
    'change_me',
    'changeme',
    'changeit',
    'CHANGEME',
    'CHANGE_ME',
  ],
  ...['change-this', 'changethis', 'change-this-secret', 'changeThisSecret', 'please-change-me', 'insert-secret-here'],
  ...[
    'keyboard cat',
    'keyboard-cat',
    'shhhhh',
    'shhhh',
    'shhh',
    'shhhhhhared-secret',
    'hush',
    'topsecret',
    'top-secret',
  ],
  ...[
    'top_secret',
    'TopSecret',
    'TOPSECRET',
    'verysecret',
    'very-secret',
    'very_secret',
    'verysecretkey',
    'veryverysecret',
  ],
  // What it is for
  ...['secret', 'Secret', 'SECRET', 'secret1', 'secret123', 'secret1234', 'secret12345', 'secret!', 'secretsecret'],
  ...['secretkey', 'secret-key', 'secret_key', 'secretKey', 'SecretKey', 'SECRET_KEY', 'SECRETKEY', 's3cr3t', 's3cret'],
  ...['mysecret', 'my-secret', 'my_secret', 'my secret', 'mySecret', 'MySecret', 'mysecretkey', 'my-secret-key'],
  ...['my_secret_key', 'mySecretKey', 'my-super-secret', 'my_super_secret', 'mysupersecret', 'mysupersecretkey'],
  ...['supersecret', 'super-secret', 'super_secret', 'super secret', 'superSecret', 'SuperSecret', 'supersecretkey'],
  ...['super-secret-key', 'super_secret_key', 'superSecretKey', 'ultrasecret', 'thesecret', 'the-secret', 'oursecret'],
  ...['jwt', 'JWT', 'jwtsecret', 'jwt-secret', 'jwt_secret', 'jwtSecret', 'JWT_SECRET', 'JWT_SECRET_KEY', 'jwtkey'],
  ...['jwt-key', 'jwt_key', 'jwt-secret-key', 'jwt_secret_key', 'jwtsecretkey', 'myjwtsecret', 'my-jwt-secret'],
  ...['token', 'tokensecret', 'token-secret', 'token_secret', 'tokenSecret', 'TOKEN_SECRET', 'ACCESS_TOKEN_SECRET'],
  ...['access-token-secret', 'access_token_secret', 'accesssecret', 'refreshsecret', 'REFRESH_TOKEN_SECRET'],
  ...['auth', 'authsecret', 'auth-secret', 'auth_secret', 'AUTH_SECRET', 'NEXTAUTH_SECRET', 'sessionsecret', 'session'],
  ...[
    'session-secret',
    'session_secret',
    'cookiesecret',
    'app-secret',
    'app_secret',
    'appsecret',
    'APP_SECRET',
    'APP_KEY',
  ],
  ...['apikey', 'api-key', 'api_key', 'api-secret', 'api_secret', 'apisecret', 'client_secret', 'client-secret'],
  ...['signing-key', 'signingkey', 'signing_key', 'signing-secret', 'signature', 'key', 'mykey', 'my-key', 'my_key'],
  ...['private', 'privatekey', 'private-key', 'private_key', 'privateKey', 'public', 'publickey', 'symmetric', 'hmac'],
  ...SIGNATURE.keys(),
  ...['hs256', 'hmac-secret', 'hmacsecret', 'salt', 'pepper', 'nonce', 'seed', 'hash', 'cipher', 'encryption'],
  // Where it is
  ...['dev', 'development', 'dev-secret', 'dev_secret', 'devsecret', 'dev-secret-key', 'development-secret', 'local'],
  ...['localhost', 'localsecret', 'local-secret', 'test', 'Test', 'testing', 'test123', 'test1234', 'testsecret'],
  ...[
    'test-secret',
    'test_secret',
    'testkey',
    'test-key',
    'test_key',
    'test-secret-key',
    'prod',
    'production',
    'staging',
  ],
  ...['demo', 'demosecret', 'demo-secret', 'example', 'example-secret', 'example_secret', 'sample', 'sample-secret'],
  ...[
    'default',
    'defaultsecret',
    'default-secret',
    'default_secret',
    'default-secret-key',
    'fallback',
    'fallback-secret',
  ],
  ...['placeholder', 'dummy', 'dummy-secret', 'fake', 'temp', 'temporary', 'todo', 'TODO', 'undefined', 'null', 'none'],
  ...['true', 'false', 'object', '[object Object]', 'NaN', 'foo', 'bar', 'foobar', 'foo-bar', 'baz', 'lorem', 'hello'],
  ...['hello world', 'helloworld', 'Hello World', 'node', 'nodejs', 'express', 'nestjs', 'nest', 'spring', 'laravel'],
  ...['django', 'django-insecure', 'flask', 'rails', 'symfony', 'angular', 'react', 'vue', 'firebase', 'supabase'],
  ...['docker', 'kubernetes', 'postgres', 'mysql', 'mongodb', 'redis', 'server', 'backend', 'frontend', 'api', 'app'],
  ...['myapp', 'my-app', 'website', 'company', 'internal', 'service', 'gateway', 'issuer', 'audience', 'login', 'user'],
  // What people choose
  ...[
    'password',
    'Password',
    'PASSWORD',
    'password1',
    'password123',
    'Password1',
    'Password123',
    'passw0rd',
    'p@ssw0rd',
  ],
  ...['P@ssw0rd', 'P@ssword', 'pass', 'pass123', 'passwd', 'passphrase', 'mypassword', 'mypass', 'pwd', '12345678'],
  ...['0', '1', '12', '123', '1234', '12345', '123456', '1234567', '123456789', '1234567890', '12345678901234567890'],
  ...['12345678901234567890123456789012', '01234567890123456789012345678901', '0123456789', '0123456789abcdef'],
  ...[
    '0123456789abcdef0123456789abcdef',
    '0123456789ABCDEF',
    '1234567890123456',
    '00000000',
    '000000',
    '111111',
    '11111111',
  ],
  ...[
    'abc',
    'abc123',
    'abcd',
    'abcd1234',
    'abcdef',
    'abcdefg',
    'abcdefgh',
    'abcdefghijklmnopqrstuvwxyz',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ],
  ...[
    'abcdefghijklmnopqrstuvwxyz123456',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'aaaaaaaa',
    'xxxxxxxx',
    'asdf',
    'asdfgh',
  ],
  ...['asdfghjkl', 'qwerty', 'qwerty123', 'qwertyuiop', 'zxcvbnm', 'iloveyou', 'letmein', 'admin', 'Admin', 'admin123'],
  ...['administrator', 'adminsecret', 'root', 'toor', 'guest', 'welcome', 'welcome1', 'master', 'masterkey', 'monkey'],
  ...['dragon', 'sunshine', 'princess', 'football', 'baseball', 'superman', 'batman', 'trustno1', 'starwars', 'ninja'],
  ...['swordfish', 'opensesame', 'open sesame', 'correct horse battery staple', 'correcthorsebatterystaple', 'hunter2'],
  ...['rosebud', 'xyzzy', 'plugh', 'magic', 'gandalf', 'mellon', 'frodo', 'matrix', 'neo', 'zion', 'Joshua', 'joshua'],
  ...[
    'secret ',
    'secret\n',
    'a',
    'b',
    'x',
    ' ',
    '-',
    '.',
    '*',
    'A',
    'S',
    'k',
    's',
    'aa',
    'ab',
    'aaa',
    'xxx',
    'xyz',
    '007',
    '42',
  ],
]

/** The key of the example in RFC 7515, Appendix A.1, which tests and pages have made known to everybody. */
const RFC_7515_KEY = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'

/** Spelled as base64url, the empty one among them, so that octets are found without comparing them with each. */
const KNOWN: ReadonlySet<string> = new Set([...TEXTS.map((text) => base64url(utf8(text))), RFC_7515_KEY])

/** Whether octets are a secret that everybody knows. */
export function isCommonSecret(bytes: Bytes): boolean {
  return bytes.length === 0 || KNOWN.has(base64url(bytes))
}

/** What a backend keeps of a secret it keeps by its object, so that many tokens share them. */
let materials: readonly Material[] | undefined

function commonSecrets(): readonly Material[] {
  materials ??= TEXTS.map((text) => rawSecret(utf8(text)))
  return materials
}

/** The common secret that a token is signed with; nothing where it is none of them, or no token with a secret. */
export async function guessSecret(subject: TokenSubject, backend: Backend): Promise<Bytes | undefined> {
  const signature = firstSignature(subject)
  const alg = SIGNATURE.get(signature?.header.alg ?? '')
  if (signature === undefined || alg?.family !== 'hmac') return undefined
  if (octetsIn(signature.signature) !== (alg.hash ?? 0) / 8) return undefined
  for (const material of commonSecrets())
    if (await backend.verify(alg, material, signature.input, signature.signature)) return material.secret
  return undefined
}

/** The first signature with what it signs; nothing for a token that a verifier would not even read. */
function firstSignature({ token: { token } }: TokenSubject): JwsSignature | undefined {
  try {
    const jws =
      typeof token === 'string'
        ? parseCompact(token, JOSE_LIMITS, headerReader(JOSE_LIMITS))
        : parseJson(token, { limits: JOSE_LIMITS, allowUnprotectedAlg: false })
    return jws.payload === undefined ? undefined : jws.signatures[0]
  } catch {
    return undefined
  }
}
