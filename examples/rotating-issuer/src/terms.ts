// What all parties agree on.
import type { ScheduleOptions } from 'countersign/keyring'

export const ALG = 'ES256'
export const JWKS_PATH = '/.well-known/jwks.json'

/** What a token says of whom it is from and for, and what a verifier expects. */
export const CLAIMS = { issuer: 'https://issuer.example', audience: 'api', typ: 'at+jwt' } as const

/** How much faster than yours the clock of the parties runs: a minute passes in a second. */
export const SPEED = 60

/** Their time in seconds. For real, leave the option `now` out: it is the time of the machine then. */
export const now = (): number => (Date.now() / 1000) * SPEED

/** By that clock. For real these are days and hours: left out, a key is public for 24 h and then signs for 30 d. */
export const TIMES = {
  period: '4m',
  // Longer than any verifier goes without asking: a minute by max-age, and 144 s where an outage made it back off.
  prepublish: '210s',
  tokenLifetime: '20m',
  overlap: '21m',
  cacheMaxAge: '1m',
  poll: '15s',
  skew: '15s',
} as const satisfies ScheduleOptions
