import { BARE_NAME, known, prepareTools } from '../contender.ts'
import type { Table } from '../figures.ts'
import { type Context, type Job, type Suite, toRunners } from '../jobs.ts'
import { jobsTable, type Timed, timeJobs, toFigures } from '../timed.ts'
import { barsOn, type Operation } from './bars.ts'
import { checkSign, checkVerify } from './check.ts'
import { CONTENDERS, OURS, type Tool } from './contenders.ts'
import { newClaims, type Sample, SCHEMES, type Scheme, toSample } from './workload.ts'

const OPERATIONS: readonly Operation[] = ['verify', 'sign']
const SAMPLES = 16
const JUDGES: readonly string[] = [OURS, 'fast-jwt', 'jose (promise)']

const ABOUT = `Our speed is that of ${OURS}.
Tokens of some 320 characters (with HS256) hold iss, aud, sub, name, admin, jti, iat and exp, and kid in the header. Every
contender checks the signature, iss, aud and exp, with keys imported beforehand, and no cache of results. Those marked as
promise are awaited one call at a time. \`${BARE_NAME}\` is the primitive alone, with a prepared KeyObject, over the
octets of the same signing input: no JSON, no base64url, no claims; with HS256 it compares no MAC. With ES256 it has DER,
which is the faster of its two encodings, and so the bar; \`ieee-p1363\` stands beside it. With PS256 it is told the
padding in an options object, as is usual, and that is the bar; beside it stands a key of the type rsa-pss, which needs no
options. jsonwebtoken has no Ed25519. @node-rs/jsonwebtoken takes keys in no other form than PEM or secret octets, and reads
them in every call.`

/** JWTs signed and verified. */
export const SIGNING: Suite = {
  name: 'signing',
  schemes: SCHEMES.map(({ name }) => name),
  async run(context: Context) {
    const all: Timed[] = []
    const tables: Table[] = []
    for (const scheme of SCHEMES) {
      if (context.only === undefined || context.only === scheme.name) {
        const timed = await timeJobs(await jobsOf(scheme), context)
        all.push(...timed)
        tables.push(jobsTable(scheme.name, OPERATIONS, timed))
      }
    }
    return toFigures({ title: 'JWTs, signed', about: ABOUT }, all, tables)
  },
}

async function jobsOf(scheme: Scheme): Promise<readonly Job[]> {
  const keys = scheme.generate()
  const tools = await prepareTools(CONTENDERS, scheme, keys)
  const judges = JUDGES.map((name) => known(tools.get(name)))
  const samples = await newSamples(scheme, known(tools.get(OURS)), SAMPLES)
  const [first] = samples
  for (const [name, tool] of tools) {
    await checkVerify(name, scheme, tool, known(first))
    await checkSign(name, scheme, tool, known(first), keys, judges)
  }
  return OPERATIONS.map((operation) => ({
    name: `${scheme.name} ${operation}`,
    runners: toRunners(tools, samples, (tool, sample) => tool[operation](sample)),
    bars: barsOn(scheme.name, operation),
    plotted: [...tools.keys()],
  }))
}

/** Tokens that a contender signs, each of a person of its own. */
export function newSamples(scheme: Scheme, signer: Tool, count: number): Promise<readonly Sample[]> {
  const claims = Array.from({ length: count }, (_, index) => newClaims(index))
  return Promise.all(
    claims.map(async (one) => {
      const empty = Buffer.alloc(0)
      const token = await signer.sign({ claims: one, token: '', input: empty, signature: empty, der: empty })
      return toSample(scheme, one, String(token))
    }),
  )
}
