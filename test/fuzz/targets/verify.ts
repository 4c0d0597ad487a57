import { keySet } from '../../../packages/countersign/src/index.ts'
import { createVerifier } from '../../../packages/countersign/src/sync.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { mutateToken } from '../mutate/token.ts'
import { hold, refused } from '../oracle.ts'
import { TOKENS } from '../seeds.ts'
import type { Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS, SERIALIZATION_WORDS } from '../words.ts'
import { AUDIENCE, CLAIMS, ISSUER, macOf, NOW, SECRETS, signatureOf, verifies } from './issued.ts'

const NAMES = [...HEADER_WORDS, ...CLAIM_WORDS]
const inToken = mutateToken([mutateJson(NAMES), havoc(NAMES, 2048)])

const issued = (): readonly string[] => [
  macOf(JSON.stringify({ alg: 'HS256', typ: 'JWT' }), JSON.stringify(CLAIMS)),
  macOf(JSON.stringify({ alg: 'HS256', kid: 'HS256' }), JSON.stringify({ ...CLAIMS, aud: ['other', AUDIENCE] })),
  signatureOf('ES256', CLAIMS),
  signatureOf('Ed25519', CLAIMS),
]

/** Tokens held against an HMAC secret, a set of two public keys, and a verifier that remembers. */
export const target: Target = {
  name: 'verify',
  words: [...SERIALIZATION_WORDS, ...HEADER_WORDS],
  mutators: [inToken, inToken],
  seeds: () => [...issued(), ...TOKENS.filter((text) => text.startsWith('e')).slice(0, 12)],
  prepare: () => {
    const signed = new Map(issued().map((token) => [token.slice(0, token.lastIndexOf('.')), token]))
    const policy = { issuer: ISSUER, audience: AUDIENCE, now: () => NOW }
    const secret = verifies('HS256')
    const set = keySet({ keys: [verifies('ES256'), verifies('Ed25519')] })
    const verifiers = [
      createVerifier({ ...policy, keys: secret }),
      createVerifier({ ...policy, keys: set }),
      createVerifier({ ...policy, keys: secret, cache: { max: 100 } }),
    ]
    return (input) => {
      const token = Buffer.from(input).toString()
      const outcomes = verifiers.map((verifier): Outcome => {
        try {
          const { claims, header } = verifier.verify(token)
          hold(header.alg === claimedBy(token), 'the header is another')
          hold(claims.sub === CLAIMS.sub, 'the claims are others')
        } catch (error) {
          return refused(error, SECRETS)
        }
        // Nothing is accepted that nobody signed; an ECDSA signature alone may have a second form.
        const known = signed.get(token.slice(0, token.lastIndexOf('.')))
        hold(known !== undefined, 'a token is accepted that nobody signed')
        hold(known === token || claimedBy(token) === 'ES256', 'a signature has a second form')
        return 'accepted'
      })
      hold(outcomes[0] === outcomes[2], 'a verifier that remembers decides otherwise')
      return outcomes.find((outcome) => outcome === 'accepted') ?? outcomes[0] ?? ''
    }
  },
}

function claimedBy(token: string): unknown {
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { alg: unknown }
  return header.alg
}
