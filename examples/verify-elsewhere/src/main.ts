// Verifies one token with the keys that its issuer publishes: all that another service needs is a URL.
// The token comes on stdin and not as an argument, since every user of a machine can list the arguments of a process.
import { parseArgs } from 'node:util'
import { createVerifier, JoseError, remoteKeySet, type Verifier } from 'countersign'

const USAGE = 'usage: node main.ts JWKS_URL --issuer ISSUER --audience AUDIENCE [--typ TYPE] < token'
const MOST_CHARACTERS = 64 * 1024

/** What the command line asks for. */
interface Job {
  readonly keys: ReturnType<typeof remoteKeySet>
  readonly verifier: Verifier
}

/** @throws {TypeError} for a missing argument, @throws {JoseError} for a URL that keys may not come from */
function readArguments(): Job {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      issuer: { type: 'string' },
      audience: { type: 'string' },
      typ: { type: 'string', default: 'at+jwt' }, // RFC 9068: an ID token of the same issuer must not pass
    },
  })
  const [url, ...rest] = positionals
  const { issuer, audience, typ } = values
  if (url === undefined || rest.length > 0) throw new TypeError('give one JWKS_URL')
  if (!issuer || !audience) throw new TypeError('give --issuer and --audience: whose token is it, and for whom?')
  const keys = remoteKeySet(url)
  return { keys, verifier: createVerifier({ keys, issuer, audience, typ }) }
}

async function readToken(): Promise<string> {
  let text = ''
  for await (const part of process.stdin.setEncoding('utf8')) {
    text += part
    if (text.length > MOST_CHARACTERS) break // no token is that long; the verifier says so
  }
  return text.trim()
}

async function main(): Promise<void> {
  let job: Job
  try {
    job = readArguments()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof JoseError)) throw error
    console.error(`${error.message}\n${USAGE}`)
    process.exitCode = 2
    return
  }
  const { keys, verifier } = job
  const result = await verifier.safeVerify(await readToken())
  if (keys.current) console.log(`fetched   ${keys.url} (${keys.current.keys.length} keys)`)
  if (result.ok) {
    console.log(`selected  kid ${result.key.kid} for ${result.header.alg}, as the header of the token names it`)
    console.log(`accepted  ${JSON.stringify(result.claims, null, 2)}`)
  } else {
    const { code, message, hint } = result.error
    console.error(`refused   ${code}\nmessage   ${message}\nhint      ${hint}`)
    process.exitCode = 1
  }
}

main()
