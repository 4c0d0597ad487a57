import { SIGNATURE } from '../../../../countersign/src/alg/signature.ts'
import { command } from './command.ts'
import { go } from './go.ts'
import { python } from './python.ts'
import type { Subject } from './subject.ts'
import { countersign, jose } from './typescript.ts'

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

const WRITERS: Readonly<Record<Exclude<Dialect, 'command'>, (subject: Subject) => string>> = {
  countersign,
  jose,
  python,
  go,
}
