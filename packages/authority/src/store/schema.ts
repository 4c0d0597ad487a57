import type { Generated } from 'kysely'

/** The tables. Times are epoch seconds, and everything that is not a number is text; JSON is text, too. */
export interface Database {
  readonly signing_keys: SigningKeyRow
  readonly oidc_state: StateRow
  readonly clients: ClientRow
  readonly users: UserRow
  readonly credentials: CredentialRow
  readonly rate_limit: RateLimitRow
  readonly audit: AuditRow
  readonly secrets: SecretRow
}

export interface SigningKeyRow {
  kid: string
  alg: string
  use: string
  public_jwk: string
  /** The public half once more, sealed: so it is ours, and not of somebody who can write to the database. */
  voucher: string | null
  /** A compact JWE, for as long as the key may sign. */
  private_jwe: string | null
  kek_id: string | null
  published_at: number
  activate_at: number
  retire_at: number | null
  purge_at: number | null
  revoked_at: number | null
  reason: string | null
}

/** What the protocol keeps: codes, tokens, sessions, grants, found by a hash and sealed. */
export interface StateRow {
  model: string
  id_hash: string
  grant_id: string | null
  uid: string | null
  user_code: string | null
  /** A lookup of whose it is, for sessions, grants and logins under way; empty where it is nobody's; null in rows of before. */
  account: string | null
  /** A compact JWE. */
  payload: string
  consumed_at: number | null
  expires_at: number | null
}

export interface ClientRow {
  client_id: string
  metadata: string
  secret_hash: string | null
  /** That of the secret which takes over, while both are good. */
  secret_hash_next: string | null
  created_at: number
  disabled_at: number | null
}

export interface UserRow {
  id: string
  email: string
  state: string
  claims: string
  created_at: number
}

export interface CredentialRow {
  id: string
  user_id: string
  kind: string
  data: string
  /** What it is found by where somebody presents it: a hash, or the id of a passkey. */
  lookup: string | null
  created_at: Generated<number>
  last_used: number | null
}

export interface RateLimitRow {
  key: string
  points: number
  /** In milliseconds, as the limiter has it. */
  expire: number | null
}

export interface AuditRow {
  seq: Generated<number>
  at: number
  actor: string
  ip: string | null
  event: string
  data: string
}

export interface SecretRow {
  name: string
  jwe: string
  kek_id: string
}
