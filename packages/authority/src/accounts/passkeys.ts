import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Db } from '../store/database.ts'
import { parseCreated, parsePresented } from './passkey-response.ts'
import { toId, type User } from './users.ts'

/** A passkey of a user, as pages show it. */
export interface Passkey {
  /** The name of its row, and not that which browsers know it by. */
  readonly id: string
  readonly name: string
  /** Epoch seconds. */
  readonly createdAt: number
  readonly lastUsed: number | undefined
}

/** A passkey that somebody has used. */
export interface UsedPasskey {
  readonly user: string
  readonly passkey: Passkey
}

/** What its row holds, as JSON. */
interface Held {
  /** The public key as its authenticator gave it (COSE), in base64url. */
  readonly key: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly name: string
  readonly backedUp: boolean
}

interface PasskeyRow {
  readonly id: string
  readonly data: string
  readonly created_at: number
  readonly last_used: number | null
}

const MOST_PASSKEYS = 20
/** EdDSA, ES256, RS256: what authenticators have. */
const ALGORITHMS = [-8, -7, -257]
/** A public key of RSA with 4096 bits has some 530 octets: longer ones take long to verify with. */
const MOST_KEY = 600
/** For how long a browser waits for somebody (milliseconds). */
const TIMEOUT = 300_000
const [MOST_NAME, UNNAMED] = [64, 'Passkey']

/** The passkeys of users (Web Authentication). */
export class Passkeys {
  readonly #origin: string
  readonly #host: string
  readonly #name: string

  /** @param issuer - where browsers find this server: passkeys are for its host, and good on no other page */
  constructor(issuer: string, name: string) {
    this.#origin = issuer
    this.#host = new URL(issuer).hostname
    this.#name = name
  }

  async creationOptions(db: Db, user: User, challenge: string): Promise<object> {
    const { generateRegistrationOptions } = await library()
    return generateRegistrationOptions({
      rpName: this.#name,
      rpID: this.#host,
      userID: new TextEncoder().encode(user.id),
      userName: user.email,
      userDisplayName: user.name ?? user.email,
      challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
      timeout: TIMEOUT,
      attestationType: 'none',
      excludeCredentials: await this.#descriptors(db, user.id),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    })
  }

  /** @param response - JSON of what the browser gave. @returns whether it is a user's from now on */
  async add(db: Db, user: User, { challenge, response, name, now }: Created): Promise<boolean> {
    const parsed = parseCreated(response)
    if (parsed === undefined) return false
    const credential = await this.#created(parsed, challenge)
    if (credential === undefined || credential.id !== parsed.id || credential.publicKey.length > MOST_KEY) return false
    const known = await db
      .selectFrom('credentials')
      .select('id')
      .where('user_id', '=', user.id)
      .where('kind', '=', 'passkey')
      .execute()
    if (known.length >= MOST_PASSKEYS) return false
    const held: Held = {
      key: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: parsed.response.transports ?? [],
      name: toName(name),
      backedUp: credential.backedUp,
    }
    const row = { id: toId('crd'), user_id: user.id, kind: 'passkey', lookup: parsed.id, data: JSON.stringify(held) }
    const added = await db
      .insertInto('credentials')
      .values({ ...row, created_at: now, last_used: null })
      .onConflict((on) => on.column('lookup').doNothing())
      .executeTakeFirst()
    return added.numInsertedOrUpdatedRows === 1n
  }

  /** @param user - whose passkey it has to be; nobody's: the browser offers those that it has */
  async requestOptions(db: Db, challenge: string, user?: string): Promise<object> {
    return {
      rpId: this.#host,
      challenge,
      timeout: TIMEOUT,
      userVerification: 'required',
      ...(user !== undefined && { allowCredentials: await this.#descriptors(db, user) }),
    }
  }

  /** Whose passkey answered a challenge. @param told - called with the user whose passkey may have been copied */
  async check(db: Db, { challenge, response, user, now }: Presented, told: Copied): Promise<UsedPasskey | undefined> {
    const parsed = parsePresented(response)
    if (parsed === undefined) return undefined
    const row = await db
      .selectFrom('credentials')
      .selectAll()
      .where('kind', '=', 'passkey')
      .where('lookup', '=', parsed.id)
      .executeTakeFirst()
    if (row === undefined || !isOf(row.user_id, parsed.response.userHandle, user)) return undefined
    const held = toHeld(row)
    const used = await this.#presented(parsed, challenge, held)
    if (used === undefined) return undefined
    // A counter that did not go on: there may be a second one like it (Web Authentication §6.1.1).
    if ((used.counter > 0 || held.counter > 0) && used.counter <= held.counter) {
      await told(row.user_id, row.id)
      return undefined
    }
    const changed = { data: JSON.stringify({ ...held, ...used }), last_used: now }
    const update = await db
      .updateTable('credentials')
      .set(changed)
      .where('id', '=', row.id)
      .where('data', '=', row.data)
      .executeTakeFirst()
    return update.numUpdatedRows === 1n ? { user: row.user_id, passkey: toPasskey({ ...row, ...changed }) } : undefined
  }

  async rename(db: Db, user: string, id: string, name: string): Promise<boolean> {
    const own = { id, user_id: user, kind: 'passkey' }
    const row = await db
      .selectFrom('credentials')
      .selectAll()
      .where((eb) => eb.and(own))
      .executeTakeFirst()
    if (row === undefined) return false
    const data = JSON.stringify({ ...toHeld(row), name: toName(name) })
    const update = db.updateTable('credentials').set({ data })
    const { numUpdatedRows } = await update.where((eb) => eb.and({ ...own, data: row.data })).executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }

  async remove(db: Db, user: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('credentials')
      .where((eb) => eb.and({ id, user_id: user, kind: 'passkey' }))
      .executeTakeFirstOrThrow()
    return numDeletedRows === 1n
  }

  async #created(
    response: RegistrationResponseJSON,
    challenge: string,
  ): Promise<{ id: string; publicKey: Uint8Array; counter: number; backedUp: boolean } | undefined> {
    const { verifyRegistrationResponse } = await library()
    if (!(await isUnattested(response).catch(() => false))) return undefined
    const options = { response, ...this.#expected(challenge), supportedAlgorithmIDs: ALGORITHMS }
    const result = await verifyRegistrationResponse(options).catch(refused)
    if (!result?.verified) return undefined
    const { credential, credentialBackedUp: backedUp } = result.registrationInfo
    return { id: credential.id, publicKey: credential.publicKey, counter: credential.counter, backedUp }
  }

  async #presented(
    response: AuthenticationResponseJSON,
    challenge: string,
    { key, transports }: Held,
  ): Promise<Pick<Held, 'counter' | 'backedUp'> | undefined> {
    const { verifyAuthenticationResponse } = await library()
    // The counter is looked at when it is known that the signature is right: else anybody could have us tell of copies.
    const credential = { id: response.id, publicKey: new Uint8Array(Buffer.from(key, 'base64url')), counter: 0 }
    const result = await verifyAuthenticationResponse({
      response,
      ...this.#expected(challenge),
      credential: { ...credential, counter: -1, transports: toTransports(transports) },
    }).catch(refused)
    if (!result?.verified) return undefined
    return { counter: result.authenticationInfo.newCounter, backedUp: result.authenticationInfo.credentialBackedUp }
  }

  #expected(challenge: string) {
    const common = { expectedChallenge: challenge, expectedOrigin: this.#origin, expectedRPID: this.#host }
    return { ...common, requireUserVerification: true }
  }

  async #descriptors(db: Db, user: string): Promise<Descriptor[]> {
    const rows = await db
      .selectFrom('credentials')
      .select(['lookup', 'data'])
      .where('user_id', '=', user)
      .where('kind', '=', 'passkey')
      .execute()
    return rows.flatMap(({ lookup, data }) =>
      lookup === null
        ? []
        : [{ id: lookup, type: 'public-key', transports: toTransports(toHeld({ data }).transports) }],
    )
  }
}

/** How browsers are told of a passkey. */
interface Descriptor {
  id: string
  type: 'public-key'
  transports: AuthenticatorTransport[]
}

interface Created {
  readonly challenge: string
  readonly response: string
  readonly name: string
  readonly now: number
}

interface Presented {
  readonly challenge: string
  readonly response: string
  /** Who was asked for one of their own. */
  readonly user: string | undefined
  readonly now: number
}

type Copied = (user: string, passkey: string) => Promise<void>

/** It brings a lot along, and is loaded for the first who has a passkey. */
const library = () => import('@simplewebauthn/server')

/**
 * Whether nobody vouches for an authenticator, as we asked for: what does, is certificates, and to look at those the library
 * would go to addresses that are in them. An authenticator that vouches for itself may (Web Authentication §5.1.3, step 21).
 */
async function isUnattested({ response }: RegistrationResponseJSON): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const object = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, 'base64url')))
  const format = object.get('fmt')
  return format === 'none' || (format === 'packed' && object.get('attStmt').get('x5c') === undefined)
}

/** What is wrong with an answer the library says by throwing: no answer is worth more than that it is refused. */
const refused = (): undefined => undefined

/**
 * Whether a passkey was used as its owner's. The authenticator says whose it is; one that was asked for by name may leave
 * that out (Web Authentication §7.2, step 6).
 */
function isOf(owner: string, handle: string | undefined, asked: string | undefined): boolean {
  if (handle === undefined || handle === '') return asked === owner
  return Buffer.from(handle, 'base64url').equals(Buffer.from(owner))
}

export function toPasskey(row: PasskeyRow): Passkey {
  return { id: row.id, name: toHeld(row).name, createdAt: row.created_at, lastUsed: row.last_used ?? undefined }
}

const toHeld = ({ data }: Pick<PasskeyRow, 'data'>): Held => JSON.parse(data) as Held

const TRANSPORTS = ['ble', 'hybrid', 'internal', 'nfc', 'usb'] as const

function toTransports(names: readonly string[]): AuthenticatorTransport[] {
  return TRANSPORTS.filter((one) => names.includes(one))
}

/** What a passkey may be called: a line, and not a long one. */
function toName(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
  return [...line].slice(0, MOST_NAME).join('').trim() || UNNAMED
}
