// 43 to 48: the keys, the headers and the parts of encrypted tokens.
import * as f from '../../../packages/countersign/test/support/forge-jwe.ts'
import type { Case, DecryptAsk } from '../case.ts'
import * as m from '../material.ts'
import { ask, changed, dir, forged, gcmkw, good, oaep, pbes, wrap, zeros } from './jwe-made.ts'

const { b64 } = m
const { forged: sealed, control: oaepControl } = await good('RSA-OAEP')

// 43 and 44
const half = (cek: Uint8Array): Uint8Array => cek.slice(0, 16)
const sized = async (what: string, how: f.Forgery): Promise<Case> => forged(43, what, how)
const thirtyTwo = f.random(32)
const SIZES: readonly Case[] = [
  await sized('a wrapped CEK of 32 octets under A128GCM', { ...wrap, cek: thirtyTwo, sealedWith: half(thirtyTwo) }),
  await sized('a wrapped CEK of 24 octets under A128GCM', { ...wrap, cek: f.random(24), sealedWith: f.random(16) }),
  await sized('a wrapped CEK of 16 octets under A256GCM', {
    ...wrap,
    enc: 'A256GCM',
    cek: f.random(16),
    sealedWith: f.random(32),
  }),
  await sized('a CEK of 32 octets by RSA-OAEP under A128GCM', { ...oaep, cek: thirtyTwo, sealedWith: half(thirtyTwo) }),
  await sized('an empty CEK by RSA-OAEP', { ...oaep, cek: zeros(0), sealedWith: zeros(16) }),
  {
    ...(await sized('a secret of 32 octets for dir with A128GCM', {
      ...dir,
      key: f.keyFor('dir', 'A256GCM'),
      sealedWith: half(thirtyTwo),
    })),
  },
]
const WRAPPED: readonly Case[] = await Promise.all([
  changed(44, 'dir with an encrypted key', 'dir', 'A128GCM', () => ({ encryptedKey: f.random(24) })),
  changed(44, 'ECDH-ES with an encrypted key', 'ECDH-ES', 'A128GCM', () => ({ encryptedKey: f.random(24) })),
  ...[0, 1, 8, 15, 16, 23, 25].map((length) =>
    changed(44, `an encrypted key of ${length} octets`, 'A128KW', 'A128GCM', () => ({ encryptedKey: zeros(length) })),
  ),
  changed(44, 'no encrypted key', 'RSA-OAEP', 'A128GCM', () => ({ encryptedKey: zeros(0) })),
  changed(44, 'no encrypted key', 'A128GCMKW', 'A128GCM', () => ({ encryptedKey: zeros(0) })),
  changed(44, 'no encrypted key', 'PBES2-HS256+A128KW', 'A128GCM', () => ({ encryptedKey: zeros(0) })),
])

// 45
const flat = (await good('dir')).forged
const flatControl = ask(f.flattened(flat), 'dir')
const placed = (what: string, token: object): Case => ({
  attack: 45,
  what,
  ask: ask(token, 'dir'),
  control: flatControl,
})
const named = (text: string, what: string): Promise<Case> => forged(45, what, { ...dir, text })
const HEADERS: readonly Case[] = [
  placed('alg in both headers', { ...f.flattened(flat), unprotected: { alg: 'dir' } }),
  placed('alg in two unprotected headers', { ...f.flattened(flat), header: { kid: 'a' }, unprotected: { kid: 'b' } }),
  placed('enc in both headers', { ...f.flattened(flat), unprotected: { enc: 'A128GCM' } }),
  placed('an aad that was not there', { ...f.flattened(flat), aad: b64('more') }),
  placed('an empty protected header that is null', { ...f.flattened(flat), protected: null }),
  placed('recipients that are no list', { ...f.flattened(flat), recipients: {} }),
  placed('crit in the unprotected header', { ...f.flattened(flat), unprotected: { crit: ['x'], x: 1 } }),
  await named('{"alg":"dir","enc":"constructor"}', 'enc constructor'),
  await named('{"alg":"dir","enc":"__proto__"}', 'enc __proto__'),
  await named('{"alg":"dir","enc":["A128GCM"]}', 'enc that is a list'),
  await named('{"alg":"constructor","enc":"A128GCM"}', 'alg constructor'),
  await named('{"alg":"none","enc":"A128GCM"}', 'alg none'),
  await named('{"alg":"dir","alg":"dir","enc":"A128GCM"}', 'alg twice'),
]

// 46
const manyPasswords = await (async () => {
  const one = await f.forge({ ...pbes, algIn: 'header' })
  const own = { ...one.own, p2c: 10_000 }
  return f.general(
    one,
    Array.from({ length: 100 }, () => ({ own, encryptedKey: f.random(24) })),
  )
})()
const oneRecipient = await f.forge({ ...pbes, algIn: 'header' })
const HELLO = b64('hello')
const manySignatures = (alg: string, count: number) => {
  const guarded = b64(JSON.stringify({ alg }))
  return {
    payload: HELLO,
    signatures: Array.from({ length: count }, () => ({ protected: guarded, signature: b64(zeros(256)) })),
  }
}
const jws = { do: 'jws', key: { jwk: m.rsa.open }, algorithms: ['RS256'] } as const
const jwsText = `${b64('{"alg":"RS256"}')}.${HELLO}`
const jwsGood = {
  payload: HELLO,
  signatures: [{ protected: b64('{"alg":"RS256"}'), signature: b64(m.rawSignature(m.rsa.privateKey, jwsText)) }],
}
const COSTS: readonly Case[] = [
  {
    attack: 46,
    what: '100 recipients with a password of 10 000 iterations each',
    ask: ask(manyPasswords, pbes.alg, 'A128GCM', pbes.key),
    control: ask(f.general(oneRecipient), pbes.alg, 'A128GCM', pbes.key),
  },
  {
    attack: 46,
    what: '2000 signatures that are none',
    ask: { ...jws, token: manySignatures('RS256', 2000) },
    control: { ...jws, token: jwsGood },
  },
]

// 47
const wrapKey = f.keyFor('A128KW')
const gcmkwWithWrapKey = await f.forge({ ...gcmkw, key: wrapKey })
const wrapControl = (await good('A128KW')).control
const confused = (what: string, one: DecryptAsk, control: DecryptAsk, more: Partial<Case> = {}): Case => ({
  attack: 47,
  what,
  ask: one,
  control,
  ...more,
})
const CONFUSIONS: readonly Case[] = [
  {
    ...confused(
      'A128GCMKW with a JWK whose alg is A128KW',
      ask(f.compact(gcmkwWithWrapKey), 'A128GCMKW', 'A128GCM', { ...wrapKey, alg: 'A128KW' }),
      wrapControl,
    ),
    lacks: { jose: 'was given a secret as octets, which have no alg' },
  },
  confused(
    'RSA-OAEP with a JWK whose use is sig',
    ask(f.compact(sealed), 'RSA-OAEP', 'A128GCM', { ...oaep.key, use: 'sig' }),
    oaepControl,
    // The key, not the token, is what is wrong.
    { misuse: true },
  ),
  confused(
    'RSA-OAEP with a JWK whose alg is RSA-OAEP-256',
    ask(f.compact(sealed), 'RSA-OAEP', 'A128GCM', { ...oaep.key, alg: 'RSA-OAEP-256' }),
    oaepControl,
    { misuse: true },
  ),
  confused(
    'A256KW with a key of A128KW',
    ask(
      f.compact({ ...(await good('A128KW')).forged, encoded: b64('{"alg":"A256KW","enc":"A128GCM"}') }),
      'A256KW',
      'A128GCM',
      wrapKey,
    ),
    wrapControl,
  ),
  confused(
    'ECDH-ES with an RSA key',
    ask((await good('ECDH-ES')).control.token, 'ECDH-ES', 'A128GCM', oaep.key),
    oaepControl,
  ),
  confused(
    'a password where none was allowed',
    { ...ask((await good(pbes.alg)).control.token, 'A128KW', 'A128GCM', pbes.key) },
    wrapControl,
  ),
]

// 48
const critical = (what: string, header: object): Promise<Case> =>
  forged(48, `crit of ${what}`, { ...dir, header: { ...header } })
const CRITICAL: readonly Case[] = await Promise.all([
  critical('an unknown extension', { crit: ['urn:x'], 'urn:x': 1 }),
  critical('enc', { crit: ['enc'] }),
  critical('b64', { crit: ['b64'], b64: true }),
  critical('no name at all', { crit: [] }),
  critical('null', { crit: null }),
  critical('a text', { crit: 'urn:x', 'urn:x': 1 }),
  critical('a name that is not there', { crit: ['urn:x'] }),
])

export const JWE_PARTS: readonly Case[] = [...SIZES, ...WRAPPED, ...HEADERS, ...COSTS, ...CONFUSIONS, ...CRITICAL]
