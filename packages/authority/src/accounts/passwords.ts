import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { createGate } from './gate.ts'

const derive = promisify(argon2) // in the thread pool, off the event loop
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const // memory in KiB: 19 MiB a hash
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Two hashes at once are 38 MiB, and leave threads of the pool for everything else. */
const gate = createGate(2, 64)

/** Version 19 (1.3) of argon2id is the only one there is here; salt and tag are base64 without padding. */
const STORED = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43,86})$/

/**
 * A password as it is stored: `$argon2id$v=19$m=MEMORY,t=PASSES,p=LANES$SALT$TAG`. What it cost is in it, so costs can
 * rise later and old passwords stay good.
 *
 * @throws {BusyError} when too many hashes wait already
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return format(salt, await hash(password, salt, COST, TAG_BYTES))
}

/**
 * Takes the same time whether the password is right or wrong.
 *
 * @param stored - what `hashPassword` or `unknownPassword` gave
 * @throws {BusyError} when too many hashes wait already
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = STORED.exec(stored) ?? []
  // A tag of no octets would be equal to any other: what is damaged verifies nothing.
  if (salt === undefined || tag === undefined) throw new Error('a stored password is damaged')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const expected = Buffer.from(tag, 'base64')
  return timingSafeEqual(await hash(password, Buffer.from(salt, 'base64'), cost, expected.length), expected)
}

/**
 * The stored form of no password at all. Verified where there is no such user, it makes that answer as slow as any
 * other, so that nobody learns from the time which users exist.
 */
export function unknownPassword(): string {
  return format(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))
}

type Cost = Readonly<Record<keyof typeof COST, number>>

function hash(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  // The same characters can be typed as different code points; NFKC makes them one password.
  return gate(() => derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost }))
}

function format(salt: Buffer, tag: Buffer): string {
  const { memory, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
