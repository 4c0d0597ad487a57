import * as later from 'countersign'
import * as atOnce from 'countersign/sync'
import * as fastJwt from 'fast-jwt'
import { type Bar, speedBar } from '../bars.ts'
import { type Contender, known, prepareTools } from '../contender.ts'
import { type Context, type Job, type Suite, toRunners } from '../jobs.ts'
import { checkVerify } from '../signing/check.ts'
import { CONTENDERS, ourKeys, publicPem, type Tool } from '../signing/contenders.ts'
import { newSamples } from '../signing/suite.ts'
import { AUDIENCE, ISSUER, type Keys, SCHEMES, type Scheme } from '../signing/workload.ts'
import { jobsTable, timeJobs, toFigures } from '../timed.ts'
import { checkCache } from './check.ts'

const SAMPLES = 16
const OURS = 'countersign/sync'
const OURS_LATER = 'countersign (promise)'
const FAST_JWT = 'fast-jwt'
const NAMES: readonly string[] = ['HS256', 'ES256']

const CACHING: readonly Contender<Scheme, Keys, Pick<Tool, 'verify'>>[] = [
  { name: OURS, prepare: (scheme, keys) => ourCache(atOnce, scheme, keys) },
  { name: OURS_LATER, prepare: (scheme, keys) => ourCache(later, scheme, keys) },
  { name: FAST_JWT, prepare: byFastJwt },
  ...CONTENDERS.filter(({ name }) => [OURS, FAST_JWT].includes(name)).map((contender) => ({
    ...contender,
    name: `${contender.name}, no cache`,
  })),
]

/** Tokens that come again. */
export const CACHE: Suite = {
  name: 'cache',
  async run(context: Context) {
    const jobs: Job[] = []
    for (const scheme of SCHEMES) if (NAMES.includes(scheme.name)) jobs.push(await jobOf(scheme))
    const all = await timeJobs(jobs, context)
    return toFigures({ title: 'Results that are remembered', about: ABOUT }, all, [jobsTable('Cache hit', NAMES, all)])
  },
}

const ABOUT = `Our speed is that of ${OURS} with its cache.
16 tokens come in turn, each of them known already. Ours has a \`revoked\` hook, which is asked at every hit and says no;
fast-jwt has none. That the hook is asked, that a hit is refused once its key is gone, and that it ends with exp, is looked
at before anything is timed. The same verifiers without a cache stand below.`

function ourCache(door: typeof atOnce | typeof later, scheme: Scheme, pair: Keys): Pick<Tool, 'verify'> {
  const keys = door.keySet({ keys: [ourKeys(door, scheme, pair).verify] })
  const options = { keys, issuer: ISSUER, audience: AUDIENCE, cache: true, revoked: () => false }
  const verifier = door.createVerifier(options)
  return { verify: ({ token }) => verifier.verify(token) }
}

function byFastJwt({ alg }: Scheme, keys: Keys): Pick<Tool, 'verify'> {
  const verify = fastJwt.createVerifier({
    key: keys.verify.type === 'secret' ? keys.verify.export() : publicPem(keys),
    algorithms: [alg as fastJwt.Algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: true,
  })
  return { verify: ({ token }) => verify(token) }
}

async function jobOf(scheme: Scheme): Promise<Job> {
  const keys = scheme.generate()
  const signer = known(CONTENDERS[0]).prepare(scheme, keys)
  const samples = await newSamples(scheme, await signer, SAMPLES)
  const [first] = samples
  checkCache(scheme, ourKeys(atOnce, scheme, keys).verify, known(first).token)
  const tools = await prepareTools(CACHING, scheme, keys)
  for (const [name, tool] of tools) await checkVerify(name, scheme, tool, known(first))
  const name = `${scheme.name} cache hit`
  const bars: readonly Bar[] = [speedBar({ job: name, ours: OURS, against: FAST_JWT, least: 1.5 })]
  return {
    name,
    runners: toRunners(tools, samples, (tool, sample) => tool.verify(sample)),
    bars,
    plotted: [OURS_LATER, FAST_JWT],
  }
}
