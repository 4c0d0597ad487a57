import { SIGNATURE } from '../../alg/signature.ts'
import type { Fault } from '../../claims.ts'
import { type ExactJson, member, numberOf, textOf, toValue } from '../../diagnosis/exact-json.ts'
import { toIso, toSpan } from '../../diagnosis/moments.ts'
import { oddTime, TIME_CLAIMS } from '../../diagnosis/odd-times.ts'
import { isObject } from '../../json.ts'
import { DPOP_PROOF } from '../../profile/dpop-proof.ts'
import { type Kind as Described, rulesOf } from '../../profile/kind.ts'
import { type Hit, memberAt, type Rule } from '../rule.ts'
import { kindIn } from '../shown.ts'
import { privateIn } from './private-members.ts'
import { tellingIn } from './telling.ts'

/** How far two clocks may differ, in seconds. */
const SKEW = 60
const HOUR = 3600
const DAY = 24 * HOUR

/** What the claims of a token say, or leave out. */
export const CLAIM_RULES: readonly Rule[] = [
  {
    id: 'CSL009',
    name: 'no-expiry',
    severity: 'warn',
    title: 'the token never expires: it has no exp',
    text: 'Whoever gets hold of it can use it for good: there is no end to it but a list of what was revoked, or a new key.',
    fix: 'give it an exp: minutes for an access token, an hour for an ID token.',
    spec: 'RFC 7519 §4.1.4',
    kinds: {
      bcp: 'error',
      'oidc-id-token': 'error',
      rfc9068: 'error',
      logout: 'error',
      dpop: 'off',
      event: 'off',
      introspection: 'off',
    },
    *token({ claims }) {
      if (claims && member(claims, 'exp') === undefined)
        yield { path: 'payload', message: 'the token has no exp, so that it never expires.' }
    },
  },
  {
    id: 'CSL010',
    name: 'long-life',
    severity: 'warn',
    title: 'the token lives for more than a day, or for more than an hour where it grants access',
    text: 'A token that was stolen is good until it expires, and what it says of rights is as old as the token.',
    fix: 'let it live for minutes, and renew it with a refresh token, which can be taken back.',
    spec: 'RFC 6750 §5.3',
    *token({ claims, typ }, { kind, now }) {
      const [exp, iat, nbf] = ['exp', 'iat', 'nbf'].map((name) => secondsOf(member(claims, name)))
      if (claims === undefined || exp === undefined) return
      const life = exp - (iat ?? nbf ?? now)
      const isAccess =
        kind === 'rfc9068' || (typ !== 'dpop+jwt' && ['scope', 'scp'].some((name) => member(claims, name)))
      const most = isAccess ? HOUR : DAY
      const from = iat === undefined && nbf === undefined ? 'for another' : 'for'
      if (life > most)
        yield {
          path: 'payload.exp',
          message: `the token lives ${from} ${toSpan(life)}; ${isAccess ? 'one that grants access' : 'a token'} should live for no more than ${toSpan(most)}.`,
        }
    },
  },
  {
    id: 'CSL011',
    name: 'odd-time',
    severity: 'error',
    title: 'a time is in milliseconds, text, or no whole number of seconds, or times contradict each other',
    text: 'In milliseconds a token expires in some fifty thousand years. What is text or a fraction is refused by one reader and taken by the next.',
    fix: 'write times as whole seconds since 1970: Math.floor(Date.now() / 1000).',
    spec: 'RFC 7519 §2',
    *token({ claims }) {
      for (const name of TIME_CLAIMS) {
        const value = member(claims, name)
        const odd = value === undefined ? undefined : oddTime(name, value)
        const path = memberAt('payload', name)
        // Nothing is decided by when a profile changed, and providers of renown write it as text.
        if (odd !== undefined) yield { path, message: odd, ...(name === 'updated_at' && { severity: 'warn' }) }
        else if (value?.kind === 'number' && !/^\d+$/.test(value.text))
          yield {
            path,
            message: `${name} is written as ${value.text.slice(0, 40)}, and as no whole number.`,
            severity: 'info',
          }
      }
      const [exp, iat, nbf] = ['exp', 'iat', 'nbf'].map((name) => secondsOf(member(claims, name)))
      for (const [name, from] of [['iat', iat] as const, ['nbf', nbf] as const])
        if (exp !== undefined && from !== undefined && exp <= from)
          yield {
            path: 'payload.exp',
            message: `exp is not after ${name}: the token was never valid.`,
            severity: 'warn',
          }
    },
  },
  {
    id: 'CSL012',
    name: 'from-the-future',
    severity: 'warn',
    title: 'the token was issued, or begins, in the future',
    text: 'One of the two clocks is wrong, or the token was made ahead of its time to be used later. Before nbf every verifier refuses it; before iat some do.',
    fix: 'set the clock of the issuer by NTP, and write iat and nbf as the time it is.',
    spec: 'RFC 7519 §4.1.5',
    *token({ claims }, { now }) {
      for (const name of ['iat', 'nbf']) {
        const seconds = secondsOf(member(claims, name))
        if (seconds !== undefined && seconds > now + SKEW)
          yield {
            path: `payload.${name}`,
            message: `${name} is ${toIso(seconds)}, which is in ${toSpan(seconds - now)}.`,
          }
      }
    },
  },
  {
    id: 'CSL013',
    name: 'no-audience',
    severity: 'warn',
    title: 'the token does not say who it is meant for: it has no aud',
    text: 'Then every service that trusts the issuer takes it, and one of them can use it at another.',
    fix: 'put the one service that it is for into aud, and have that demand it.',
    spec: 'RFC 8725 §3.9',
    kinds: {
      bcp: 'error',
      'oidc-id-token': 'error',
      rfc9068: 'error',
      logout: 'error',
      introspection: 'error',
      dpop: 'off',
    },
    *token({ claims }) {
      const aud = member(claims, 'aud')
      const names = aud?.kind === 'array' ? aud.items : aud === undefined ? [] : [aud]
      const odd = names.find(({ kind }) => kind !== 'string')
      if (claims && aud === undefined) yield { path: 'payload', message: 'the token has no aud.' }
      else if (odd !== undefined)
        yield {
          path: 'payload.aud',
          message: `aud ${odd === aud ? 'is' : 'has'} ${kindIn(odd)}, and takes text.`,
          severity: 'error',
        }
      else if (aud !== undefined && names.every((name) => textOf(name) === ''))
        yield { path: 'payload.aud', message: 'aud names nobody.' }
    },
  },
  {
    id: 'CSL014',
    name: 'no-issuer',
    severity: 'warn',
    title: 'the token does not say who made it: it has no iss',
    text: 'A service that trusts more than one issuer, or one day will, cannot tell whose key is to verify it.',
    fix: 'put the URL of the issuer into iss, and have verifiers demand it.',
    spec: 'RFC 8725 §3.8',
    kinds: {
      bcp: 'error',
      'oidc-id-token': 'error',
      rfc9068: 'error',
      logout: 'error',
      event: 'error',
      introspection: 'error',
      dpop: 'off',
    },
    *token({ claims }) {
      const iss = member(claims, 'iss')
      if (claims && iss === undefined) yield { path: 'payload', message: 'the token has no iss.' }
      else if (iss?.kind === 'string' && iss.value === '') yield { path: 'payload.iss', message: 'iss is empty.' }
      else if (iss !== undefined && iss.kind !== 'string')
        yield { path: 'payload.iss', message: `iss is ${kindIn(iss)}, and takes text.`, severity: 'error' }
    },
  },
  {
    id: 'CSL022',
    name: 'telling-claims',
    severity: 'error',
    title: 'the claims hold a secret, or tell about a person',
    text: 'A JWS is signed and not encrypted: every server on its way, every log and every browser that keeps it can read it.',
    fix: 'leave it out and look it up where it is needed, or encrypt the token (JWE).',
    spec: 'RFC 7519 §12',
    *token({ token, claims, typ }, { profile }) {
      if (token.kind !== 'jws' || claims === undefined) return
      // What a user is called is what an ID token is for.
      const isUserInfo = profile === 'oidc-id-token' || (profile === undefined && looksLikeIdToken(claims, typ))
      yield* tellingIn(claims, 'payload', isUserInfo)
    },
  },
  {
    id: 'CSL027',
    name: 'kind-demands',
    severity: 'error',
    title: 'the token lacks what its kind has to have, or has it in another form',
    text: 'A profile says what a token of its kind always has, so that none passes for another. What falls short of it is refused by whoever goes by the profile.',
    fix: 'have the issuer make it as its profile says; the profiles of countersign/profile do.',
    spec: 'RFC 8725 §3.12',
    *token(subject, { demands }) {
      const { claims, headers } = subject
      if (claims === undefined) return
      for (const name of TEXTS) {
        const value = member(claims, name)
        if (value !== undefined && value.kind !== 'string')
          yield { path: `payload.${name}`, message: `${name} is ${kindIn(value)}, and takes text. (RFC 7519 §4.1)` }
      }
      if (demands !== undefined) yield* demanded(claims, demands)
      if (demands === DPOP_PROOF) for (const [path, header] of headers) yield* proofKey(path, header)
    },
  },
]

/** An ID token by its claims. Access tokens have nonce and auth_time as well with some issuers, and scope beside. */
function looksLikeIdToken(claims: ExactJson, typ = 'jwt'): boolean {
  const has = (name: string): boolean => member(claims, name) !== undefined
  if (typ !== 'jwt' || has('scope') || has('scp')) return false
  return has('at_hash') || (has('aud') && (has('nonce') || has('auth_time')))
}

/** The claims of every token that are text, beside those that other rules look at (RFC 7519 §4.1.2 and §4.1.7). */
const TEXTS = ['sub', 'jti']
/** What other rules tell when it is missing. */
const TOLD = ['exp', 'aud', 'iss']

function* demanded(claims: ExactJson, demands: Described): Generator<Hit> {
  const value = toValue(claims)
  const faults: Fault[] = []
  if (isObject(value)) rulesOf(demands)(value, faults)
  for (const { code, path, text } of faults)
    if (!(code === 'CS_CLAIM_MISSING' && TOLD.includes(path))) yield { path: `payload.${path}`, message: `${text}.` }
}

/** A proof brings the public half of the key that signed it. */
function* proofKey(path: string, header: ExactJson): Generator<Hit> {
  const [jwk, alg] = [member(header, 'jwk'), SIGNATURE.get(textOf(member(header, 'alg')) ?? '')]
  const at = memberAt(path, 'jwk')
  if (alg?.family === 'hmac')
    yield {
      path: memberAt(path, 'alg'),
      message: `alg is ${alg.id}: a proof is signed with a private key. (RFC 9449 §4.2)`,
    }
  if (jwk?.kind !== 'object')
    yield { path: at, message: 'the header has no jwk: a proof brings its public key. (RFC 9449 §4.2)' }
  else if (privateIn(jwk) !== undefined || textOf(member(jwk, 'kty')) === 'oct')
    yield { path: at, message: 'the header shows a private key. (RFC 9449 §4.2)' }
}

/** A time that is one. */
function secondsOf(json: ExactJson | undefined): number | undefined {
  return json === undefined || oddTime('', json) !== undefined ? undefined : numberOf(json)
}
