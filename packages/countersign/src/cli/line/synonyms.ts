import type { Options } from '../rows/table.ts'

/** What others call what a command does. These are no further names: they lead to an error that says ours. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ...toAll('decode', ['show', 'parse', 'read', 'view', 'print', 'dump', 'jwt', 'token']),
  ...toAll('decode or key inspect', ['inspect', 'info']),
  ...toAll('verify', ['check', 'validate']),
  ...toAll('sign', ['encode', 'create', 'issue', 'make', 'mint']),
  ...toAll('encrypt', ['seal', 'jwe']),
  ...toAll('decrypt', ['open', 'unseal']),
  ...toAll('key new', [
    'generate',
    'keygen',
    'genkey',
    'gen',
    'jwk',
    'key generate',
    'key gen',
    'key create',
    'key make',
  ]),
  ...toAll('key public', ['pub', 'key pub', 'key export']),
  ...toAll('key inspect', ['key show', 'key info', 'key view']),
  ...toAll('key thumbprint', ['thumb', 'thp', 'key thp', 'key fingerprint', 'fingerprint']),
  ...toAll('key set', ['key add', 'key remove', 'key list']),
  ...toAll('jwks', ['certs', 'jwkset', 'keyset']),
  ...toAll('explain', ['describe', 'what', 'whatis', 'define', 'meaning', 'x509']),
  ...toAll('lint', ['audit', 'analyze', 'analyse', 'scan', 'rules']),
  ...toAll('algs', ['alg', 'algorithms', 'capabilities']),
  ...toAll('debug', ['debugger', 'gui', 'ui']),
  ...toAll('completion', ['complete', 'completions', 'autocomplete']),
  ...toAll('--version', ['version']),
])

/** The same for options; the first that the command has is meant. */
const OPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['no-color', ['color never']],
  ['no-colour', ['color never']],
  ['colour', ['color']],
  ['output', ['out']],
  ['overwrite', ['force']],
  ['silent', ['quiet']],
  ['algorithm', ['alg']],
  ['algorithms', ['alg']],
  ['encryption', ['enc']],
  ['audience', ['aud']],
  ['subject', ['sub']],
  ['type', ['typ']],
  ['keyid', ['kid']],
  ['key-id', ['kid']],
  ['expires', ['exp']],
  ['expires-in', ['exp']],
  ['expiry', ['exp']],
  ['not-before', ['nbf']],
  ['claims', ['claim']],
  ['clock-tolerance', ['leeway']],
  ['clock-skew', ['leeway']],
  ['skew', ['leeway']],
  ['ignore-expiration', ['allow-expired']],
  ['ignore-exp', ['allow-expired']],
  ['now', ['at']],
  ['time', ['at']],
  ['no-timestamp', ['no-iat']],
  ['private-key', ['key', 'sign-with']],
  ['public-key', ['key', 'to']],
  ['recipient', ['to']],
  ['cert', ['key']],
  ['jwk', ['key']],
  ['pem', ['key']],
  ['jwks-uri', ['jwks']],
  ['jwks-url', ['jwks']],
  ['hmac', ['secret']],
  ['passwd', ['password', 'passphrase']],
  ['password', ['passphrase']],
  ['passin', ['passphrase']],
  ['timezone', ['tz']],
  ['curve', ['crv']],
  ['size', ['bits']],
  ['port', ['serve']],
])

function toAll(name: string, words: readonly string[]): readonly (readonly [string, string])[] {
  return words.map((word) => [word, name])
}

/** The command that is meant by what others call it, or nothing. */
export function commandElsewhere(word: string): string {
  return COMMANDS.get(word) ?? ''
}

/** The option that is meant by what others call it, of those that there are, or nothing. */
export function optionElsewhere(name: string, options: Options): string {
  const meant = OPTIONS.get(name)?.find((own) => Object.hasOwn(options, own.split(' ')[0] ?? ''))
  return meant === undefined ? '' : `--${meant}`
}
