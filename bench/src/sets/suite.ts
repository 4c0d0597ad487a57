import { createSigner, createVerifier, generateKey, type Key, keySet, publicKey } from 'countersign/sync'
import { speedBar } from '../bars.ts'
import { fail } from '../contender.ts'
import { type Context, type Job, type Suite, toRunners } from '../jobs.ts'
import { AUDIENCE, ISSUER, LIFE_SECONDS, newClaims } from '../signing/workload.ts'
import { jobsTable, timeJobs, toFigures } from '../timed.ts'

const NAMES: readonly string[] = ['HS256', 'ES256']
const SAMPLES = 16
const SIZES = [1, 10, 100] as const
/** Flat within 10 %. */
const FLAT = 0.9

/** The key of a token found in a set. */
export const SETS: Suite = {
  name: 'sets',
  async run(context: Context) {
    const all = await timeJobs(NAMES.map(jobOf), context)
    return toFigures({ title: 'Key sets', about: ABOUT }, all, [jobsTable('Verify by kid', NAMES, all)])
  },
}

const ABOUT = `countersign/sync verifies 16 tokens in turn, each with a kid, against a key set of 1, 10 and 100 keys; the tokens are by as
many of these keys as they can be. Our speed is that with 1 key.`

const WHY = `A key is found by one look-up, in a set of any size. But tokens of one key repeat one header text, which is recognised by
a comparison, and those of many keys have one each, which is looked up, too: with HS256 that shows.`

const nameOf = (size: number): string => (size === 1 ? '1 key' : `${size} keys`)

function jobOf(alg: string): Job {
  const name = `${alg} verify by kid`
  const sets = new Map(SIZES.map((size) => [nameOf(size), newSet(alg, size)]))
  const bars = SIZES.filter((size) => size > 1).map((size) =>
    speedBar({ job: name, ours: nameOf(size), against: nameOf(1), least: FLAT, why: WHY }),
  )
  const turns = Array.from({ length: SAMPLES }, (_, turn) => turn)
  return { name, runners: toRunners(sets, turns, ({ verify, tokens }, turn) => verify(tokens[turn] ?? '')), bars }
}

/** A set of so many keys, and tokens by keys from all over it. */
function newSet(alg: string, size: number): { verify(token: string): unknown; readonly tokens: readonly string[] } {
  const pairs = Array.from({ length: size }, (_, index) => generateKey(alg, { kid: `2026-${index}` }))
  const signers = pairs.map((key) => createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS }))
  const tokens = Array.from({ length: SAMPLES }, (_, index) => {
    const signer = signers[Math.floor((index * size) / SAMPLES) % size]
    return signer?.sign({ ...newClaims(index) }) ?? ''
  })
  const { verify } = createVerifier({ keys: keySet({ keys: pairs.map(toVerify) }), issuer: ISSUER, audience: AUDIENCE })
  const strangers = createVerifier({
    keys: keySet({ keys: [toVerify(generateKey(alg))] }),
    issuer: ISSUER,
    audience: AUDIENCE,
  })
  for (const token of tokens) {
    verify(token)
    if (strangers.safeVerify(token).ok)
      fail('countersign/sync', { name: alg }, 'accepts a token by a key outside of its set')
  }
  return { verify, tokens }
}

/** A secret verifies by itself. */
const toVerify = (key: Key): Key => (key.kind === 'secret' ? key : publicKey(key))
