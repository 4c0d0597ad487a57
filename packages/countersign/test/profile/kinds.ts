import { importKey } from 'countersign'
import {
  accessToken,
  clientAssertion,
  dpopProof,
  idToken,
  introspection,
  logoutToken,
  securityEvent,
} from 'countersign/profile'
import { expiringStore } from 'countersign/revocation'
import { NOW, now } from '../support/forge.ts'
import { jwkFor, verifyingKey } from '../support/keys.ts'

/** One key, one issuer, one audience and one subject for tokens of every kind. */
export const JWK: ReturnType<typeof jwkFor> = jwkFor('ES256')
export const KEY: ReturnType<typeof importKey> = importKey(JWK)
export const KEYS: ReturnType<typeof importKey> = verifyingKey(JWK)
export const ISSUER = 'https://issuer.example'
export const CLIENT = 's6BhdRkqt3'
export const REQUEST = { method: 'GET', url: 'https://api.example/orders' } as const
export const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout'

export const signing = { key: KEY, issuer: ISSUER, audience: CLIENT, now } as const
export const checking = { keys: KEYS, issuer: ISSUER, audience: CLIENT, now } as const
export const newStore = (): ReturnType<typeof expiringStore> => expiringStore({ now })

/** A profile with a signer and a verifier, and a token of its kind. */
export interface Sample {
  readonly name: string
  readonly typ: string
  /** The claims of a token, as they stand in it. */
  readonly claims: Readonly<Record<string, unknown>>
  make(): Promise<string>
  check(token: string): Promise<unknown>
}

const COMMON = { iss: ISSUER, aud: CLIENT, iat: NOW, jti: 'one' } as const
const EXP = { exp: NOW + 60 } as const

/** Every profile of the door; a test holds that none is left out. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'accessToken',
    typ: 'at+jwt',
    claims: { ...COMMON, ...EXP, sub: 'alice', client_id: CLIENT, scope: 'read' },
    make: () => accessToken.createSigner({ ...signing, expiresIn: 60 }).sign({ sub: 'alice', client_id: CLIENT }),
    check: (token) => accessToken.createVerifier(checking).verify(token),
  },
  {
    name: 'idToken',
    typ: 'JWT',
    claims: { ...COMMON, ...EXP, sub: 'alice', nonce: 'n', auth_time: NOW, azp: CLIENT },
    make: () => idToken.createSigner({ ...signing, expiresIn: 60 }).sign({ sub: 'alice' }, { nonce: 'n' }),
    check: (token) => idToken.createVerifier(checking).verify(token, { nonce: 'n' }),
  },
  {
    name: 'logoutToken',
    typ: 'logout+jwt',
    claims: { ...COMMON, ...EXP, sub: 'alice', sid: 's', events: { [LOGOUT]: {} } },
    make: () => logoutToken.createSigner(signing).sign({ sub: 'alice' }),
    check: (token) => logoutToken.createVerifier(checking).verify(token),
  },
  {
    name: 'clientAssertion',
    typ: 'client-authentication+jwt',
    claims: { ...COMMON, ...EXP, sub: ISSUER },
    make: () => clientAssertion.createSigner({ key: KEY, clientId: ISSUER, audience: CLIENT, now }).sign(),
    check: (token) => {
      const options = { clients: { [ISSUER]: KEYS }, audience: CLIENT, replay: newStore(), now }
      return clientAssertion.createVerifier(options).verify(token)
    },
  },
  {
    name: 'dpopProof',
    typ: 'dpop+jwt',
    claims: { iat: NOW, jti: 'one', htm: REQUEST.method, htu: REQUEST.url },
    make: () => dpopProof.createSigner({ key: KEY, now }).sign(REQUEST),
    check: (token) => dpopProof.createVerifier({ replay: newStore(), now }).verify(token, REQUEST),
  },
  {
    name: 'introspection',
    typ: 'token-introspection+jwt',
    claims: { ...COMMON, token_introspection: { active: true, scope: 'read' } },
    make: () => introspection.createSigner(signing).sign({ token_introspection: { active: true } }),
    check: (token) => introspection.createVerifier(checking).verify(token),
  },
  {
    name: 'securityEvent',
    typ: 'secevent+jwt',
    claims: { ...COMMON, events: { 'urn:example:event': {} }, toe: NOW, txn: 't' },
    make: () => securityEvent.createSigner(signing).sign({ events: { 'urn:example:event': {} } }),
    check: (token) => securityEvent.createVerifier(checking).verify(token),
  },
]
