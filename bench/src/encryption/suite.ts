import { BARE_NAME, known, prepareTools } from '../contender.ts'
import { type Bar, type Job, type Suite, toRunners } from '../jobs.ts'
import { checkDecrypt, checkEncrypt } from './check.ts'
import { CONTENDERS, OURS, type Tool } from './contenders.ts'
import { type Keys, type Sample, SCHEMES, type Scheme, SIZES, type Size, toSample } from './workload.ts'

const OPERATIONS = ['decrypt', 'encrypt'] as const
const SAMPLES = 16
/** How many times as fast as jose the cheapest scheme has to be, by size. */
const DIRECT_BARS: ReadonlyMap<string, number> = new Map([
  ['300 B', 4],
  ['64 kB', 1.6],
])

/** JWEs made and opened by countersign/jwe. */
export const ENCRYPTION: Suite = {
  title: 'JWEs',
  about: `Ours is ${OURS}.
Plaintexts are 300 octets of JSON, and 65536 random octets; what is opened are compact JWEs with
alg, enc and kid in the header. RSA keys have 2048 bits. Both libraries have their keys imported beforehand, jose as
CryptoKeys, which is where it is faster, but for A128CBC-HS256, where it takes octets alone; and both are awaited one
call at a time. \`${BARE_NAME}\` is the primitives alone, with prepared KeyObjects, over the same octets and in this
thread: no JSON, no base64url. It makes and takes ephemeral keys as the members of a JWK, which is the fastest of the
forms it has. With a private RSA key ${OURS} hands the work to another thread, and waits as long for it to wake.`,
  packages: CONTENDERS.flatMap(({ from }) => from ?? []),
  schemes: SCHEMES.map(({ name }) => name),
  prepare: (name) => jobsOf(known(SCHEMES.find((scheme) => scheme.name === name))),
}

async function jobsOf(scheme: Scheme): Promise<readonly Job[]> {
  const keys = scheme.generate()
  const tools = await prepareTools(CONTENDERS, scheme, keys)
  const jobs: Job[] = []
  for (const size of SIZES) jobs.push(...(await jobsAt(size, scheme, keys, tools)))
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
  return OPERATIONS.map((operation) => ({
    scheme: scheme.name,
    operation: `${operation} ${size.name}`,
    runners: toRunners(tools, samples, (tool, sample) => tool[operation](sample)),
    bars: barsOn(scheme, size),
  }))
}

function newSamples({ make }: Size, encrypter: Tool): Promise<readonly Sample[]> {
  return Promise.all(
    Array.from({ length: SAMPLES }, async () => {
      const plaintext = make()
      return toSample(plaintext, String(await encrypter.encrypt({ plaintext })))
    }),
  )
}

function barsOn({ name }: Scheme, size: Size): readonly Bar[] {
  const least = name === 'dir+A256GCM' ? known(DIRECT_BARS.get(size.name)) : 1
  return [{ against: 'jose', least }]
}
