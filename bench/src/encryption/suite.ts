import { type Bar, speedBar } from '../bars.ts'
import { BARE_NAME, known, prepareTools } from '../contender.ts'
import type { Table } from '../figures.ts'
import { type Context, type Job, type Suite, toRunners } from '../jobs.ts'
import { speedAgainst } from '../measure.ts'
import { jobTable, nanoseconds, type Timed, threeOf, timeJobs, toFigures } from '../timed.ts'
import { checkDecrypt, checkEncrypt } from './check.ts'
import { CONTENDERS, JOSE, OURS, type Tool } from './contenders.ts'
import { jwtJob } from './jwt.ts'
import { type Keys, type Sample, SCHEMES, type Scheme, SIZES, type Size, toSample } from './workload.ts'

const OPERATIONS = ['decrypt', 'encrypt'] as const
const SAMPLES = 16
/** Decrypted with a private RSA key are whole JWTs, by both doors. */
const RSA = 'RSA-OAEP-256+A256GCM'
/** How many times as fast as jose we have to be, by size and scheme. */
const LEAST: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  ['300 B', new Map([['dir+A256GCM', 5]])],
  ['64 kB', new Map()],
])
const LEAST_ELSE: ReadonlyMap<string, number> = new Map([
  ['300 B', 1.2],
  ['64 kB', 1.8],
])
const PLOTTED_SIZE = '300 B'
const PLOTTED = ['dir+A256GCM', 'A256KW+A256GCM', 'ECDH-ES+A256GCM@P-256', RSA]

const ABOUT = `Our speed is that of ${OURS}.
Plaintexts are 300 octets of JSON, and 65536 random octets; what is opened are compact JWEs with alg, enc and kid in the
header. RSA keys have 2048 bits. Both libraries have their keys imported beforehand, jose as CryptoKeys, which is where it
is faster, but for A128CBC-HS256, where it takes octets alone; and both are awaited one call at a time. \`${BARE_NAME}\` is
the primitives alone, with prepared KeyObjects, over the same octets and in this thread: no JSON, no base64url. It makes
and takes ephemeral keys as the members of a JWK, which is the fastest of the forms it has. With a private RSA key an
encrypted JWT is opened and its claims are checked, at once and by promise; the latter, like jose, hands the work to another
thread, and waits as long for it to wake.`

/** JWEs made and opened. */
export const ENCRYPTION: Suite = {
  name: 'encryption',
  schemes: SCHEMES.map(({ name }) => name),
  async run(context: Context) {
    const all: Timed[] = []
    const jwts: Timed[] = []
    for (const scheme of SCHEMES.filter(({ name }) => context.only === undefined || context.only === name)) {
      const keys = scheme.generate()
      const ofJwts = scheme.name === RSA ? await timeJobs([await jwtJob(scheme, keys)], context) : []
      all.push(...ofJwts, ...(await timeJobs(await jobsOf(scheme, keys), context)))
      jwts.push(...ofJwts)
    }
    const tables = [comparison(all.filter((timed) => !jwts.includes(timed))), ...jwts.map(jobTable)]
    return toFigures({ title: 'JWEs', about: ABOUT }, all, tables)
  },
}

async function jobsOf(scheme: Scheme, keys: Keys): Promise<readonly Job[]> {
  const tools = await prepareTools(CONTENDERS, scheme, keys)
  const jobs: Job[] = []
  for (const size of SIZES) {
    if (size.schemes?.includes(scheme.name) ?? true) jobs.push(...(await jobsAt(size, scheme, keys, tools)))
  }
  return jobs
}

async function jobsAt(
  size: Size,
  scheme: Scheme,
  keys: Keys,
  tools: ReadonlyMap<string, Tool>,
): Promise<readonly Job[]> {
  const samples = await newSamples(size, known(tools.get(OURS)))
  const [first] = samples
  for (const [name, tool] of tools) {
    await checkDecrypt(name, scheme, tool, known(first))
    await checkEncrypt(name, scheme, tool, known(first), keys, tools.values())
  }
  return OPERATIONS.filter((operation) => scheme.name !== RSA || operation === 'encrypt').map((operation) => {
    const name = `${scheme.name} ${operation} ${size.name}`
    return {
      name,
      runners: toRunners(tools, samples, (tool, sample) => tool[operation](sample)),
      bars: barsOn(name, scheme, size),
      plotted: size.name === PLOTTED_SIZE && PLOTTED.includes(scheme.name) ? [...tools.keys()] : [],
    }
  })
}

function newSamples({ make }: Size, encrypter: Tool): Promise<readonly Sample[]> {
  return Promise.all(
    Array.from({ length: SAMPLES }, async () => {
      const plaintext = make()
      return toSample(plaintext, String(await encrypter.encrypt({ plaintext })))
    }),
  )
}

function barsOn(job: string, { name }: Scheme, size: Size): readonly Bar[] {
  const least = known(LEAST.get(size.name)?.get(name) ?? LEAST_ELSE.get(size.name))
  return [speedBar({ job, ours: OURS, against: JOSE, least })]
}

/** All jobs in one table, for they have the same contenders. */
function comparison(all: readonly Timed[]): Table {
  const rows = all.map(({ job, times }) => [
    job.name,
    nanoseconds(times, OURS),
    ...threeOf(speedAgainst(times, OURS, JOSE)),
    speedAgainst(times, OURS, BARE_NAME).median.toFixed(2),
  ])
  return { head: ['JWE, our speed against jose', 'ns', 'min', 'median', 'max', BARE_NAME], rows }
}
