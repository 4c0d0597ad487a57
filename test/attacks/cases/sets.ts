// 53 to 57 and 59: what is in a set of keys, and what is none.
import { generateKeyPairSync } from 'node:crypto'
import { importKey, publicJwks } from 'countersign'
import type { Case, Harm, VerifyAsk } from '../case.ts'
import * as m from '../material.ts'
import { BODY, good, KEY, named, of, served } from './sets-made.ts'

const { CLAIMS, ec, rsa, strangerEc, verify } = m

// 53 to 56
const at53 = (
  attack: number,
  what: string,
  ask: VerifyAsk,
  control: Case['control'] = m.GOOD.SET,
  more: Partial<Case> = {},
): Case => ({ attack, what, ask, control, ...more })
const oct = { kty: 'oct', k: m.b64(m.SECRET), kid: 'k' }
const hs = m.mac({ ...m.HS, kid: 'k' }, CLAIMS, m.SECRET)
const byEc = (key: object): VerifyAsk => verify(good, m.setOf({ ...KEY, ...key }), ['ES256'])
const { x, crv } = ec.open
const MIXED: readonly Case[] = [
  at53(53, 'a secret beside a public key, under one kid', verify(hs, m.setOf(KEY, oct), ['ES256'])),
  at53(
    53,
    'two keys of one kind under one kid',
    verify(good, m.setOf({ ...strangerEc.open, kid: 'k' }, KEY), ['ES256']),
  ),
  at53(54, 'a key whose use is enc', byEc({ use: 'enc' })),
  at53(54, 'a key whose use is another word', byEc({ use: 'signature' })),
  at53(54, 'a key whose use is a list', byEc({ use: ['sig'] })),
  at53(54, 'a key whose key_ops leave verify out', byEc({ key_ops: ['encrypt'] })),
  at53(54, 'a key whose key_ops are empty', byEc({ key_ops: [] })),
  at53(54, 'a key whose key_ops are a text', byEc({ key_ops: 'verify' })),
  at53(54, 'a key whose alg is of encryption', byEc({ alg: 'ECDH-ES' })),
  at53(54, 'a key whose alg is another', byEc({ alg: 'ES384' })),
  at53(54, 'a key whose alg is a number', byEc({ alg: 7 })),
  of(
    55,
    'a set with private keys',
    served((server) => server.set([{ ...ec.jwk, kid: 'k' }])),
  ),
  {
    attack: 55,
    what: 'private members of a key that is published',
    ask: { do: 'own', lacks: 'publishes no sets', acts: { countersign: async () => published(true) } },
    control: { do: 'own', lacks: 'publishes no sets', acts: { countersign: async () => published(false) } },
  },
  of(
    56,
    'a set with the secret of the attacker',
    served(
      (server) => server.set([{ ...oct, k: m.b64(Buffer.alloc(32, 5)) }]),
      m.mac({ ...m.HS, kid: 'k' }, CLAIMS, Buffer.alloc(32, 5)),
    ),
  ),
  of(
    56,
    'a set with a secret beside the public key',
    served((server) => server.set([KEY, { ...oct, kid: 'h' }]), m.mac({ ...m.HS, kid: 'h' }, CLAIMS, m.SECRET)),
  ),
]

/** Publishes a private key; the harm is a private member, and the control that anything is published. */
async function published(attacked: boolean): Promise<Harm> {
  const text = JSON.stringify(await publicJwks([importKey(rsa.jwk, { kid: 'r' }), importKey(ec.jwk, { kid: 'e' })]))
  if (!attacked) return text.includes(String(rsa.open['n'])) ? true : { held: 'nothing was published' }
  return /"(d|p|q|dp|dq|qi)"/.test(text) ? true : { held: 'public members alone' }
}

// 57
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
const smallToken = m.signedBy(small, { alg: 'RS256', kid: 'w' })
const smallJwk = { ...small.publicKey.export({ format: 'jwk' }), kid: 'w' }
const unpadded = m.input({ alg: 'RS256', kid: 'w' }, CLAIMS)
const forgedText = `${unpadded}.${m.b64(m.padded(unpadded, 256))}`
const WEAK: readonly Case[] = [
  of(
    57,
    'an RSA key of 1024 bits in a set',
    served((server) => server.set([KEY, smallJwk]), smallToken),
  ),
  of(
    57,
    'an RSA key with e = 1 in a set',
    served((server) => server.set([KEY, { ...rsa.open, e: 'AQ', kid: 'w' }]), forgedText),
  ),
  of(
    57,
    'a point off the curve in a set',
    served((server) => server.set([KEY, { kty: 'EC', crv, x, y: m.b64(Buffer.alloc(32, 1)), kid: 'w' }]), named('w')),
  ),
]

// 59
const body = (what: string, text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Case =>
  of(
    59,
    what,
    served((server) => server.text(text, status, headers)),
  )
const MALFORMED: readonly Case[] = [
  body('null for a set', 'null'),
  body('a list for a set', `[${JSON.stringify(KEY)}]`),
  body('a text for a set', '"keys"'),
  body('an object without keys', '{}'),
  body('keys that are an object', `{"keys":{"0":${JSON.stringify(KEY)}}}`),
  body('keys that are null', '{"keys":null}'),
  body('a key that is null', '{"keys":[null]}'),
  body('a key that is a list', '{"keys":[[]]}'),
  body('a key without kty', '{"keys":[{"kid":"k"}]}'),
  body('keys twice', `{"keys":[],${BODY.slice(1)}`),
  body('half a body', BODY.slice(0, -30)),
  body('no body', ''),
  body('a page of HTML', '<!doctype html><title>Sign in</title>', 200, { 'content-type': 'text/html' }),
  body('a set with the status 404', BODY, 404),
  body('a set with the status 500', BODY, 500),
  body('the status 204', '', 204),
  of(
    59,
    'a connection that is cut',
    served((server) => server.raw(undefined)),
  ),
  of(
    59,
    'an answer that is no HTTP',
    served((server) => server.raw('keys\r\n\r\n')),
  ),
  of(
    59,
    'a body shorter than it says',
    served((server) => server.raw(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n${BODY}`)),
  ),
  of(
    59,
    'a closed port',
    served(async () => 'http://127.0.0.1:9/jwks.json'),
  ),
]

export const SETS: readonly Case[] = [...MIXED, ...WEAK, ...MALFORMED]
