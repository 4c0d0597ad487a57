// What the cases of encrypted tokens are made with.

import type { Jwk } from 'countersign'
import * as f from '../../../packages/countersign/test/support/forge-jwe.ts'
import type { Case, DecryptAsk } from '../case.ts'

type Enc = f.Enc

export const ask = (
  token: unknown,
  alg: string,
  enc: Enc = 'A128GCM',
  key: Jwk = f.keyFor(alg, enc),
  more: Partial<DecryptAsk> = {},
): DecryptAsk => ({
  do: 'decrypt',
  token,
  key,
  algorithms: [alg],
  encryptions: [enc],
  ...more,
})

/** One good JWE for each pair of algorithms. */
const made = new Map<string, { readonly forged: f.Forged; readonly control: DecryptAsk }>()
export async function good(alg: string, enc: Enc = 'A128GCM') {
  const name = `${alg} ${enc}`
  const known = made.get(name)
  if (known) return known
  const forged = await f.forge({ alg, enc, key: f.keyFor(alg, enc) })
  const one = { forged, control: ask(f.compact(forged), alg, enc) }
  made.set(name, one)
  return one
}

/** The changed parts of a good JWE. */
export async function changed(
  attack: number,
  what: string,
  alg: string,
  enc: Enc,
  change: (forged: f.Forged) => Partial<f.Forged>,
): Promise<Case> {
  const { forged, control } = await good(alg, enc)
  return {
    attack,
    what: `${what} (${alg}, ${enc})`,
    ask: ask(f.compact({ ...forged, ...change(forged) }), alg, enc),
    control,
  }
}
/** A JWE made otherwise from the start, so that its tag is right. */
export async function forged(attack: number, what: string, how: f.Forgery, more: Partial<Case> = {}): Promise<Case> {
  const { control } = await good(how.alg, how.enc)
  const write =
    how.algIn === undefined && how.unprotected === undefined && how.own === undefined ? f.compact : f.flattened
  return { attack, what, ask: ask(write(await f.forge(how)), how.alg, how.enc, how.key), control, ...more }
}
export const zeros = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
export const dirKey = f.keyFor('dir', 'A128GCM')
export const dir = { alg: 'dir', enc: 'A128GCM', key: dirKey } as const
export const wrap = { alg: 'A128KW', enc: 'A128GCM', key: f.keyFor('A128KW') } as const
export const agree = { alg: 'ECDH-ES', enc: 'A128GCM', key: f.keyFor('ECDH-ES') } as const
export const oaep = { alg: 'RSA-OAEP', enc: 'A128GCM', key: f.keyFor('RSA-OAEP') } as const
export const pbes = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', key: f.keyFor('PBES2-HS256+A128KW') } as const
export const gcmkw = { alg: 'A128GCMKW', enc: 'A128GCM', key: f.keyFor('A128GCMKW') } as const
