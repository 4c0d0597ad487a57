// Dispenses what a prescription says, once it is clear that the clinic wrote it, and for this pharmacy.
import {
  createDecrypter,
  createVerifier,
  type Decrypter,
  exportJwk,
  generateKey,
  importKey,
  type Key,
  keySet,
  publicJwks,
  remoteKeySet,
} from 'countersign'
import { CONTENT, CURVE, JWKS_PATH, KEY_SECONDS, MANAGEMENT, SIGNATURE, TYP } from './format.ts'
import { publish, type Routes } from './http.ts'
import { rotating } from './rotation.ts'

/** What a pharmacy needs from outside; a test brings its own clock. */
export interface PharmacyOptions {
  /** Its name: the audience of the prescriptions that it dispenses. */
  readonly name: string
  /** Where the clinic is reached whose prescriptions it trusts. */
  readonly clinic: string
  /** The time in epoch seconds. */
  readonly now: () => number
}

/** What prescriptions are opened with until the next key. */
interface Opener {
  readonly key: Key
  readonly decrypter: Decrypter
}

export function createPharmacy({ name, clinic, now }: PharmacyOptions): Routes {
  // Who wrote it, for whom, as what, and until when: all of that is asked of what was signed.
  const verifier = createVerifier({
    keys: remoteKeySet(`${clinic}${JWKS_PATH}`, { now }),
    algorithms: [SIGNATURE],
    issuer: clinic,
    audience: name,
    typ: TYP,
    requiredClaims: ['sub', 'medicine'],
    now,
  })

  // The key before stays, so that what was encrypted to it still opens. It can go when the last of that has expired:
  // the age of a published set and the life of a token are minutes, and a key serves for a day.
  const opener = rotating<Opener>(KEY_SECONDS, now, async (before) => {
    const key = await newKey()
    const keys = keySet({ keys: before ? [key, before.key] : [key] })
    const [algorithms, encryptions] = [[MANAGEMENT], [CONTENT]]
    // biome-ignore lint/suspicious/noThenProperty: the option's name; a verifier is no function, so nothing waits for it.
    return { key, decrypter: createDecrypter({ keys, algorithms, encryptions, then: verifier }) }
  })

  return {
    // Only the key to encrypt to from now on: the one before is for opening alone.
    [`GET ${JWKS_PATH}`]: async () => publish(await publicJwks([(await opener()).key])),

    'POST /dispense': async ({ body }) => {
      const { decrypter } = await opener()
      const { claims, header } = await decrypter.decrypt(body)
      return { status: 200, body: { patient: claims.sub, dispensed: claims['medicine'], openedWith: header.kid } }
    },
  }
}

/** A new key each day, as a demonstration can afford to keep it in memory; its use is published with it. */
export async function newKey(): Promise<Key> {
  return importKey(await exportJwk(await generateKey(MANAGEMENT, { crv: CURVE })), { use: 'enc' })
}
