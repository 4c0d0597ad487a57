// Each party as a program of its own: `node src/main.ts clinic` in one terminal, `node src/main.ts pharmacy` in another.
import { parseArgs } from 'node:util'
import { generateKey, JoseError } from 'countersign'
import { createClinic } from './clinic.ts'
import { SIGNATURE } from './format.ts'
import { listen, type Routes, type Server } from './http.ts'
import { createPharmacy } from './pharmacy.ts'

const USAGE = `usage: node src/main.ts clinic [--port 4001] [--name corner-pharmacy] [--pharmacy http://127.0.0.1:4002]
       node src/main.ts pharmacy [--port 4002] [--name corner-pharmacy] [--clinic http://127.0.0.1:4001]`

const now = (): number => Math.floor(Date.now() / 1000)

interface Job {
  readonly port: number
  createRoutes(origin: string): Promise<Routes>
}

/** @throws {TypeError} for what is not understood */
function readArguments(): Job {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      name: { type: 'string', default: 'corner-pharmacy' },
      clinic: { type: 'string', default: 'http://127.0.0.1:4001' },
      pharmacy: { type: 'string', default: 'http://127.0.0.1:4002' },
    },
  })
  const [party, ...rest] = positionals
  if ((party !== 'clinic' && party !== 'pharmacy') || rest.length > 0) throw new TypeError('give clinic or pharmacy')
  const { name, clinic, pharmacy, port = party === 'clinic' ? '4001' : '4002' } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new TypeError('--port is a number from 0 to 65535')
  return {
    port: Number(port),
    async createRoutes(origin) {
      if (party === 'pharmacy') return createPharmacy({ name, clinic, now })
      return createClinic({ origin, key: await generateKey(SIGNATURE), pharmacies: new Map([[name, pharmacy]]), now })
    },
  }
}

async function main(): Promise<void> {
  let server: Server | undefined
  try {
    const { port, createRoutes } = readArguments()
    server = await listen(port)
    server.serve(await createRoutes(server.origin))
    console.log(`listening on ${server.origin}, Ctrl-C ends it`)
  } catch (error) {
    await server?.close()
    explain(error)
  }
}

/** Says what a person can do something about; anything else is a fault of ours, and thrown with its stack. */
function explain(error: unknown): void {
  const misused = error instanceof TypeError || error instanceof JoseError
  if (misused) console.error(`${error.message}\n${USAGE}`)
  else if (error instanceof Error && 'syscall' in error)
    console.error(error.message) // such as EADDRINUSE
  else throw error
  process.exitCode = misused ? 2 : 1
}

main()
