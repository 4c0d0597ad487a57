import type { Work } from './rounds.ts'

/** How much is done. */
export interface Effort {
  readonly clientCredentials: Work
  readonly refresh: Work
  readonly login: Work
  /** For how long the load goes on before memory is looked at. */
  readonly memoryMs: number
  /** How often a server is started. */
  readonly starts: number
}

export const FULL: Effort = {
  clientCredentials: { rounds: 15, count: 1000, warm: 4000 },
  refresh: { rounds: 11, count: 160, warm: 640 },
  login: { rounds: 11, count: 32, warm: 96 },
  memoryMs: 60_000,
  starts: 5,
}

export const QUICK: Effort = {
  clientCredentials: { rounds: 3, count: 100, warm: 300 },
  refresh: { rounds: 3, count: 32, warm: 64 },
  login: { rounds: 3, count: 16, warm: 16 },
  memoryMs: 5000,
  starts: 3,
}
