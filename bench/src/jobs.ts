import { checkSign, checkVerify } from './check.ts'
import { CONTENDERS, OURS, type Tool } from './contenders.ts'
import { newClaims, type Sample, SCHEMES, type Scheme, toSample } from './workload.ts'

export const OPERATIONS = ['verify', 'sign'] as const
export type Operation = (typeof OPERATIONS)[number]

/** One contender's way to do a job, ready to be timed. */
export interface Runner {
  readonly name: string
  run(): unknown
}

/** The same work by every contender that can do it. */
export interface Job {
  readonly scheme: string
  readonly operation: Operation
  readonly runners: readonly Runner[]
}

const SAMPLES = 16
const JUDGES: readonly string[] = [OURS, 'fast-jwt', 'jose (promise)']

/** @param only - the name of one algorithm; all without it */
export async function prepareJobs(only?: string): Promise<readonly Job[]> {
  const jobs: Job[] = []
  for (const scheme of SCHEMES) if (only === undefined || only === scheme.name) jobs.push(...(await jobsOf(scheme)))
  return jobs
}

async function jobsOf(scheme: Scheme): Promise<readonly Job[]> {
  const keys = scheme.generate()
  const tools = new Map<string, Tool>()
  for (const { name, lacks, prepare } of CONTENDERS) {
    if (!lacks?.includes(scheme.name)) tools.set(name, await prepare(scheme, keys))
  }
  const judges = JUDGES.map((name) => known(tools.get(name)))
  const samples = await newSamples(scheme, known(tools.get(OURS)))
  const [first] = samples
  for (const [name, tool] of tools) {
    await checkVerify(name, scheme, tool, known(first))
    await checkSign(name, scheme, tool, known(first), keys, judges)
  }
  return OPERATIONS.map((operation) => ({
    scheme: scheme.name,
    operation,
    runners: [...tools].map(([name, tool]) => ({ name, run: inTurn(samples, tool, operation) })),
  }))
}

function newSamples(scheme: Scheme, signer: Tool): Promise<readonly Sample[]> {
  const claims = Array.from({ length: SAMPLES }, (_, index) => newClaims(index))
  return Promise.all(
    claims.map(async (one) => {
      const empty = Buffer.alloc(0)
      const token = await signer.sign({ claims: one, token: '', input: empty, signature: empty, der: empty })
      return toSample(scheme, one, String(token))
    }),
  )
}

/** Each call takes the next sample, so that nobody meets one token twice in a row. */
function inTurn(samples: readonly Sample[], tool: Tool, operation: Operation): () => unknown {
  let turn = 0
  const next = (): Sample => samples[turn++ % SAMPLES] as Sample
  return operation === 'sign' ? () => tool.sign(next()) : () => tool.verify(next())
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a contender is missing')
  return value
}
