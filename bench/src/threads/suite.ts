import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { promisify } from 'node:util'
import * as later from 'countersign'
import * as atOnce from 'countersign/sync'
import { type Figures, judge, type Spread, spread } from '../figures.ts'
import type { Context, Suite } from '../jobs.ts'
import { inOrder } from '../measure.ts'
import { AUDIENCE, ISSUER, KID, LIFE_SECONDS, newClaims } from '../signing/workload.ts'
import { threeOf } from '../timed.ts'

const IN_FLIGHT = 64
const FULL = { rounds: 5, alternateMs: 300, flightMs: 900 }
const QUICK = { rounds: 2, alternateMs: 100, flightMs: 300 }
const LEAST = 1.4
const MOST_MS = 12

/** One work in two ways: done by this thread, which waits for it, and handed to another. */
interface Pair {
  readonly here: { readonly name: string; sign(): unknown }
  readonly elsewhere: { readonly name: string; sign(): Promise<unknown> }
}

/** What one round of a pair gave: signatures per second in each way, and how late this thread was at its timers. */
interface Round {
  readonly here: number
  readonly elsewhere: number
  readonly delayMs: number
}

/** RSA signatures off the event loop: how many more there are, and what the loop feels of it. */
export const THREADS: Suite = { name: 'threads', run }

async function run({ effort, say }: Context): Promise<Figures> {
  const { rounds, alternateMs, flightMs } = effort.quick ? QUICK : FULL
  const pairs = await newPairs()
  // Both ways have been compiled before they are timed, and the threads are there.
  for (const pair of pairs) await measure(pair, alternateMs / 3, flightMs / 3)
  const taken = new Map<Pair, Round[]>(pairs.map((pair) => [pair, []]))
  for (let round = 0; round < rounds; round++) {
    for (const pair of inOrder(pairs, round)) {
      taken.get(pair)?.push(await measure(pair, alternateMs, flightMs))
    }
  }
  const summaries = [...taken].map(([pair, own]) => summary(pair, own))
  for (const { elsewhere, gain, delay } of summaries) {
    say(
      `RS256 sign, ${elsewhere}: ${gain.median.toFixed(2)} of one thread, loop delay p99 ${delay.median.toFixed(1)} ms`,
    )
  }
  return toFigures(summaries)
}

/** Ours first, then the primitive alone. */
async function newPairs(): Promise<readonly [Pair, Pair]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ours = await ourPair(privateKey, publicKey)
  const token = String(ours.here.sign())
  return [ours, await barePair(privateKey, publicKey, Buffer.from(token.slice(0, token.lastIndexOf('.'))))]
}

async function ourPair(privateKey: KeyObject, publicKey: KeyObject): Promise<Pair> {
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const key = later.importKey(pem, { alg: 'RS256', kid: KID })
  const options = { key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS }
  const [promises, values] = [later.createSigner(options), atOnce.createSigner(options)]
  const claims = newClaims(0)
  const pair: Pair = {
    here: { name: 'countersign/sync', sign: () => values.sign({ ...claims }) },
    elsewhere: { name: 'countersign (promise), 64 in flight', sign: () => promises.sign({ ...claims }) },
  }
  const keys = atOnce.importKey(publicKey.export({ format: 'pem', type: 'spki' }).toString(), { alg: 'RS256' })
  const verifier = atOnce.createVerifier({ keys, issuer: ISSUER, audience: AUDIENCE })
  const tokens = [pair.here.sign(), ...(await Promise.all(Array.from({ length: IN_FLIGHT }, pair.elsewhere.sign)))]
  for (const token of tokens.map(String)) {
    if (verifier.verify(token).claims.sub !== claims.sub) throw new Error('countersign signs other claims')
    if (verifier.safeVerify(`${token.slice(0, -8)}AAAAAAAA`).ok) throw new Error('countersign accepts any signature')
  }
  return pair
}

const signLater = promisify(sign)

async function barePair(privateKey: KeyObject, publicKey: KeyObject, input: Buffer): Promise<Pair> {
  const pair: Pair = {
    here: { name: 'node:crypto', sign: () => sign('sha256', input, privateKey) },
    elsewhere: {
      name: 'node:crypto (callback), 64 in flight',
      sign: () => signLater('sha256', input, privateKey),
    },
  }
  for (const signature of [pair.here.sign(), await pair.elsewhere.sign()]) {
    if (!verify('sha256', input, publicKey, signature as Buffer)) throw new Error('node:crypto signs wrong')
  }
  return pair
}

async function measure({ here, elsewhere }: Pair, alternateMs: number, flightMs: number): Promise<Round> {
  const alone = throughput(here.sign, alternateMs)
  return { here: alone, ...(await flight(elsewhere.sign, flightMs)) }
}

/** How often it is done per second. */
function throughput(work: () => unknown, ms: number): number {
  const start = performance.now()
  let done = 0
  for (; performance.now() - start < ms; done++) work()
  return (done * 1000) / (performance.now() - start)
}

/** The same with so many under way all the time: each that ends has another one begun. */
async function flight(work: () => Promise<unknown>, ms: number): Promise<Omit<Round, 'here'>> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  let done = 0
  delays.enable()
  const start = performance.now()
  const lane = async (): Promise<void> => {
    for (; performance.now() - start < ms; done++) await work()
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  const elapsed = performance.now() - start
  delays.disable()
  return { elsewhere: (done * 1000) / elapsed, delayMs: delays.percentile(99) / 1e6 }
}

interface Summary {
  readonly here: string
  readonly elsewhere: string
  readonly perSecond: { readonly here: number; readonly elsewhere: number }
  readonly gain: Spread
  readonly delay: Spread
}

function summary({ here, elsewhere }: Pair, rounds: readonly Round[]): Summary {
  return {
    here: here.name,
    elsewhere: elsewhere.name,
    perSecond: {
      here: spread(rounds.map((round) => round.here)).median,
      elsewhere: spread(rounds.map((round) => round.elsewhere)).median,
    },
    gain: spread(rounds.map((round) => round.elsewhere / round.here)),
    delay: spread(rounds.map((round) => round.delayMs)),
  }
}

function toFigures(summaries: readonly Summary[]): Figures {
  const [ours] = summaries
  if (ours === undefined) throw new Error('nothing was measured')
  const what = 'RS256 sign by promise, 64 in flight'
  return {
    title: 'Off the event loop',
    about: `RS256 with a key of 2048 bits, signed by one thread and, in turn with that, by promise with ${IN_FLIGHT} under way all the
time: each that ends has another one begun. The gain is the number per second as a multiple of the one thread's. The
delay is the 99th percentile of perf_hooks.monitorEventLoopDelay with a resolution of 1 ms, as it is given: the one
millisecond that its timer takes when nobody is in its way is part of it. libuv signs in four threads here, so on two
cores the thread of the event loop waits for its slice of time, whoever calls: beside it stands crypto.sign with a
callback over the same octets.`,
    tables: [
      {
        head: ['RS256 sign', 'per second', 'min', 'median', 'max'],
        rows: summaries.flatMap(({ here, elsewhere, perSecond, gain }) => [
          [here, count(perSecond.here), '', '', ''],
          [elsewhere, count(perSecond.elsewhere), ...threeOf(gain)],
        ]),
      },
      {
        head: ['Event loop delay, p99', 'min', 'median', 'max'],
        rows: summaries.map(({ elsewhere, delay }) => [elsewhere, ...threeOf(delay)]),
      },
    ],
    verdicts: [
      judge({ what, against: 'countersign/sync', bound: { least: LEAST }, value: ours.gain }),
      judge({ what: `${what}: event loop delay p99`, bound: { most: MOST_MS }, unit: 'ms', value: ours.delay }),
    ],
    plotted: [],
  }
}

const count = (number: number): string => Math.round(number).toLocaleString('en')
