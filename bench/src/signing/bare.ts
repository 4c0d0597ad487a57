import { constants, createHmac, sign, verify } from 'node:crypto'
import { BARE_NAME, type Contender } from '../contender.ts'
import type { Tool } from './contenders.ts'
import { toPssKey } from './der.ts'
import type { Keys, Scheme } from './workload.ts'

/**
 * The primitive alone, with its key prepared, over the same octets: no JSON, no base64url, no claims. Where node:crypto
 * has two ways they stand side by side. ES256: its native DER, which is the bar, and the `ieee-p1363` of JOSE, which is
 * slower. PS256: the padding in the options, as the documentation of Node has it, which is the bar, and a key that is
 * for this padding alone.
 */
export const BARE: readonly Contender<Scheme, Keys, Tool>[] = [
  { name: BARE_NAME, prepare: bare },
  { name: `${BARE_NAME} (ieee-p1363)`, lacks: ['HS256', 'RS256', 'PS256', 'Ed25519'], prepare: bareP1363 },
  { name: `${BARE_NAME} (rsa-pss key)`, lacks: ['HS256', 'RS256', 'ES256', 'Ed25519'], prepare: barePssKey },
]

function bare({ name, hash }: Scheme, keys: Keys): Tool {
  if (name === 'HS256') {
    const mac = (input: Buffer): Buffer => createHmac('sha256', keys.sign).update(input).digest()
    return { sign: ({ input }) => mac(input), verify: ({ input }) => mac(input) }
  }
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signWith = name === 'PS256' ? { key: keys.sign, ...pss } : keys.sign
  const verifyWith = name === 'PS256' ? { key: keys.verify, ...pss } : keys.verify
  return {
    sign: ({ input }) => sign(hash, input, signWith),
    verify: ({ input, der }) => verify(hash, input, verifyWith, der),
  }
}

function bareP1363({ hash }: Scheme, keys: Keys): Tool {
  const signWith = { key: keys.sign, dsaEncoding: 'ieee-p1363' } as const
  const verifyWith = { key: keys.verify, dsaEncoding: 'ieee-p1363' } as const
  return {
    sign: ({ input }) => sign(hash, input, signWith),
    verify: ({ input, signature }) => verify(hash, input, verifyWith, signature),
  }
}

function barePssKey({ hash }: Scheme, keys: Keys): Tool {
  const [signWith, verifyWith] = [toPssKey(keys.sign), toPssKey(keys.verify)]
  return {
    sign: ({ input }) => sign(hash, input, signWith),
    verify: ({ input, signature }) => verify(hash, input, verifyWith, signature),
  }
}
