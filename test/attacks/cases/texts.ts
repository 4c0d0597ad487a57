// 15 to 18, 22 and 23: one text, one meaning, in bounds.
import type { Case, VerifyAsk } from '../case.ts'
import * as m from '../material.ts'

const { GOOD, CLAIMS, HS, SECRET, verify } = m
const of = (attack: number, what: string, token: unknown, more: Partial<Case> = {}): Case => ({
  attack,
  what,
  ask: verify(token),
  control: GOOD.HS256,
  ...more,
})

const DUPLICATES: readonly Case[] = [
  of(15, 'alg twice, none first', m.withText(JSON.stringify(CLAIMS), '{"alg":"none","alg":"HS256"}')),
  of(15, 'alg twice, none last', m.withText(JSON.stringify(CLAIMS), '{"alg":"HS256","alg":"none"}')),
  of(15, 'alg twice, once escaped', m.withText(JSON.stringify(CLAIMS), '{"\\u0061lg":"none","alg":"HS256"}')),
  of(15, 'sub twice', m.withText(m.textWith('"sub":"admin"'))),
  of(15, 'exp twice, the first one passed', m.withText(`{"exp":1,${JSON.stringify(CLAIMS).slice(1)}`)),
  of(15, 'a member twice, deep inside', m.withText(m.textWith('"x":[{"role":"user","role":"admin"}]'))),
  of(15, 'text behind the claims', m.withText(`${JSON.stringify(CLAIMS)}{}`)),
  of(15, 'a comment in the claims', m.withText(m.textWith('/* */"x":1'))),
  of(15, 'a comma too many', m.withText(`${JSON.stringify(CLAIMS).slice(0, -1)},}`)),
]

const [head = '', body = '', signature = ''] = String(GOOD.HS256.token).split('.')
const remade = (first: string, second: string): string => m.macInput(`${first}.${second}`, SECRET)
/** A text of the same octets whose unused bits are not zero. */
const loose = (text: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + letters[letters.indexOf(text.at(-1) ?? '') + 1]
}
/** Claims whose encoding ends within an octet, so that there are unused bits. */
const odd = [0, 1, 2]
  .map((n) => m.b64(JSON.stringify({ ...CLAIMS, x: 'x'.repeat(n) })))
  .find((text) => text.length % 4 !== 0)
const oddHead = [0, 1, 2]
  .map((n) => m.b64(JSON.stringify({ ...HS, x: 'x'.repeat(n) })))
  .find((text) => text.length % 4 !== 0)
/** A token whose signature has a letter that base64 writes otherwise. */
function dashed(): string {
  for (let n = 0; ; n++) {
    const token = m.withClaims({ n })
    if (/[-_]/.test(token.split('.')[2] ?? '')) return token
  }
}
const signed = (change: (text: string) => string): string => `${head}.${body}.${change(signature)}`
const SPELLINGS: readonly Case[] = [
  of(
    16,
    'a signature with =',
    signed((text) => `${text}=`),
  ),
  of(
    16,
    'a signature with a line break',
    signed((text) => `${text}\n`),
  ),
  of(
    16,
    'a signature with a space in it',
    signed((text) => `${text.slice(0, 5)} ${text.slice(5)}`),
  ),
  of(16, 'a signature with unused bits', signed(loose)),
  of(
    16,
    'a signature with + and / for - and _',
    dashed().replace(/[^.]*$/, (text) => text.replaceAll('-', '+').replaceAll('_', '/')),
  ),
  of(
    16,
    'a signature with a letter too many',
    signed((text) => `${text}AA`),
  ),
  of(16, 'a header with =, under a MAC over it', remade(`${head}=`, body)),
  of(16, 'a header with unused bits, under a MAC over it', remade(loose(oddHead ?? ''), body)),
  of(16, 'a payload with =, under a MAC over it', remade(head, `${body}=`)),
  of(16, 'a payload with a line break, under a MAC over it', remade(head, `${body}\n`)),
  of(16, 'a payload with unused bits, under a MAC over it', remade(head, loose(odd ?? ''))),
]

const octets = (...parts: readonly (string | Uint8Array)[]): string =>
  m.b64(Buffer.concat(parts.map((part) => Buffer.from(part))))
const broken = m.macInput(
  `${head}.${octets('{"sub":"', Buffer.of(0xff), `",${JSON.stringify(CLAIMS).slice(1)}`)}`,
  SECRET,
)
const SHAPES: readonly Case[] = [
  of(17, 'no text', ''),
  of(17, 'one segment', head),
  of(17, 'four segments', `${head}.${body}.${signature}.`),
  of(17, 'four segments, the MAC over three', m.macInput(`${head}.${body}.${body}`, SECRET)),
  of(17, 'six segments', `${head}.${body}.${signature}.a.b.c`),
  of(17, 'a million dots', '.'.repeat(1_000_000)),
  of(17, 'null for a token', null),
  of(17, 'a number for a token', 42),
  of(17, 'an object for a token', { token: GOOD.HS256.token }),
  of(17, 'a list for a token', [GOOD.HS256.token]),
  of(17, 'a header that is a list', m.withText(JSON.stringify(CLAIMS), '["HS256"]')),
  of(17, 'a header that is null', m.withText(JSON.stringify(CLAIMS), 'null')),
  of(17, 'a header that is no JSON', m.withText(JSON.stringify(CLAIMS), '{"alg":')),
  of(17, 'a header behind a byte order mark', m.withText(JSON.stringify(CLAIMS), '\ufeff{"alg":"HS256"}')),
  of(17, 'a token behind a space', ` ${GOOD.HS256.token}`),
  of(17, 'a token before a line break', `${GOOD.HS256.token}\n`),
  of(17, 'the token behind "Bearer "', `Bearer ${GOOD.HS256.token}`),
]

const PAYLOADS: readonly Case[] = [
  of(33, 'a payload that is a list', m.withText('[1]')),
  of(33, 'a payload that is a list with claims in it', m.withText(`[${JSON.stringify(CLAIMS)}]`)),
  of(33, 'a payload that is a text', m.withText('"sub"')),
  of(33, 'a payload that is null', m.withText('null')),
  of(33, 'a payload that is a number', m.withText('1')),
  of(33, 'a payload that is empty', m.withText('')),
  of(33, 'a payload that is no UTF-8', broken),
  of(33, 'a payload behind a byte order mark', m.withText(`\ufeff${JSON.stringify(CLAIMS)}`)),
]

const polluted = (claims: Readonly<Record<string, unknown>>): string | undefined =>
  claims['admin'] === true || 'admin' in {} ? 'admin came in by the prototype' : undefined
const harmful = (token: string): VerifyAsk => verify(token, m.secretKey, ['HS256'], {}, { harm: polluted })
const PROTOTYPES: readonly Case[] = [
  {
    attack: 22,
    what: '__proto__ in the claims',
    ask: harmful(m.withText(m.textWith('"__proto__":{"admin":true}'))),
    control: GOOD.HS256,
  },
  {
    attack: 22,
    what: 'constructor.prototype in the claims',
    ask: harmful(m.withText(m.textWith('"constructor":{"prototype":{"admin":true}}'))),
    control: GOOD.HS256,
  },
  {
    attack: 22,
    what: '__proto__ in the header',
    ask: harmful(m.withText(JSON.stringify(CLAIMS), '{"alg":"HS256","__proto__":{"admin":true}}')),
    control: GOOD.HS256,
  },
  {
    attack: 22,
    what: 'the alg by __proto__ in the header',
    ask: verify(m.withText(JSON.stringify(CLAIMS), '{"__proto__":{"alg":"HS256"}}')),
    control: GOOD.HS256,
  },
  ...['toString', 'constructor', '__proto__'].map(
    (claim): Case => ({
      attack: 22,
      what: `a required claim ${claim} that every object inherits`,
      ask: verify(GOOD.HS256.token, m.secretKey, ['HS256'], { requiredClaims: [claim] }),
      control: verify(GOOD.HS256.token, m.secretKey, ['HS256'], { requiredClaims: ['sub'] }),
      byOptions: true,
    }),
  ),
]

const bad = (token: string): string => `${token.slice(0, -4)}AAAA`
const SIZES: readonly Case[] = [
  of(23, '16 MB of claims under a bad MAC', bad(m.withText(m.textWith(`"x":"${'x'.repeat(12e6)}"`)))),
  of(
    23,
    '16 MB of header under a bad MAC',
    bad(m.withText(JSON.stringify(CLAIMS), `{"alg":"HS256","x":"${'x'.repeat(12e6)}"}`)),
  ),
  of(
    23,
    'claims of 200 000 levels under a bad MAC',
    bad(m.withText(m.textWith(`"x":${'['.repeat(2e5)}${']'.repeat(2e5)}`))),
  ),
  of(
    23,
    'a header of 200 000 levels under a bad MAC',
    bad(m.withText(JSON.stringify(CLAIMS), `{"alg":"HS256","x":${'['.repeat(2e5)}${']'.repeat(2e5)}}`)),
  ),
  of(23, '16 MB of signature', `${head}.${body}.${'A'.repeat(16e6)}`),
  of(23, '32 MB without a dot', 'A'.repeat(32e6)),
]

const HELLO = m.b64('hello')
const guarded = m.b64('{"alg":"HS256"}')
const macOf = (text: string): string => m.macInput(text, SECRET).split('.').at(-1) ?? ''
const part = { protected: guarded, signature: macOf(`${guarded}.${HELLO}`) }
const jws = (what: string, token: unknown, control: unknown, more: Partial<Case> = {}): Case => {
  const rest = { do: 'jws', key: m.secretKey, algorithms: ['HS256'] } as const
  return { attack: 18, what, ask: { ...rest, token }, control: { ...rest, token: control }, ...more }
}
const flat = { payload: HELLO, ...part }
const general = { payload: HELLO, signatures: [part] }
const open = macOf(`.${HELLO}`)
const OPEN_ALG = {
  duty: { jose: 'RFC 7515 lets alg stand there; its result tells the headers apart' },
} as const
const JSON_FORMS: readonly Case[] = [
  of(18, 'a JWS in JSON where a compact one is meant', JSON.stringify(flat)),
  of(18, 'a polyglot of JSON and compact', `{"x":"${head}.${body}.${signature}"}`),
  of(18, 'an object where a compact one is meant', flat),
  jws(
    'alg in the unprotected header alone',
    { payload: HELLO, header: { alg: 'HS256' }, signature: open },
    flat,
    OPEN_ALG,
  ),
  jws(
    'alg in the unprotected header beside an empty protected one',
    { payload: HELLO, protected: m.b64('{}'), header: { alg: 'HS256' }, signature: macOf(`${m.b64('{}')}.${HELLO}`) },
    flat,
    OPEN_ALG,
  ),
  jws('alg in both headers', { ...flat, header: { alg: 'HS256' } }, flat),
  jws(
    'kid in both headers',
    {
      payload: HELLO,
      header: { kid: 'a' },
      ...(() => {
        const first = m.b64('{"alg":"HS256","kid":"b"}')
        return { protected: first, signature: macOf(`${first}.${HELLO}`) }
      })(),
    },
    flat,
  ),
  jws('crit in the unprotected header', { ...flat, header: { crit: ['x'], x: 1 } }, flat),
  jws('flattened and general at once', { ...flat, signatures: [{ ...part, signature: 'AAAA' }] }, general),
  jws('no signatures', { payload: HELLO, signatures: [] }, general),
  jws('signatures that are no list', { payload: HELLO, signatures: { 0: part, length: 1 } }, general),
  jws('a member of the prototype', Object.create(flat), flat),
]

export const TEXTS: readonly Case[] = [
  ...DUPLICATES,
  ...SPELLINGS,
  ...SHAPES,
  ...PAYLOADS,
  ...PROTOTYPES,
  ...SIZES,
  ...JSON_FORMS,
]
