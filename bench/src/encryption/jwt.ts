import * as later from 'countersign'
import * as atOnce from 'countersign/sync'
import * as jose from 'jose'
import { speedBar } from '../bars.ts'
import { BARE_NAME, fail, known } from '../contender.ts'
import { type Job, toRunners } from '../jobs.ts'
import { claimsOf } from '../signing/check.ts'
import { AUDIENCE, ISSUER } from '../signing/workload.ts'
import { SIZES, claimsOf as sizedClaims } from '../sizes/workload.ts'
import { bare } from './bare.ts'
import { JOSE, joseKeys, ourKeys } from './contenders.ts'
import { type Keys, type Sample, type Scheme, tampered, toSample } from './workload.ts'

const SAMPLES = 16
const OURS = 'countersign/sync'
const OURS_LATER = 'countersign (promise)'

type Decrypt = (sample: Sample) => unknown

/** Encrypted JWTs opened with a private key, and their iss, aud and exp checked. */
export async function jwtJob(scheme: Scheme, pair: Keys): Promise<Job> {
  const { enc } = scheme
  const [options, { encrypt: key }] = [{ issuer: ISSUER, audience: AUDIENCE }, ourKeys(scheme, pair)]
  const encrypter = atOnce.createEncrypter({ key, enc, expiresIn: '15m', ...options })
  const samples = Array.from({ length: SAMPLES }, (_, index) => {
    const claims = sizedClaims(SIZES[0], index)
    return toSample(Buffer.from(claims.jti), encrypter.encrypt({ ...claims }))
  })
  const tools = new Map<string, Decrypt>([
    [OURS, ours(atOnce, scheme, pair)],
    [OURS_LATER, ours(later, scheme, pair)],
    [JOSE, await byJose(scheme, pair)],
  ])
  for (const [name, decrypt] of tools) await check(name, scheme, decrypt, known(samples[0]))
  tools.set(BARE_NAME, bare(scheme, pair).decrypt)
  const job = `${scheme.name} decrypt 300 B`
  const bars = [
    speedBar({ job, ours: OURS, against: JOSE, least: 1.3 }),
    speedBar({ job, ours: OURS_LATER, against: JOSE, least: 1 }),
  ]
  return {
    name: job,
    runners: toRunners(tools, samples, (decrypt, sample) => decrypt(sample)),
    bars,
    plotted: [...tools.keys()],
  }
}

function ours(door: typeof atOnce | typeof later, scheme: Scheme, pair: Keys): Decrypt {
  const { decrypt: keys } = ourKeys(scheme, pair)
  const decrypter = door.createDecrypter({ keys, issuer: ISSUER, audience: AUDIENCE, unsigned: 'accept' })
  return ({ token }) => decrypter.decrypt(token)
}

async function byJose(scheme: Scheme, pair: Keys): Promise<Decrypt> {
  const { decrypt: key } = await joseKeys(scheme, pair)
  const options = { keyManagementAlgorithms: [scheme.alg], issuer: ISSUER, audience: AUDIENCE }
  return ({ token }) => jose.jwtDecrypt(token, key, options)
}

/** Before it is timed it gives the claims of the good token, and refuses the tampered one. */
async function check(name: string, scheme: Scheme, decrypt: Decrypt, sample: Sample): Promise<void> {
  const jti = sample.plaintext.toString()
  if (claimsOf(await decrypt(sample))['jti'] !== jti) fail(name, scheme, 'gives other claims')
  const refused = await Promise.resolve(tampered(sample))
    .then(decrypt)
    .then(
      () => false,
      () => true,
    )
  if (!refused) fail(name, scheme, 'opens a tampered token')
}
