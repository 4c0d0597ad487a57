/** What a server is started with: an argument of its process, as JSON. */
export interface Setup {
  readonly app: AppName
  readonly jwksUri: string
  readonly issuer: string
  /** How long a key set serves when it cannot be fetched anew, and how long it is fresh at most (seconds). */
  readonly maxStale?: number
  readonly cacheMaxAge?: number
}

export const APPS = ['hono', 'express'] as const
export type AppName = (typeof APPS)[number]

export const [AUDIENCE, SCOPE, REALM] = ['https://orders.example', 'orders:read', 'orders']

/** For how long a proof is good, in seconds: its marks are a part of the memory that is watched. */
export const PROOF_SECONDS = 10

/** What a process has in memory, after its garbage was collected (octets). */
export interface Memory {
  readonly heapBytes: number
  readonly rssBytes: number
}
