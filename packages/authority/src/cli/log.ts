import { pino } from 'pino'
import type { LogLevel } from '../settings.ts'

/** What never stands in a line, should anybody ever put it there: itself, and in what a line holds. */
const SECRET = [
  ...['password', 'secret', 'client_secret', 'token', 'access_token', 'refresh_token', 'id_token', 'id_token_hint'],
  ...[
    'code',
    'user_code',
    'device_code',
    'code_verifier',
    'client_assertion',
    'assertion',
    'kek',
    'private_key',
    'privateKey',
  ],
  ...['authorization', 'cookie', 'cookies', 'headers', 'body', 'query', 'set-cookie', 'link'],
]
const PATHS = SECRET.flatMap((name) => {
  const quoted = /^\w+$/.test(name) ? name : `["${name}"]`
  return [quoted, quoted === name ? `*.${name}` : `*${quoted}`]
})

/**
 * Writes lines of JSON: the time, how serious it is, and what there is to say.
 *
 * @param write - writes a line at once, so that none is lost where the process ends
 */
export function createLog(level: LogLevel, write: (line: string) => void): (line: object) => void {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: PATHS,
    },
    { write: (line) => write(line.trimEnd()) },
  )
  return (line) => {
    const { level: said = 'info', ...rest } = line as { readonly level?: Exclude<LogLevel, 'silent'> }
    logger[said](rest)
  }
}
