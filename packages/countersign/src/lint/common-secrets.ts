import { SIGNATURE } from '../alg/signature.ts'
import { type Bytes, base64url, fromBase64url, octetsIn, utf8 } from '../bytes.ts'
import type { Backend, Material } from '../crypto/backend.ts'
import { headerReader } from '../header.ts'
import { rawSecret } from '../key/secret.ts'
import { JOSE_LIMITS } from '../options.ts'
import { type JwsSignature, parseCompact, parseJson } from '../serialization/jws.ts'
import type { TokenSubject } from './subject.ts'

/**
 * Secrets that are in documentation, templates and tutorials, that programs bring along for a start, or that people think
 * of first, with a bar between each and the next. Whoever tries secrets out begins with these.
 */
const ROWS: readonly string[] = [
  // Pages, templates and tutorials
  'your-256-bit-secret|your-384-bit-secret|your-512-bit-secret|your-256-bit-secret-key|your_256_bit_secret',
  'your-secret|your-secret-key|your_secret|your_secret_key|yoursecret|yoursecretkey|YOUR_SECRET|YOUR-SECRET',
  'YOUR_SECRET_KEY|your secret|Your Secret Key|your_jwt_secret|your-jwt-secret|YOUR_JWT_SECRET|your jwt secret',
  'your_jwt_secret_key|your-jwt-secret-key|your_jwt_secret_here|your-jwt-secret-here|your-super-secret-key',
  'your_super_secret_key|your-secret-here|your_secret_here|your-secret-key-here|your_secret_key_here',
  'your-top-secret-key|your-super-secret-jwt-key|your_access_token_secret|your_refresh_token_secret',
  'a-string-secret-at-least-256-bits-long|a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'my-32-character-ultra-secure-and-ultra-long-secret|my-ultra-secure-and-ultra-long-secret',
  'this-is-a-very-long-secret-key-for-jwt-signing|this is a very secure secret|this_is_a_secret|this-is-a-secret',
  'This is a secret|ThisIsASecret|thisisasecret|ThisIsMySecretKey|thisismysecretkey|ThisismySecretKey',
  'thisismysecret|thisIsMySecret|This is my custom Secret key for authentication',
  'THIS IS USED TO SIGN AND VERIFY JWT TOKENS, REPLACE IT WITH YOUR OWN SECRET, IT CAN BE ANY STRING',
  'superSecretKey@345|JWTAuthenticationHIGHsecuredPasswordVVVp1OH7Xzyr',
  'Yh2k7QSu4l8CZg5p6X3Pna9L0Miy4D3Bvt0JVr87UcOj69Kqw5R2Nmf4FWs03Hdx|my top secret key',
  '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
  '9a4f2c8d3b7a1e6f45c8a0b3f267d8b1d4e6f3c8a9d2b5f8e3a9c8b5f6v8a3d9',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '======================BezKoder=Spring===========================|bezkoder-secret-key|bezKoderSecretKey',
  'SecretKeyToGenJWTs|javainuse|JWTSuperSecretKey|jwtSecretKey',
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
  'somesupersecretsecret|thisismynewcourse|jwtPrivateKey|mysecrettoken|my_precious|net ninja secret',
  'Harryisagoodb$oy|qwertyuiopasdfghjklzxcvbnm123456|some-secret|some_secret|somesecret|some-secret-key',
  'some_secret_key|shared-secret|shared_secret|sharedsecret|shhhhh|shhhh|shhhhhhared-secret|keyboard cat',
  'keyboard-cat|insert-secret-here|enter-your-secret|<your-secret>|<secret>|$JWT_SECRET',
  '{{JWT_SECRET}}|process.env.JWT_SECRET',
  // What programs bring along
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long|better-auth-secret-123456789',
  'better-auth-secret-12345678901234567890|reallyreallyreallyreallyverysafe',
  '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R|!ChangeThisMercureHubJWTSecretKey!',
  '!ChangeMe!|!UnsecureChangeMe!|ThisTokenIsNotSoSecretChangeIt|SomeRandomString',
  'SomeRandomStringWith32Characters|toBeModified|tobemodified|255d861b-5ea1-5996-9aa3-922530ec40b1',
  '6116487b-cda1-52c2-b5b5-c8022c45e263|SecretKey012345678901234567890123456789012345678901234567890123456789',
  'SW2YcwTIb9zpOOhoPsMm|thisISaSECRET_1234|CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET|CHANGE_ME_SECRET_KEY',
  'YOUR_OWN_RANDOM_GENERATED_SECRET_KEY|TEST_NON_DEV_SECRET|temporary_key|default_token|minioadmin',
  'my super secret pass phrase|my_app_secret|devkey|django-insecure|insecure|jwt-secret-string|replace-me',
  'replace_me|replaceme|replace-with-secure-random-value|change-me|change_me|changeme|changeit|CHANGEME',
  'CHANGE_ME|ChangeMe|ChangeMe123|change-this|changethis|change-this-secret|changeThisSecret',
  'change-this-in-production|change_this_in_production|please-change-me|change-me-in-production',
  // What it is for
  'topsecret|top-secret|top_secret|TopSecret|TOPSECRET|verysecret|very-secret|very_secret|verysecretkey',
  'veryverysecret|secret|Secret|SECRET|secret1|secret123|secret1234|secret12345|secret!|secretsecret|secretkey',
  'secret-key|secret_key|secretKey|SecretKey|SECRET_KEY|SECRETKEY|s3cr3t|s3cret|mysecret|my-secret|my_secret',
  'my secret|mySecret|MySecret|mysecretkey|my-secret-key|my_secret_key|mySecretKey|my-super-secret',
  'my_super_secret|mysupersecret|mysupersecretkey|supersecret|super-secret|super_secret|super secret|superSecret',
  'SuperSecret|supersecretkey|super-secret-key|super_secret_key|superSecretKey|ultrasecret|thesecret|the-secret',
  'oursecret|jwt|JWT|jwtsecret|jwt-secret|jwt_secret|jwtSecret|JWT_SECRET|JWT_SECRET_KEY|jwtkey|jwt-key|jwt_key',
  'jwt-secret-key|jwt_secret_key|jwtsecretkey|myjwtsecret|my-jwt-secret|token|tokensecret|token-secret',
  'token_secret|tokenSecret|TOKEN_SECRET|ACCESS_TOKEN_SECRET|access-token-secret|access_token_secret',
  'accesssecret|refreshsecret|REFRESH_TOKEN_SECRET|auth|authsecret|auth-secret|auth_secret|AUTH_SECRET',
  'NEXTAUTH_SECRET|sessionsecret|session|session-secret|session_secret|cookiesecret|app-secret|app_secret',
  'appsecret|APP_SECRET|APP_KEY|apikey|api-key|api_key|api-secret|api_secret|apisecret|client_secret',
  'client-secret|signing-key|signingkey|signing_key|signing-secret|signature|key|mykey|my-key|my_key|private',
  'privatekey|private-key|private_key|privateKey|public|publickey|symmetric|hmac|hs256|hmac-secret|hmacsecret',
  'dev-secret|dev_secret|devsecret|dev-secret-key|development-secret|localsecret|local-secret|testsecret',
  'test-secret|test_secret|testkey|test-key|test_key|test-secret-key|demosecret|demo-secret|example-secret',
  'example_secret|sample-secret|defaultsecret|default-secret|default_secret|default-secret-key|fallback-secret',
  'dummy-secret|adminsecret|masterkey',
  // Where it is
  'dev|development|local|localhost|test|Test|testing|test123|test1234|prod|production|staging|demo|example',
  'sample|default|fallback|placeholder|dummy|fake|temp|temporary|todo|TODO|undefined|null|none|true|false|object',
  '[object Object]|NaN|foo|bar|foobar|foo-bar|hello|hello world|helloworld|Hello World|node|nodejs|express',
  'nestjs|nest|spring|laravel|django|flask|rails|symfony|firebase|supabase|docker|kubernetes|server|backend|api',
  'app|myapp|my-app|service|login|user',
  // What people choose
  'password|Password|PASSWORD|password1|password123|Password1|Password123|passw0rd|p@ssw0rd|P@ssw0rd|P@ssword',
  'pass|pass123|passwd|passphrase|mypassword|mypass|pwd|12345678|0|1|12|123|1234|12345|123456|1234567|123456789',
  '1234567890|12345678901234567890|12345678901234567890123456789012|01234567890123456789012345678901|0123456789',
  '0123456789abcdef|0123456789abcdef0123456789abcdef|0123456789ABCDEF|1234567890123456|00000000|000000|111111',
  '11111111|abc|abc123|abcd|abcd1234|abcdef|abcdefg|abcdefgh|abcdefghijklmnopqrstuvwxyz',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ|abcdefghijklmnopqrstuvwxyz123456|abcdefghijklmnopqrstuvwxyz0123456789|aaaaaaaa',
  'xxxxxxxx|asdf|asdfgh|asdfghjkl|qwerty|qwerty123|qwertyuiop|zxcvbnm|iloveyou|letmein|admin|Admin|admin123',
  'administrator|root|toor|guest|welcome|welcome1|master|dragon|sunshine|football|trustno1',
  'correct horse battery staple|correcthorsebatterystaple|hunter2|gandalf|a|x|aaa|xxx|xyz|007|42',
  'secretsecretsecretsecretsecretsecret|passwordpasswordpasswordpassword|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|00000000000000000000000000000000|11111111111111111111111111111111',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  '0000000000000000000000000000000000000000000000000000000000000000',
]

/** The keys of the examples in RFC 7515 §A.1, RFC 7520 §3.5 and RFC 7517 §A.3, which everybody has, too. */
const KEYS: readonly string[] = [
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  'GawgguFyGrWKav7AX4VKUg',
]

/** Some take the name of the algorithm. */
const NAMES: readonly string[] = [...SIGNATURE.values()].filter(({ family }) => family === 'hmac').map(({ id }) => id)

/** All of them, as octets. */
export const COMMON_SECRETS: readonly Bytes[] = [
  ...[...ROWS.flatMap((row) => row.split('|')), ...NAMES].map(utf8),
  ...KEYS.map((key) => fromBase64url(key, 'the key')),
]

/** Spelled as base64url, so that octets are found without comparing them with each. */
const KNOWN: ReadonlySet<string> = new Set(COMMON_SECRETS.map(base64url))
const LONGEST = Math.max(...COMMON_SECRETS.map(({ length }) => length))
/** What an editor or a file puts around a text. */
const BLANK = 16

/** Whether octets are a secret that everybody knows, give or take blanks around it and the case of its letters. */
export function isCommonSecret(bytes: Bytes): boolean {
  if (bytes.length > LONGEST + BLANK) return false
  const text = new TextDecoder().decode(bytes).trim()
  return [bytes, utf8(text), utf8(text.toLowerCase())].some((spelling) => KNOWN.has(base64url(spelling)))
}

/** What a backend keeps of a secret it keeps by its object, so that many tokens share them. */
let materials: readonly Material[] | undefined

/** So many are tried at once: where each is a promise, to wait for it takes longer than the work. */
const AT_ONCE = 64

/** The common secret that a token is signed with; nothing where it is none of them, or no token with a secret. */
export async function guessSecret(subject: TokenSubject, backend: Backend): Promise<Bytes | undefined> {
  const signature = firstSignature(subject)
  const alg = SIGNATURE.get(signature?.header.alg ?? '')
  if (signature === undefined || alg?.family !== 'hmac') return undefined
  if (octetsIn(signature.signature) !== (alg.hash ?? 0) / 8) return undefined
  materials ??= COMMON_SECRETS.map(rawSecret)
  for (let from = 0; from < materials.length; from += AT_ONCE) {
    const some = materials.slice(from, from + AT_ONCE)
    const answers = some.map((material) => backend.verify(alg, material, signature.input, signature.signature))
    const held = answers.every((answer) => typeof answer === 'boolean') ? answers : await Promise.all(answers)
    const found = some[held.indexOf(true)]
    if (found !== undefined) return found.secret
  }
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
