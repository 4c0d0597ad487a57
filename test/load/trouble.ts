/** When something was out of order: whoever asked meanwhile may have been told to come back. */
export class Trouble {
  readonly #times: { readonly from: number; until: number }[] = []

  begin(): void {
    this.#times.push({ from: performance.now(), until: Number.POSITIVE_INFINITY })
  }

  end(): void {
    const last = this.#times.at(-1)
    if (last) last.until = performance.now()
  }

  /** Whether there was some between a moment and now. */
  since(sentAt: number): boolean {
    const now = performance.now()
    return this.#times.some(({ from, until }) => from <= now && sentAt <= until)
  }
}

/** What is wrong with an answer of the authority that says to come back. */
export function faultOfTrouble(
  headers: { get(name: string): string | null | undefined },
  body: unknown,
): string | undefined {
  if (!/^\d+$/.test(headers.get('retry-after') ?? '')) return '503 without Retry-After'
  const error = (body as { readonly error?: unknown } | undefined)?.error
  return error === 'temporarily_unavailable' ? undefined : `503 with ${JSON.stringify(body).slice(0, 200)}`
}
