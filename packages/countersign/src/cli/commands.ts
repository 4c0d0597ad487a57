import { JWKS, KEY_CONVERT, KEY_INSPECT, KEY_NEW, KEY_PUBLIC, KEY_SET, KEY_THUMBPRINT } from './rows/keys.ts'
import { ALGS, COMPLETION, DEBUG } from './rows/others.ts'
import { DECODE, DECRYPT, ENCRYPT, SIGN, VERIFY } from './rows/tokens.ts'
import type { Command } from './table.ts'

/** Every command there is, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...[DECODE, VERIFY, SIGN, ENCRYPT, DECRYPT],
  ...[KEY_NEW, KEY_CONVERT, KEY_PUBLIC, KEY_INSPECT, KEY_THUMBPRINT, KEY_SET],
  ...[JWKS, ALGS, DEBUG, COMPLETION],
]
