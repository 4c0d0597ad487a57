/** Takes a line of the log. It is given no token, secret or password. */
export type Log = (line: {
  readonly level: 'info' | 'warn'
  readonly event: string
  readonly [name: string]: unknown
}) => void
