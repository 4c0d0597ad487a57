import type { Case } from '../case.ts'
import { CLAIM_CASES } from './claims.ts'
import { HEADERS } from './headers.ts'
import { JWE } from './jwe.ts'
import { JWE_PARTS } from './jwe-parts.ts'
import { KEYS } from './keys.ts'
import { REMOTE } from './remote.ts'
import { SETS } from './sets.ts'
import { SIGNATURES } from './signatures.ts'
import { TEXTS } from './texts.ts'

/** Every case, by the number of its attack. */
export const CASES: readonly Case[] = [
  ...SIGNATURES,
  ...HEADERS,
  ...TEXTS,
  ...KEYS,
  ...CLAIM_CASES,
  ...JWE,
  ...JWE_PARTS,
  ...REMOTE,
  ...SETS,
].toSorted((a, b) => a.attack - b.attack)

/** The attacks on libraries; those above are on servers. */
export const LAST = 59

/** Those that are no input to a library, and where they are looked at. */
export const ELSEWHERE: ReadonlyMap<number, string> = new Map([[24, 'is a matter of time: npm run test:time']])
