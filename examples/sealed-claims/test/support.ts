import type { TestContext } from 'node:test'
import { createSigner, generateKey, type Jwk, type Key, type SignerOptions } from 'countersign'
import { createClinic } from '../src/clinic.ts'
import { JWKS_PATH, SIGNATURE, TYP } from '../src/format.ts'
import { listen, type Server } from '../src/http.ts'
import { createPharmacy } from '../src/pharmacy.ts'

/** What a server answered. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** A clinic and a pharmacy that listen, with a clock that the test moves. */
export interface World {
  readonly clinic: Server
  readonly pharmacy: Server
  /** The private key of the clinic, for what only the clinic could make. */
  readonly clinicKey: Key
  readonly clock: { seconds: number }
  prescribe(patient?: string): Promise<Told>
  dispense(token: string): Promise<Told>
}

export const PHARMACY = 'corner-pharmacy'

export async function open(t: Pick<TestContext, 'after'>): Promise<World> {
  const clock = { seconds: 1_800_000_000 }
  const now = (): number => clock.seconds
  const [clinic, pharmacy] = [await serverOf(t), await serverOf(t)]
  const clinicKey = await generateKey(SIGNATURE)
  const pharmacies = new Map([[PHARMACY, pharmacy.origin]])
  clinic.serve(createClinic({ origin: clinic.origin, key: clinicKey, pharmacies, now }))
  pharmacy.serve(createPharmacy({ name: PHARMACY, clinic: clinic.origin, now }))
  return {
    ...{ clinic, pharmacy, clinicKey, clock },
    prescribe: (patient = 'alice') => post(`${clinic.origin}/prescriptions?patient=${patient}&pharmacy=${PHARMACY}`),
    dispense: (token) => post(`${pharmacy.origin}/dispense`, token),
  }
}

/** A server that the end of the test ends. */
export async function serverOf(t: Pick<TestContext, 'after'>): Promise<Server> {
  const server = await listen(0)
  t.after(() => server.close())
  return server
}

export async function post(url: string, body?: string): Promise<Told> {
  return told(await fetch(url, { method: 'POST', ...(body !== undefined && { body }) }))
}

/** The keys that a server publishes. */
export async function published({ origin }: Pick<Server, 'origin'>): Promise<{ keys: Jwk[]; headers: Headers }> {
  const { json, headers } = await told(await fetch(`${origin}${JWKS_PATH}`))
  return { keys: json['keys'] as Jwk[], headers }
}

async function told(response: Response): Promise<Told> {
  const { status, headers } = response
  const text = await response.text()
  return { status, headers, text, json: text.startsWith('{') ? JSON.parse(text) : {} }
}

/** What the clinic signs before it encrypts, or somebody in its name. */
export function signed(world: World, options: Partial<SignerOptions> = {}): Promise<string> {
  const signer = createSigner({
    ...{ key: world.clinicKey, issuer: world.clinic.origin, audience: PHARMACY, expiresIn: '10m', typ: TYP },
    ...{ now: () => world.clock.seconds },
    ...options,
  })
  return signer.sign({ sub: 'alice', medicine: 'morphine 30 mg' })
}
