// Writes prescriptions: signed by the clinic, and then encrypted for the one pharmacy that shall read them.
import {
  createEncrypter,
  createSigner,
  type Encrypter,
  JoseError,
  type Key,
  publicJwks,
  remoteKeySet,
} from 'countersign'
import { CONTENT, JWKS_PATH, MANAGEMENT, TOKEN_SECONDS, TYP } from './format.ts'
import { publish, type Routes } from './http.ts'

/** What a clinic needs from outside; a test brings its own clock. */
export interface ClinicOptions {
  /** Where it is reached: the issuer of its prescriptions. */
  readonly origin: string
  /** Signs. */
  readonly key: Key
  /** The pharmacies that it writes for, by name, and where each of them is reached. */
  readonly pharmacies: ReadonlyMap<string, string>
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** What the clinic knows of its patients. */
const PRESCRIPTIONS: ReadonlyMap<string, object> = new Map([
  ['alice', { medicine: 'metformin 500 mg', diagnosis: 'E11.9' }],
  ['bob', { medicine: 'sertraline 50 mg', diagnosis: 'F41.1' }],
])

export function createClinic({ origin, key, pharmacies, now }: ClinicOptions): Routes {
  const signer = createSigner({ key, issuer: origin, expiresIn: TOKEN_SECONDS, typ: TYP, jti: true, now })
  const encrypters = new Map<string, Encrypter>()
  for (const [name, pharmacy] of pharmacies) {
    // The set is fetched when it is needed, and again when it has aged: a pharmacy changes its key without asking.
    const keys = remoteKeySet(`${pharmacy}${JWKS_PATH}`, { now })
    encrypters.set(name, createEncrypter({ key: keys, alg: MANAGEMENT, enc: CONTENT }))
  }
  return {
    [`GET ${JWKS_PATH}`]: async () => publish(await publicJwks([key])),

    // Whoever asks is served: how a patient logs in is for another example to show.
    'POST /prescriptions': async ({ query }) => {
      const [patient, pharmacy] = [query.get('patient') ?? '', query.get('pharmacy') ?? '']
      const [prescription, encrypter] = [PRESCRIPTIONS.get(patient), encrypters.get(pharmacy)]
      if (!prescription || !encrypter)
        return { status: 404, body: { code: 'unknown', message: 'no such patient, or no such pharmacy' } }
      // The audience is signed: a pharmacy cannot pass on what it has opened as if it had been for another one.
      const claims = { sub: patient, ...prescription }
      const token = await encrypter.encrypt(claims, { sign: signer, audience: pharmacy }).catch(notNow)
      return { status: 201, headers: { 'Content-Type': 'application/jwt' }, body: token }
    },
  }
}

/** Whatever is wrong with the keys of a pharmacy, the patient can do nothing about it. */
function notNow(error: unknown): never {
  if (!(error instanceof JoseError)) throw error
  const { code, message, hint } = error
  throw new JoseError(code, message, { hint, unavailable: true, cause: error })
}
