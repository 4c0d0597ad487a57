// Starts an issuer and two verifiers, carries tokens from the one to the others, kills the issuer once, and counts.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Issuer, killAll, startIssuer, startVerifier, type Verifier } from './parties.ts'
import { say, show, statusOf, tableOf } from './screen.ts'
import { JWKS_PATH } from './terms.ts'
import { tokensOf } from './tokens.ts'

const USAGE = 'usage: node src/main.ts [--seconds 20] [--forge]'

/** Milliseconds from the first rotation to the kill, half of a period, and for how long the issuer is away then. */
const [KILL_AFTER, AWAY] = [2000, 1000]

interface Job {
  readonly seconds: number
  readonly forge: boolean
}

/** @throws {TypeError} for what is not understood */
function readArguments(): Job {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '20' }, forge: { type: 'boolean', default: false } },
  })
  if (!/^[1-9]\d{0,3}$/.test(values.seconds)) throw new TypeError('--seconds is a whole number from 1 to 9999')
  return { seconds: Number(values.seconds), forge: values.forge }
}

/** A folder for the keys and for what they are sealed with; however this program ends, nothing of it stays. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rotating-issuer-'))
  process.once('exit', () => {
    killAll()
    rmSync(folder, { recursive: true, force: true })
  })
  writeFileSync(join(folder, 'kek'), randomBytes(32), { mode: 0o600 })
  return folder
}

/** What ends the program; a second Ctrl-C does not wait for what is still under way. */
function endAtCtrlC(): AbortController {
  const end = new AbortController()
  const stop = (): void => (end.signal.aborted ? process.exit(1) : end.abort())
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
  return end
}

/** Kills the issuer once everybody has seen a rotation, and starts it again. @returns how often it came to that */
async function killOnce(issuer: Issuer, verifiers: readonly Verifier[], ended: AbortSignal): Promise<number> {
  while (!ended.aborted && verifiers.some(({ tally }) => tally.kids.size < 2)) await setTimeout(50)
  await setTimeout(KILL_AFTER, undefined, { signal: ended }).catch(() => undefined)
  if (ended.aborted) return 0
  say(`the issuer is killed: SIGKILL to process ${issuer.pid}`)
  await issuer.kill()
  const before = verifiers.map(({ tally }) => tally.verified)
  await setTimeout(AWAY)
  const meanwhile = verifiers.map(({ name, tally }, index) => `${name} ${tally.verified - (before[index] ?? 0)}`)
  await issuer.start()
  say(`the issuer is back as process ${issuer.pid}; verified in that second: ${meanwhile.join(', ')}`)
  return 1
}

async function main({ seconds, forge }: Job): Promise<void> {
  const end = endAtCtrlC()
  const issuer = await startIssuer(makeFolder())
  const verifiers = ['countersign', 'jose'].map((name) => startVerifier(name, issuer.origin + JWKS_PATH, say))
  say(`issuer ${issuer.pid}, ${verifiers.map(({ name, pid }) => `${name} ${pid}`).join(', ')}: Ctrl-C ends them`)

  globalThis.setTimeout(() => end.abort(), seconds * 1000).unref()
  const killing = killOnce(issuer, verifiers, end.signal)
  const handed = { new: 0, again: 0, forged: 0 }
  for await (const { token, kind } of tokensOf(issuer.origin, forge, end.signal)) {
    handed[kind]++
    for (const verifier of verifiers) verifier.hand(token, kind === 'forged')
    show(statusOf(handed.new, verifiers))
  }
  const kills = await killing
  await Promise.all(verifiers.map((verifier) => verifier.settled()))
  await Promise.all([issuer, ...verifiers].map((party) => party.stop()))

  const tallies = verifiers.map(({ tally }) => tally)
  const refused = tallies.reduce((sum, tally) => sum + tally.refused, 0)
  const fooled = tallies.some((tally) => tally.strangers < handed.forged)
  say(`\n${tableOf(verifiers)}\n`)
  say(`${handed.new} tokens, ${handed.again} of them twice; forged: ${handed.forged}; kills: ${kills}`)
  say(`${refused} refused`)
  if (refused > 0 || fooled) process.exitCode = 1
}

let job: Job | undefined
try {
  job = readArguments()
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  console.error(`${error.message}\n${USAGE}`)
  process.exitCode = 2
}
if (job) await main(job)
