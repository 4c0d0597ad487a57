import { SIGNATURE } from '../../../countersign/src/alg/signature.ts'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { type ExactJson, member, textOf } from '../../../countersign/src/diagnosis/exact-json.ts'
import type { SecretSpelling } from '../../../countersign/src/diagnosis/near-misses.ts'
import type { Expected } from './judge.ts'
import { type GivenKeys, type GivenText, isSecret } from './keys.ts'
import { tokenText } from './share.ts'

/** What is to be verified or opened, without any key: code takes that from a file or from the environment. */
export interface Subject {
  /** Claims in compact form, something else that was signed, or something encrypted. */
  readonly form: 'jwt' | 'jws' | 'jwe'
  readonly serialization: 'compact' | 'flattened' | 'general'
  /** What was signed travels by itself. */
  readonly isDetached: boolean
  /** The token itself, where it is to stand in the code. */
  readonly token?: string
  readonly alg: string
  readonly enc?: string
  /** Which key of a set. */
  readonly kid?: string
  readonly key: 'secret' | 'key' | 'set'
  /** How the secret is written. */
  readonly spelling: SecretSpelling
  /** A secret that is shorter than its hash is to pass. */
  readonly isWeak: boolean
  readonly expected: Expected
  readonly hasExp: boolean
}

/** A subject, and the names of what it expects because the token says so itself. */
export interface Taken {
  readonly subject: Subject
  readonly assumed: readonly string[]
}

/**
 * What the code is to be about. Where nothing is expected, it expects what the token says of itself, since code that
 * expects nothing is worse.
 */
export function toSubject(
  { kind, serialization, header, payload, token }: DecodedToken,
  keys: GivenKeys | undefined,
  given: GivenText,
  expected: Expected,
): Taken {
  const [alg = '', enc, kid, typ] = ['alg', 'enc', 'kid', 'typ'].map((name) => textOf(member(header, name)))
  const claims = payload?.json?.kind === 'object' ? payload.json : undefined
  const found: readonly (readonly ['iss' | 'aud' | 'typ', string | undefined])[] = [
    ['iss', textOf(member(claims, 'iss'))],
    ['aud', firstOf(member(claims, 'aud'))],
    ['typ', typ === undefined || /^(application\/)?jwt$/i.test(typ) ? undefined : typ],
  ]
  const taken = found.filter(([name, text]) => text !== undefined && expected[name].trim() === '')
  const secretAlg = /^(HS|A\d|dir$|PBES2)/.test(alg)
  const key = keys?.as ?? (secretAlg ? 'secret' : 'key')
  const isJwk = key === 'secret' && given.text.trim() !== '' && !isSecret(given.text)
  return {
    assumed: taken.map(([name]) => name),
    subject: {
      form: kind === 'jwe' ? 'jwe' : claims && serialization === 'compact' ? 'jwt' : 'jws',
      serialization,
      isDetached: kind === 'jws' && payload === undefined,
      token: tokenText(token),
      alg,
      ...(enc !== undefined && { enc }),
      ...(kid !== undefined && { kid }),
      key,
      // A JWK has its octets in base64url.
      spelling: isJwk ? 'base64url' : given.spelling,
      isWeak: given.allowWeak,
      expected: { ...expected, ...Object.fromEntries(taken) },
      hasExp: member(claims, 'exp') !== undefined,
    },
  }
}

const firstOf = (json: ExactJson | undefined): string | undefined =>
  textOf(json?.kind === 'array' ? json.items[0] : json)

export type Dialect = 'command' | 'countersign' | 'jose' | 'python' | 'go'

/** Each, and how it is called. */
export const DIALECTS: readonly (readonly [dialect: Dialect, title: string])[] = [
  ['command', 'Command'],
  ['countersign', 'countersign'],
  ['jose', 'jose'],
  ['python', 'Python'],
  ['go', 'Go'],
]

/** What has to be installed, as a command line. */
export function installFor(dialect: Dialect, { key }: Pick<Subject, 'key'>): string {
  if (dialect === 'python') return "pip install 'pyjwt[crypto]'"
  if (dialect === 'go')
    return `go get github.com/golang-jwt/jwt/v5${key === 'set' ? ' github.com/MicahParks/keyfunc/v3' : ''}`
  return `npm install ${dialect === 'command' ? '--global countersign' : dialect}`
}

/** Code, or why there is none. */
export type Snippet = { readonly code: string } | { readonly lack: string }

/** The code that verifies a token, or opens it. No secret and no private key is in it, and no token unless it is asked for. */
export function codeFor(dialect: Dialect, subject: Subject): Snippet {
  const { alg, form } = subject
  if (form !== 'jwe' && !SIGNATURE.has(alg))
    return {
      lack:
        alg.toLowerCase() === 'none'
          ? 'Nobody signed this token, so there is nothing to verify: code must refuse it.'
          : 'Its alg is none that can be verified.',
    }
  if (dialect === 'command') return { code: command(subject) }
  const lack = LACKS[dialect]?.(subject)
  if (lack !== undefined) return { lack }
  return { code: WRITERS[dialect](subject) }
}

/** The file or the variable that the code takes the key from. */
export function placeOf({ form, key, alg }: Pick<Subject, 'form' | 'key' | 'alg'>): string {
  if (key === 'secret') return isPassword(alg) ? 'PASSWORD' : form === 'jwe' ? 'JWE_SECRET' : 'JWT_SECRET'
  return key === 'set' ? 'jwks.json' : form === 'jwe' ? 'private.pem' : 'public.pem'
}

const isPassword = (alg: string): boolean => alg.startsWith('PBES2')

/** What each library leaves out; `undefined` where it does it all. */
const LACKS: Partial<Record<Dialect, (subject: Subject) => string | undefined>> = {
  jose: ({ alg, isDetached }) =>
    ['ES256K', 'Ed448'].includes(alg)
      ? `jose does no ${alg} since its version 6.`
      : isDetached
        ? 'What was signed travels by itself: put it into the token as its payload, and verify that.'
        : undefined,
  python: ({ alg, form }) =>
    form === 'jwe'
      ? 'PyJWT opens no encrypted tokens. jwcrypto does.'
      : form === 'jws'
        ? 'PyJWT is for claims in compact form. jwcrypto verifies what else can be signed.'
        : /^(ML-DSA|Ed)/.test(alg) && alg !== 'EdDSA'
          ? `PyJWT does no ${alg}${alg.startsWith('Ed') ? ', which it knows by its older name EdDSA alone' : ''}.`
          : undefined,
  go: ({ alg, form }) =>
    form === 'jwe'
      ? 'golang-jwt opens no encrypted tokens. go-jose does.'
      : form === 'jws'
        ? 'golang-jwt is for claims in compact form. go-jose verifies what else can be signed.'
        : /^(ML-DSA|Ed|ES256K)/.test(alg) && alg !== 'EdDSA'
          ? `golang-jwt does no ${alg}${alg.startsWith('Ed') ? ', which it knows by its older name EdDSA alone' : ''}.`
          : undefined,
}

/** Texts in quotes, as each language has them; what nobody sees is escaped. */
const literal =
  (quote: string, beyond: (code: number) => string) =>
  (text: string): string =>
    `${quote}${text
      .replaceAll('\\', '\\\\')
      .replaceAll(quote, `\\${quote}`)
      .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => {
        const code = one.codePointAt(0) ?? 0
        return code > 0xffff ? beyond(code) : `\\u${code.toString(16).padStart(4, '0')}`
      })}${quote}`
const inTypeScript = literal("'", (code) => `\\u{${code.toString(16)}}`)
const inOthers = literal('"', (code) => `\\U${code.toString(16).padStart(8, '0')}`)

function inShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    return `$${literal("'", (code) => `\\U${code.toString(16).padStart(8, '0')}`)(text)}`
  return `'${text.replaceAll("'", `'\\''`)}'`
}

const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim())

function command(subject: Subject): string {
  const { form, token, key, alg, spelling, isWeak, expected } = subject
  const place = placeOf(subject)
  const isJwe = form === 'jwe'
  const options: readonly (string | false | undefined)[] = [
    key !== 'secret'
      ? `--${key === 'set' && !isJwe ? 'jwks' : 'key'} @${place}`
      : `--${isPassword(alg) ? 'password' : 'secret'} env:${place}`,
    key === 'secret' && spelling !== 'utf8' && !isPassword(alg) && `--secret-encoding ${spelling}`,
    key === 'secret' && isWeak && !isJwe && '--allow-weak-secret',
    `--alg ${inShell(alg)}`,
    subject.isDetached && '--payload @payload',
    ...(isJwe
      ? []
      : [
          ...(['iss', 'aud', 'typ'] as const).map((name) => {
            const value = said(expected[name])
            return value !== undefined && `--${name} ${inShell(value)}`
          }),
          expected.leeway !== 30 && `--leeway ${expected.leeway}s`,
        ]),
  ]
  const what = token === undefined ? '"$TOKEN"' : inShell(token)
  return [`countersign ${isJwe ? 'decrypt' : 'verify'} ${what}`, ...options.filter(Boolean)].join(' \\\n  ')
}

const READ_FILE = `import { readFile } from 'node:fs/promises'\n`

function typescript(name: string, imports: readonly string[], subject: Subject, body: readonly string[]): string {
  const from = name === 'jose' || subject.form === 'jwt' ? '' : subject.form === 'jwe' ? '/jwe' : '/jws'
  const keyImport = imports.slice(1)
  const lines =
    from === ''
      ? [
          `import { ${[...imports].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(', ')} } from '${name}'`,
        ]
      : [`import { ${keyImport.join(', ')} } from '${name}'`, `import { ${imports[0]} } from '${name}${from}'`]
  const { key, isDetached, serialization } = subject
  const text = subject.token === undefined ? "process.env.TOKEN ?? ''" : inTypeScript(subject.token)
  const token = serialization === 'compact' ? text : `JSON.parse(${text})`
  return `${key === 'secret' && !isDetached ? '' : READ_FILE}${lines.join('\n')}\n\nconst token = ${token}\n${body.join('\n')}\n`
}

function countersign(subject: Subject): string {
  const { form, isDetached, alg, enc, key, spelling, isWeak, expected, hasExp } = subject
  const place = placeOf(subject)
  const spelled = spelling === 'utf8' ? 'text' : spelling
  const secret = isPassword(alg)
    ? `secretKey({ text: process.env.${place} ?? '' })`
    : form === 'jwe'
      ? `secretKey({ ${spelled}: process.env.${place} ?? '' })`
      : `secretKey({ ${spelled}: process.env.${place} ?? '' }, '${alg}'${isWeak ? ', { allowWeak: true }' : ''})`
  const [maker, keys] = {
    secret: ['secretKey', secret],
    set: ['keySet', `keySet(JSON.parse(await readFile('${place}', 'utf8')))`],
    key: ['importKey', `importKey(await readFile('${place}', 'utf8'))`],
  }[key] as [string, string]
  if (form !== 'jwt') {
    const [call, taken] = form === 'jwe' ? ['decryptJwe', 'plaintext'] : ['verifyJws', 'payload']
    return typescript('countersign', [call, maker], subject, [
      `const { ${taken}, header } = await ${call}(token, {`,
      `  keys: ${keys},`,
      `  algorithms: [${inTypeScript(alg)}],`,
      ...(enc === undefined ? [] : [`  encryptions: [${inTypeScript(enc)}],`]),
      ...(isDetached ? ["  detachedPayload: await readFile('payload'),"] : []),
      `})`,
      `console.log(header, new TextDecoder().decode(${taken}))`,
    ])
  }
  const expectation = (text: string): string => inTypeScript(said(text) ?? 'any')
  const typ = said(expected.typ)
  return typescript('countersign', ['createVerifier', maker], subject, [
    'const verifier = createVerifier({',
    `  keys: ${keys},`,
    `  algorithms: ['${alg}'],`,
    `  issuer: ${expectation(expected.iss)},`,
    `  audience: ${expectation(expected.aud)},`,
    ...(typ === undefined ? [] : [`  typ: ${inTypeScript(typ)},`]),
    ...(expected.leeway === 30 ? [] : [`  clockTolerance: '${expected.leeway}s',`]),
    ...(hasExp ? [] : ['  requireExp: false, // this token never expires']),
    '})',
    'const { claims } = await verifier.verify(token) // or throws a JoseError',
    'console.log(claims)',
  ])
}

function jose(subject: Subject): string {
  const { form, serialization, alg, enc, key, spelling, expected } = subject
  const place = placeOf(subject)
  const [maker, made] = {
    secret: [
      undefined,
      spelling === 'utf8' || isPassword(alg)
        ? `new TextEncoder().encode(process.env.${place} ?? '')`
        : `Buffer.from(process.env.${place} ?? '', '${spelling}')`,
    ],
    set: ['createLocalJWKSet', `createLocalJWKSet(JSON.parse(await readFile('${place}', 'utf8')))`],
    key:
      form === 'jwe'
        ? ['importPKCS8', `await importPKCS8(await readFile('${place}', 'utf8'), ${inTypeScript(alg)})`]
        : ['importSPKI', `await importSPKI(await readFile('${place}', 'utf8'), '${alg}')`],
  }[key] as [string | undefined, string]
  const call = form === 'jwt' ? 'jwtVerify' : `${serialization}${form === 'jwe' ? 'Decrypt' : 'Verify'}`
  const taken = form === 'jwe' ? 'plaintext' : 'payload'
  const stated = [
    ['issuer', said(expected.iss)],
    ['audience', said(expected.aud)],
    ['typ', said(expected.typ)],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}: ${inTypeScript(value)},`]))
  return typescript('jose', [call, ...(maker === undefined ? [] : [maker])], subject, [
    `const key = ${made}`,
    `const { ${taken}, protectedHeader } = await ${call}(token, key, {`,
    ...(form === 'jwe'
      ? [
          `  keyManagementAlgorithms: [${inTypeScript(alg)}],`,
          ...(enc === undefined ? [] : [`  contentEncryptionAlgorithms: [${inTypeScript(enc)}],`]),
          ...(isPassword(alg) ? ['  maxPBES2Count: 600_000,'] : []),
        ]
      : [`  algorithms: ['${alg}'],`]),
    ...(form === 'jwt' ? [...stated, `  clockTolerance: ${expected.leeway},`] : []),
    '})',
    form === 'jwt'
      ? 'console.log(protectedHeader, payload)'
      : `console.log(protectedHeader, new TextDecoder().decode(${taken}))`,
  ])
}

function python(subject: Subject): string {
  const { alg, kid, key, spelling, expected } = subject
  const place = placeOf(subject)
  const variable = `os.environ["${place}"]`
  const secrets: Readonly<Record<SecretSpelling, string>> = {
    utf8: `${variable}.encode()`,
    base64: `base64.b64decode(${variable})`,
    base64url: `base64.urlsafe_b64decode(${variable} + "==")`,
    hex: `bytes.fromhex(${variable})`,
  }
  const made = {
    secret: [`key = ${secrets[spelling]}`],
    key: [`key = Path("${place}").read_text()`],
    set: [
      `keys = jwt.PyJWKSet.from_json(Path("${place}").read_text())`,
      kid === undefined ? 'key = keys.keys[0].key' : `key = keys[${inOthers(kid)}].key`,
    ],
  }[key]
  const token = subject.token === undefined ? 'os.environ["TOKEN"]' : inOthers(subject.token)
  const [iss, aud, typ] = [said(expected.iss), said(expected.aud), said(expected.typ)]
  const imports = [
    key === 'secret' && spelling.startsWith('base64') && 'import base64',
    (key === 'secret' || subject.token === undefined) && 'import os',
    key !== 'secret' && 'from pathlib import Path',
  ]
  return [
    ...imports.filter(Boolean),
    '',
    'import jwt',
    '',
    `token = ${token}`,
    ...made,
    `${typ === undefined ? 'claims' : 'decoded'} = jwt.${typ === undefined ? 'decode' : 'decode_complete'}(`,
    '    token,',
    '    key,',
    `    algorithms=["${alg}"],`,
    ...(iss === undefined ? [] : [`    issuer=${inOthers(iss)},`]),
    aud === undefined
      ? '    options={"verify_aud": False},  # no audience is expected'
      : `    audience=${inOthers(aud)},`,
    `    leeway=${expected.leeway},`,
    ')  # or raises a jwt.InvalidTokenError',
    ...(typ === undefined
      ? ['print(claims)']
      : [
          `if decoded["header"].get("typ") != ${inOthers(typ)}:`,
          '    raise jwt.InvalidTokenError("typ is another one")',
          'print(decoded["payload"])',
        ]),
    '',
  ].join('\n')
}

const GO_PEM: readonly (readonly [beginning: RegExp, parse: string])[] = [
  [/^(RS|PS)/, 'ParseRSAPublicKeyFromPEM'],
  [/^ES/, 'ParseECPublicKeyFromPEM'],
  [/^Ed/, 'ParseEdPublicKeyFromPEM'],
]

function go(subject: Subject): string {
  const { alg, key, spelling, expected } = subject
  const place = placeOf(subject)
  const variable = `os.Getenv("${place}")`
  const decoders: Readonly<Partial<Record<SecretSpelling, string>>> = {
    base64: 'base64.StdEncoding.DecodeString',
    base64url: 'base64.RawURLEncoding.DecodeString',
    hex: 'hex.DecodeString',
  }
  const orEnd = ['\tif err != nil {', '\t\tlog.Fatal(err)', '\t}']
  const decoder = decoders[spelling]
  const parse = GO_PEM.find(([beginning]) => beginning.test(alg))?.[1]
  const made = {
    secret:
      decoder === undefined ? [`\tkey := []byte(${variable})`] : [`\tkey, err := ${decoder}(${variable})`, ...orEnd],
    key: [`\tpem, err := os.ReadFile("${place}")`, ...orEnd, `\tkey, err := jwt.${parse}(pem)`, ...orEnd],
    set: [`\tjwks, err := os.ReadFile("${place}")`, ...orEnd, '\tkeys, err := keyfunc.NewJWKSetJSON(jwks)', ...orEnd],
  }[key]
  const find = key === 'set' ? 'keys.Keyfunc' : 'func(*jwt.Token) (any, error) { return key, nil }'
  const [iss, aud, typ] = [said(expected.iss), said(expected.aud), said(expected.typ)]
  const encoding = key === 'secret' && decoder !== undefined && `\t"encoding/${decoder.split('.')[0]}"`
  const imports = [
    encoding,
    '\t"fmt"',
    '\t"log"',
    '\t"os"',
    '\t"time"',
    '',
    key === 'set' && '\t"github.com/MicahParks/keyfunc/v3"',
    '\t"github.com/golang-jwt/jwt/v5"',
  ].filter((line) => line !== false)
  return [
    'package main',
    '',
    'import (',
    ...imports,
    ')',
    '',
    'func main() {',
    ...made,
    `\ttoken, err := jwt.Parse(${subject.token === undefined ? 'os.Getenv("TOKEN")' : inOthers(subject.token)}, ${find},`,
    `\t\tjwt.WithValidMethods([]string{"${alg}"}),`,
    ...(iss === undefined ? [] : [`\t\tjwt.WithIssuer(${inOthers(iss)}),`]),
    ...(aud === undefined ? [] : [`\t\tjwt.WithAudience(${inOthers(aud)}),`]),
    `\t\tjwt.WithLeeway(${expected.leeway}*time.Second),`,
    '\t\tjwt.WithJSONNumber(), // keeps every digit',
    '\t)',
    ...orEnd,
    ...(typ === undefined
      ? []
      : [`\tif token.Header["typ"] != ${inOthers(typ)} {`, '\t\tlog.Fatal("typ is another one")', '\t}']),
    '\tfmt.Println(token.Claims)',
    '}',
    '',
  ].join('\n')
}

const WRITERS: Readonly<Record<Exclude<Dialect, 'command'>, (subject: Subject) => string>> = {
  countersign,
  jose,
  python,
  go,
}
