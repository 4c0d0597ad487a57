import { JoseError } from 'countersign'

/** A refusal that is this example's own, with a code as the errors of the library have one. */
export class Refusal extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Runs a program: exit code 1 and the reason for what fails, 2 and the usage for arguments that are not understood. */
export async function run<Job>(usage: string, read: () => Job, work: (job: Job) => Promise<void>): Promise<void> {
  let job: Job
  try {
    job = read()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof JoseError)) throw error
    console.error(`${error.message}\n${usage}`)
    process.exitCode = 2
    return
  }
  try {
    await work(job)
  } catch (error) {
    console.error(explain(error))
    process.exitCode = 1
  }
}

/** What a person can do something about, in lines. Anything else is a fault of ours, and thrown with its stack. */
function explain(error: unknown): string {
  if (error instanceof JoseError || error instanceof Refusal) {
    const said = `${error.code}: ${error.message}`
    if (!(error instanceof JoseError && error.unavailable)) return line('refused', said)
    const lines = [line('unavailable', said)]
    if (error.cause instanceof Error && 'syscall' in error.cause) lines.push(line('cause', error.cause.message))
    if (error.code.startsWith('CS_JWKS'))
      lines.push(line('so', 'nothing is known about the signature: try again later'))
    return lines.join('\n')
  }
  if (error instanceof Error && 'syscall' in error) return line('failed', error.message) // such as ENOENT
  throw error
}

export const line = (label: string, text: string): string => `${label.padEnd(13)}${text}`
