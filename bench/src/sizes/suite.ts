import { createHmac, type KeyObject } from 'node:crypto'
import { createSigner, createVerifier, secretKey } from 'countersign/sync'
import { growthBar } from '../bars.ts'
import { known } from '../contender.ts'
import type { Table } from '../figures.ts'
import { type Context, type Job, type Runner, type Suite, toRunners } from '../jobs.ts'
import { growthAgainst } from '../measure.ts'
import { checkVerify } from '../signing/check.ts'
import { AUDIENCE, ISSUER, KID, LIFE_SECONDS, type Sample, SCHEMES, toSample } from '../signing/workload.ts'
import { nanoseconds, type Timed, threeOf, timeJobs, toFigures } from '../timed.ts'
import { claimsOf, SIZES, type Size } from './workload.ts'

const SAMPLES = 16
/** The growth of ours as a multiple of that of the reference. */
const MOST_GROWTH = 1.25
const [SMALL, ...LARGER] = SIZES

/** Claims sets that grow. */
export const SIZED: Suite = {
  name: 'sizes',
  async run(context: Context) {
    const all = await timeJobs([await newJob()], context)
    return toFigures({ title: 'Larger claims sets', about: ABOUT }, all, all.map(growthTable))
  },
}

const ABOUT = `countersign/sync verifies HS256 tokens with claims of 0.3, 3 and 12 kB of JSON: roles, permissions and a nested object.
The reference is the least that there is to do with the same octets: \`JSON.parse\` of the payload out of its base64url, and
\`createHmac\` over the signing input. The three numbers are by how much more ours grows than the reference, from 0.3 kB.`

const ours = ({ name }: Size): string => `ours, ${name}`
const reference = ({ name }: Size): string => `reference, ${name}`

async function newJob(): Promise<Job> {
  const scheme = known(SCHEMES.find(({ name }) => name === 'HS256'))
  const secret = scheme.generate().sign
  const key = secretKey(secret.export(), 'HS256', { kid: KID })
  const signer = createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS })
  const { verify } = createVerifier({ keys: key, issuer: ISSUER, audience: AUDIENCE })
  const pairs: Runner[] = []
  for (const size of SIZES) {
    const samples = Array.from({ length: SAMPLES }, (_, index) => {
      const claims = claimsOf(size, index)
      return toSample(scheme, claims, signer.sign({ ...claims }))
    })
    const [first] = samples
    const tool = { verify: ({ token }: Sample): unknown => verify(token) }
    await checkVerify(ours(size), scheme, tool, known(first))
    const works = new Map<string, (sample: Sample) => unknown>([
      [ours(size), tool.verify],
      [reference(size), ({ token }) => leastWork(secret, token)],
    ])
    pairs.push(...toRunners(works, samples, (work, sample) => work(sample)))
  }
  const bars = LARGER.map((size) =>
    growthBar({
      what: `claims from ${SMALL.name} to ${size.name}, growth of ours`,
      against: 'the reference',
      pair: [ours(SMALL), ours(size)],
      reference: [reference(SMALL), reference(size)],
      most: MOST_GROWTH,
    }),
  )
  return { name: 'HS256 verify, claims of', runners: pairs as unknown as Job['runners'], bars }
}

function leastWork(key: KeyObject, token: string): unknown {
  const end = token.lastIndexOf('.')
  const payload = token.slice(token.indexOf('.') + 1, end)
  const mac = createHmac('sha256', key).update(token.slice(0, end)).digest()
  return { claims: JSON.parse(Buffer.from(payload, 'base64url').toString()), mac }
}

function growthTable({ job, times }: Timed): Table {
  const rows = SIZES.map((size) => {
    const pair = [ours(SMALL), ours(size)] as const
    const growth = size === SMALL ? undefined : growthAgainst(times, pair, [reference(SMALL), reference(size)])
    const cells = [nanoseconds(times, ours(size)), nanoseconds(times, reference(size))]
    return [size.name, ...cells, ...(growth ? threeOf(growth) : ['', '', ''])]
  })
  return { head: [job.name, 'ns', 'reference', 'min', 'median', 'max'], rows }
}
