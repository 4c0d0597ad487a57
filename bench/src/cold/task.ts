/** What a child is to verify. Nothing is imported here, since a child loads its library and no more. */
export interface Task {
  readonly token: string
  /** The public key, SPKI in a PEM. */
  readonly pem: string
  readonly issuer: string
  readonly audience: string
}

/** What a child says when it is done. A token that is refused ends it by an error. */
export interface Outcome {
  /** From before the import until the claims were there. */
  readonly ms: number
  readonly claims: unknown
}

/** In a child: what it was started for. */
export function toTask(): Task {
  return JSON.parse(process.argv[2] ?? '') as Task
}

/** In a child: says what came of it. @param start - by `performance.now()` */
export function finish(start: number, claims: unknown): void {
  const outcome: Outcome = { ms: performance.now() - start, claims }
  process.stdout.write(JSON.stringify(outcome))
}
