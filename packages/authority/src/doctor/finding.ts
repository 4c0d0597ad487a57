/** What was looked at, how it is, and what to do where it is not as it should be. It holds no secret. */
export interface Finding {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly fix?: string
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message })
export const warn = (check: string, message: string, fix?: string): Finding => toFinding('warn', check, message, fix)
export const fail = (check: string, message: string, fix?: string): Finding => toFinding('fail', check, message, fix)

function toFinding(status: Finding['status'], check: string, message: string, fix?: string): Finding {
  return { check, status, message, ...(fix !== undefined && { fix }) }
}

/** Some names, and how many more there are. */
export function some(names: readonly string[], most = 3): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ')
}

/** How many there are of something. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
