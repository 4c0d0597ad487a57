import { decodeUnverified } from 'countersign/sync'
import * as fastJwt from 'fast-jwt'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { jwtDecode } from 'jwt-decode'
import { speedBar } from '../bars.ts'
import { fail, known } from '../contender.ts'
import { type Context, type Job, type Suite, toRunners } from '../jobs.ts'
import { CONTENDERS } from '../signing/contenders.ts'
import { newSamples } from '../signing/suite.ts'
import { KID, type Sample, SCHEMES } from '../signing/workload.ts'
import { timeJobs, toFigures } from '../timed.ts'

const SAMPLES = 16
const OURS = 'decodeUnverified'

type Decode = (token: string) => unknown

const decodeComplete = fastJwt.createDecoder({ complete: true })

/** Who gives the header and the claims of a token. */
const BOTH: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  [OURS, decodeUnverified],
  ['fast-jwt', (token) => decodeComplete(token)],
  ['jwt-decode', (token) => ({ header: jwtDecode(token, { header: true }), payload: jwtDecode(token) })],
  ['jose', (token) => ({ header: jose.decodeProtectedHeader(token), payload: jose.decodeJwt(token) })],
  ['jsonwebtoken', (token) => jsonwebtoken.decode(token, { complete: true })],
])

const HALF = 'jwt-decode, claims alone'

/** Tokens that are looked at, and not believed. */
export const DECODE: Suite = {
  name: 'decode',
  run: async (context: Context) =>
    toFigures({ title: 'Tokens decoded', about: ABOUT }, await timeJobs([await newJob()], context)),
}

const ABOUT = `Header and claims of HS256 tokens of some 320 characters, and nothing verified. jwt-decode and jose are called twice, since
a call gives one of the two; the last row is jwt-decode called for the claims alone, which is half of the work. Ours also
checks what the others pass over: canonical base64url everywhere, well-formed UTF-8, and that no member occurs twice.`

async function newJob(): Promise<Job> {
  const scheme = known(SCHEMES.find(({ name }) => name === 'HS256'))
  const signer = await known(CONTENDERS[0]).prepare(scheme, scheme.generate())
  const samples = await newSamples(scheme, signer, SAMPLES)
  for (const [name, decode] of BOTH) check(name, decode, known(samples[0]))
  const name = 'decode'
  const bars = [
    speedBar({ job: name, ours: OURS, against: 'fast-jwt', least: 1.2, why: WHY }),
    speedBar({ job: name, ours: OURS, against: 'jwt-decode', least: 1 }),
  ]
  const all = new Map([...BOTH, [HALF, (token: string): unknown => jwtDecode(token)] as const])
  return {
    name,
    runners: toRunners(all, samples, (decode, { token }) => decode(token)),
    bars,
    plotted: [...BOTH.keys()],
  }
}

/** Before it is timed it gives both parts of a good token, and refuses what is no token. */
function check(name: string, decode: Decode, { token, claims }: Sample): void {
  const { header, ...rest } = decode(token) as { header: Record<string, unknown> } & Record<string, unknown>
  const decoded = (rest['claims'] ?? rest['payload']) as Record<string, unknown>
  const good = header['kid'] === KID && Object.entries(claims).every(([claim, value]) => decoded[claim] === value)
  if (!good) fail(name, { name: 'decode' }, 'gives another header or other claims')
  if (refuses(decode, 'no token') === false) fail(name, { name: 'decode' }, 'takes what is no token')
}

function refuses(decode: Decode, text: string): boolean {
  try {
    return decode(text) === null
  } catch {
    return true
  }
}

const WHY = `JSON.parse is a third of our time, and of fast-jwt's. Ours also looks whether base64url is canonical, in the signature
too, and whether a member name stands there twice.`
