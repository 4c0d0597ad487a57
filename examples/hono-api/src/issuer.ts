// The other side, for a try: who gives out tokens that are bound to a key. Whoever asks is alice; a real issuer has a login
// in front of this (RFC 9449 §5).
import { generateKey, publicKey } from 'countersign'
import { accessToken, dpopProof } from 'countersign/profile'
import { expiringStore } from 'countersign/revocation'
import { Hono } from 'hono'
import type { Trust } from './app.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'https://orders.example'
const TOKEN_SECONDS = 15 * 60

/** @param origin - where clients reach it: that is what their proofs name */
export async function createIssuer(origin: string): Promise<{ trust: Trust; routes: Hono }> {
  const key = await generateKey('ES256')
  const signer = accessToken.createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: TOKEN_SECONDS })
  const proofs = dpopProof.createVerifier({ replay: expiringStore() })

  const routes = new Hono().post('/token', async (c) => {
    const result = await proofs.safeVerify(c.req.header('dpop') ?? '', { method: 'POST', url: `${origin}/token` })
    if (!result.ok) return c.json({ error: 'invalid_dpop_proof', error_description: result.error.message }, 400)
    // The key of the proof is whoever's it is; from now on the token is worth something with that key alone.
    const cnf = { jkt: result.thumbprint }
    const scope = 'orders:read orders:write'
    const access_token = await signer.sign({ sub: 'alice', client_id: 'demo', scope, cnf })
    return c.json({ access_token, token_type: 'DPoP', expires_in: TOKEN_SECONDS })
  })
  return { trust: { keys: await publicKey(key), issuer: ISSUER, audience: AUDIENCE }, routes }
}
