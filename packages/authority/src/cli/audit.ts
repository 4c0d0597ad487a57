import type { AuditEntry, AuditQuery } from '../audit.ts'
import { AuthorityError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import { type Command, command } from './command.ts'
import type { Host } from './host.ts'
import { printable, toTime } from './text.ts'

/** How many entries are shown where it is not said, how many at most, and how many are asked for at once. */
const [LAST, MOST, PAGE] = [20, 10_000, 1000]
/** Milliseconds between two looks. */
const PAUSE = 1000
/** Numbers are given before entries are there to be read: how far behind the last one another may still turn up. */
const BEHIND = 50

type Filter = Pick<AuditQuery, 'user' | 'event'>

export const AUDIT_TAIL: Command = command({
  name: 'audit tail',
  about: 'Prints what happened last: who did what, when',
  more: `A line for each entry, the oldest first: when, what, who did it, from which address, and what else there is to know.
Entries name users and clients by their ids.`,
  options: {
    lines: { type: 'string', short: 'n', value: 'N', whole: [0, MOST], about: `how many; ${LAST} by itself` },
    user: { type: 'string', value: 'USER', about: 'what a user did and what was done to them, by address or id' },
    event: { type: 'string', value: 'NAME', about: 'one kind, such as login.failed; login. is all that begin so' },
    follow: { type: 'boolean', short: 'f', about: 'go on with what happens, until SIGINT' },
    json: { type: 'boolean', about: 'print JSON, an object on each line' },
  },
  async run({ host, values, operate }) {
    const filter: Filter = {
      ...(values.user !== undefined && { user: values.user }),
      ...(values.event !== undefined && { event: values.event }),
    }
    const say = (entry: AuditEntry): void => host.print(values.json ? JSON.stringify(entry) : lineOf(entry))
    const over = values.follow ? overOf(host) : undefined
    await operate(async (operations, { alone }) => {
      if (over !== undefined && alone)
        throw new AuthorityError('USAGE', 'nothing happens to follow: no server runs on this data', {
          hint: 'Start it: countersign-authority serve. Without --follow the last entries are printed.',
        })
      const count = Number(values.lines ?? LAST)
      // The last one is where to go on, whether it is printed or not.
      const last = await listLast(operations, filter, Math.max(1, count))
      for (const entry of last.slice(last.length - Math.min(count, last.length))) say(entry)
      if (over !== undefined) await follow(operations, filter, last.at(-1)?.seq ?? 0, { host, over, say })
    })
    return undefined
  },
})

/** Stops where somebody says so, or nobody reads on. */
function overOf(host: Host): AbortSignal {
  const controller = new AbortController()
  void Promise.race([host.stopSignal(), host.unread()]).then(() => controller.abort())
  return controller.signal
}

/** The last entries, the oldest first. */
async function listLast(operations: Operations, filter: Filter, count: number): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = []
  while (entries.length < count) {
    const before = entries.at(-1)?.seq
    const limit = Math.min(PAGE, count - entries.length)
    const page = await operations.listAudit({ ...filter, ...(before !== undefined && { before }), limit })
    if (page.length === 0) break
    entries.push(...page)
  }
  return entries.reverse()
}

interface Following {
  readonly host: Host
  readonly over: AbortSignal
  readonly say: (entry: AuditEntry) => void
}

async function follow(operations: Operations, filter: Filter, since: number, following: Following): Promise<void> {
  const { host, over, say } = following
  let [last, said]: [number, ReadonlySet<number>] = [since, new Set()]
  while (!over.aborted) {
    const from = Math.max(since, last - BEHIND)
    const entries = await operations.listAudit({ ...filter, after: from, limit: PAGE })
    for (const entry of entries.filter(({ seq }) => !said.has(seq))) say(entry)
    said = new Set(entries.map(({ seq }) => seq))
    last = entries.at(-1)?.seq ?? last
    await host.pause(PAUSE, over)
  }
}

function lineOf({ at, event, actor, ip = '-', data }: AuditEntry): string {
  const pairs = Object.entries(data).map(([name, value]) => `${name}=${quoted(String(value))}`)
  return [toTime(at), event, actor, ip, ...pairs].map(printable).join('  ')
}

/** Quoted where it could not be told from what stands around it. */
const quoted = (text: string): string => (/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text))
