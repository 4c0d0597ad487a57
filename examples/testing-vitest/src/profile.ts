// The profile of whoever asks. It takes no options: the issuer stands in the environment, its keys come by the fetch of
// the platform, and the clock is that of the machine.
import { createVerifier, discover, type Verifier } from 'countersign'

export interface Profile {
  readonly name: string
  readonly admin: boolean
}

let verifier: Promise<Verifier> | undefined

async function connect(): Promise<Verifier> {
  const { issuer, keys } = await discover(process.env['ISSUER'] ?? '')
  return createVerifier({ keys, issuer, audience: 'profiles' })
}

/** @throws {JoseError} for a token that is refused, with `unavailable: true` where the issuer cannot be reached */
export async function profileOf(token: string): Promise<Profile> {
  // Where the issuer cannot be reached, the next call tries again.
  verifier ??= connect().catch((error: unknown) => {
    verifier = undefined
    throw error
  })
  const { claims } = await (await verifier).verify(token)
  return { name: claims.sub ?? 'nobody', admin: claims['role'] === 'admin' }
}
