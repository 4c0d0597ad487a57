import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { createSigner, createVerifier, type SyncVerifier, secretKey, type VerifierOptions } from 'countersign/sync'
import { type Figures, judge, spread } from '../figures.ts'
import type { Context, Suite } from '../jobs.ts'
import { AUDIENCE, ISSUER, KID, LIFE_SECONDS, newClaims } from '../signing/workload.ts'

const STAGES = 10
const FULL = { perStage: 1_000_000, flood: 1_000_000 }
const QUICK = { perStage: 100_000, flood: 50_000 }
const SAMPLES = 1000
const COLLECTIONS = 8
const MOST_GROWTH_KB = 256
const MOST_HELD_MB = 4

/** What stays on the heap after a verifier has seen very many tokens. */
export const MEMORY: Suite = { name: 'memory', run }

/** What was on the heap once its garbage was gone, in octets. */
interface Held {
  readonly before: number
  readonly after: number
}

async function run({ effort, say }: Context): Promise<Figures> {
  const { perStage, flood } = effort.quick ? QUICK : FULL
  const secret = createSecretKey(randomBytes(32))
  const options = toOptions(secret)
  const stages = await verifyMany(options, perStage, say)
  const plain = await floodOf(flood, secret, options)
  say(`a flood of ${many(flood)} headers leaves ${inKb(plain)} kB`)
  const cached = await floodOf(flood, secret, { ...options, cache: true })
  say(`the same with cache: true leaves ${inKb(cached)} kB`)
  return toFigures(perStage, flood, stages, plain, cached)
}

function toOptions(secret: KeyObject): VerifierOptions {
  return { keys: secretKey(secret.export(), 'HS256', { kid: KID }), issuer: ISSUER, audience: AUDIENCE }
}

/** @returns what the heap holds after each stage */
async function verifyMany(options: VerifierOptions, perStage: number, say: Context['say']): Promise<readonly number[]> {
  const verifier = createVerifier(options)
  const tokens = newTokens(options)
  const stages: number[] = []
  for (let stage = 1; stage <= STAGES; stage++) {
    for (let turn = 0; turn < perStage; turn++) verifier.verify(tokens[turn % SAMPLES] as string)
    stages.push(await heapUsed())
    say(`${many(stage * perStage)} verifications: ${inKb({ before: 0, after: stages.at(-1) ?? 0 })} kB on the heap`)
  }
  return stages
}

function newTokens({ keys }: VerifierOptions): readonly string[] {
  const key = keys as ReturnType<typeof secretKey>
  const signer = createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS })
  return Array.from({ length: SAMPLES }, (_, index) => signer.sign({ ...newClaims(index) }))
}

/**
 * Shows a verifier that many tokens of which no two have the same header. Every other one is signed as it should be, and
 * the rest are refused.
 *
 * @returns what is on the heap before there is the verifier, and after it has seen them all
 */
async function floodOf(length: number, secret: KeyObject, options: VerifierOptions): Promise<Held> {
  const show = toFlood(secret)
  // Another verifier comes first: compiled code is left behind as well, and is nothing that this one holds.
  showAll(show, createVerifier(options), length / 10)
  const before = await heapUsed()
  const verifier = createVerifier(options)
  showAll(show, verifier, length)
  const after = await heapUsed()
  // Until here it was there, with all that it remembers.
  show(verifier, length)
  return { before, after }
}

/** Shows a verifier one of the tokens. */
type Show = (verifier: SyncVerifier, turn: number) => void

function showAll(show: Show, verifier: SyncVerifier, length: number): void {
  for (let turn = 0; turn < length; turn++) show(verifier, turn)
}

function toFlood(secret: KeyObject): Show {
  const now = Math.floor(Date.now() / 1000)
  const payload = encode({ iss: ISSUER, aud: AUDIENCE, ...newClaims(0), iat: now, exp: now + LIFE_SECONDS })
  return (verifier, turn) => {
    const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: `key-${turn}` })}.${payload}`
    const good = turn % 2 === 0
    const signature = createHmac('sha256', secret)
      .update(good ? input : `${input}.`)
      .digest('base64url')
    const { ok } = verifier.safeVerify(`${input}.${signature}`)
    if (ok !== good) throw new Error(ok ? 'a wrong signature was accepted' : 'a good token was refused')
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** In octets, after its garbage has been collected; it takes several times until code that nobody runs any more is gone. */
async function heapUsed(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('run with --expose-gc')
  for (let time = 0; time < COLLECTIONS; time++) {
    await setImmediate()
    gc()
  }
  return process.memoryUsage().heapUsed
}

function toFigures(perStage: number, flood: number, stages: readonly number[], plain: Held, cached: Held): Figures {
  const whole: Held = { before: stages[0] ?? Number.NaN, after: stages.at(-1) ?? Number.NaN }
  const all = `${many(STAGES * perStage)} HS256 verifications`
  const floods = [`${many(flood)} distinct headers`, `${many(flood)} distinct headers, cache: true`]
  return {
    title: 'Memory',
    about: `What is on the heap (heapUsed) once its garbage has been collected, in kB. \`countersign/sync\` verifies ${SAMPLES} HS256 tokens in
turn, ${many(STAGES * perStage)} times: before is after a tenth of them. Then a flood of ${many(flood)} tokens, each with a kid of its own,
every other one under a wrong signature, shown to a verifier made for that after before was taken. A verifier remembers
256 headers at most; with \`cache: true\` it remembers the results of the last 1000 tokens that it accepted.`,
    tables: [
      {
        head: ['Heap, kB', 'before', 'after', 'growth'],
        rows: [
          [all, ...heldRow(whole)],
          [floods[0] ?? '', ...heldRow(plain)],
          [floods[1] ?? '', ...heldRow(cached)],
        ],
      },
    ],
    verdicts: [
      judge({
        what: `heap growth over ${all}`,
        bound: { most: MOST_GROWTH_KB },
        unit: 'kB',
        value: spread([kb(whole)]),
      }),
      ...[plain, cached].map((held, index) =>
        judge({
          what: `heap growth over ${floods[index]}`,
          bound: { most: MOST_HELD_MB },
          unit: 'MB',
          value: spread([kb(held) / 1000]),
        }),
      ),
    ],
    plotted: [],
  }
}

const kb = ({ before, after }: Held): number => (after - before) / 1000
const inKb = (held: Held): string => many(Math.round(kb(held)))
const many = (number: number): string => number.toLocaleString('en')

function heldRow(held: Held): readonly string[] {
  return [held.before / 1000, held.after / 1000, kb(held)].map((number) => many(Math.round(number)))
}
