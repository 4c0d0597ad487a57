import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createSigner, importKey } from 'countersign/sync'
import { type Figures, judge, spread, type Verdict } from '../figures.ts'
import type { Context, Rounds, Suite } from '../jobs.ts'
import { inOrder, speedAgainst, timesOf } from '../measure.ts'
import { nodeRs } from '../node-rs.ts'
import { AUDIENCE, type Claims, ISSUER, KID, LIFE_SECONDS, newClaims } from '../signing/workload.ts'
import { threeOf } from '../timed.ts'
import type { Outcome, Task } from './task.ts'

const OURS = 'countersign'
const OURS_SYNC = 'countersign/sync'
const EMPTY = 'an empty process'
const NODE_RS = '@node-rs/jsonwebtoken'

/** A program that loads one library and verifies one token: `children/FILE.ts`. */
interface Child {
  readonly name: string
  readonly file: string
  /** Whether it is a library that a user would choose instead. */
  readonly isPeer?: boolean
}

const CHILDREN: readonly Child[] = [
  { name: OURS, file: 'countersign' },
  { name: OURS_SYNC, file: 'countersign-sync' },
  { name: 'fast-jwt', file: 'fast-jwt', isPeer: true },
  { name: 'jsonwebtoken', file: 'jsonwebtoken', isPeer: true },
  { name: 'jose (promise)', file: 'jose', isPeer: true },
  ...(nodeRs ? [{ name: NODE_RS, file: 'node-rs', isPeer: true }] : []),
  { name: 'node:crypto', file: 'bare' },
  { name: EMPTY, file: 'empty' },
]

/** What a process pays before its first token is verified. */
export const COLD: Suite = { name: 'cold', run }

async function run({ effort, scripts, say }: Context): Promise<Figures> {
  const claims = newClaims(0)
  const task = newTask(claims)
  const start = ({ file }: Child, asked: Task): Outcome | undefined =>
    startChild(new URL(`cold/children/${file}.mjs`, scripts), asked)
  for (const child of CHILDREN) checkChild(child, (asked) => start(child, asked), task, claims)
  const [inside, whole] = [noTimes(), noTimes()]
  for (let round = 0; round < effort.rounds; round++) {
    for (const child of inOrder(CHILDREN, round)) {
      const since = performance.now()
      const outcome = start(child, task)
      whole.get(child.name)?.push(performance.now() - since)
      if (outcome === undefined) throw new Error(`${child.name} refuses a good token`)
      inside.get(child.name)?.push(outcome.ms)
    }
  }
  for (const { name } of CHILDREN)
    say(`cold, ${name}: ${medianOf(inside, name)} ms, process ${medianOf(whole, name)} ms`)
  return toFigures(inside, whole)
}

const noTimes = (): Map<string, number[]> => new Map(CHILDREN.map(({ name }) => [name, []]))
const medianOf = (times: Rounds, name: string): string => spread(timesOf(times, name)).median.toFixed(1)

function newTask(claims: Claims): Task {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = importKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), { alg: 'ES256', kid: KID })
  const signer = createSigner({ key, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFE_SECONDS })
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  return { token: signer.sign({ ...claims }), pem, issuer: ISSUER, audience: AUDIENCE }
}

/** @returns nothing where the process ended by an error, as it does with a token that is refused */
function startChild(script: URL, task: Task): Outcome | undefined {
  const args = [fileURLToPath(script), JSON.stringify(task)]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return status === 0 ? (JSON.parse(stdout) as Outcome) : undefined
}

/** Before a child is timed it gives the claims of the good token, and ends by an error with a tampered one. */
function checkChild(child: Child, start: (task: Task) => Outcome | undefined, task: Task, { sub }: Claims): void {
  const good = start(task)
  if (good === undefined) throw new Error(`${child.name} refuses a good token`)
  if (child.name === EMPTY) return
  if ((good.claims as Partial<Claims>).sub !== sub) throw new Error(`${child.name} gives other claims`)
  if (start({ ...task, token: tampered(task.token) })) throw new Error(`${child.name} accepts a tampered token`)
}

/** The token under a signature that is well-formed and nobody's: r = s = 1. */
function tampered(token: string): string {
  const signature = Buffer.alloc(64)
  signature[31] = 1
  signature[63] = 1
  return `${token.slice(0, token.lastIndexOf('.'))}.${signature.toString('base64url')}`
}

function toFigures(inside: Rounds, whole: Rounds): Figures {
  const others = CHILDREN.map(({ name }) => name).filter((name) => name !== OURS && name !== EMPTY)
  const rows = CHILDREN.map(({ name }) => {
    const speeds = others.includes(name) ? threeOf(speedAgainst(inside, OURS, name)) : ['', '', '']
    return [name, medianOf(inside, name), medianOf(whole, name), ...speeds]
  })
  const marks = others
    .filter((name) => name !== OURS_SYNC)
    .map((name) => ({ name, times: speedAgainst(inside, OURS, name).median }))
  return {
    title: 'Cold starts',
    about: `A process for each sample: the library is imported, a public key made ready from its PEM, and an ES256 token verified
with its iss, aud and exp. The time is taken inside, from before the import until the claims are there, and the ratios
are of that; beside it stands the whole process from its start to its end, of which an empty one takes a share that no
library can spare. \`node:crypto\` is what the platform takes for the same: its import, the key and the signature.
${NODE_RS} is loaded by its binary, without the few files that its package finds that by.`,
    tables: [{ head: ['Import, first ES256 verify', 'ms', 'process', 'min', 'median', 'max'], rows }],
    verdicts: [
      bar(inside, 'the fastest peer', () => true, WHY),
      bar(inside, 'the fastest peer on node:crypto', (name) => name !== NODE_RS),
    ],
    plotted: [{ job: 'cold start', marks }],
  }
}

const WHY = `${NODE_RS} is an addon with cryptography of its own, and never loads node:crypto. To load that and to
verify once by it takes longer than this peer takes for everything, with no library at all: see the row node:crypto. So
that row is the limit of whatever verifies by the platform.`

/** No slower than the fastest of some peers. */
function bar(inside: Rounds, against: string, counts: (name: string) => boolean, why?: string): Verdict {
  const peers = CHILDREN.filter(({ name, isPeer }) => isPeer && counts(name)).map(({ name }) => name)
  const [rival] = peers.toSorted((a, b) => spread(timesOf(inside, a)).median - spread(timesOf(inside, b)).median)
  if (rival === undefined) throw new Error('no peer was measured')
  const value = speedAgainst(inside, OURS, rival)
  const what = 'import countersign, first ES256 verify'
  return judge({ what, against, rival, bound: { least: 1 }, value, ...(why === undefined ? {} : { why }) })
}
