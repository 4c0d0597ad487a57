import { spread, type Table, verdictLine } from '../figures.ts'
import type { Rounds } from '../jobs.ts'
import { timesOf } from '../measure.ts'
import { barsTable, markdown, shown } from '../tables.ts'
import { threeOf } from '../timed.ts'
import type { Effort } from './effort.ts'
import { ALONE, ARGON2, BARE, costAgainst, type Found, OURS, sum, toVerdicts, withoutPasswords } from './found.ts'
import { CALLERS } from './http.ts'
import type { Slices, Work } from './rounds.ts'

/** What it ran on. */
export interface Machine {
  /** The day of the run, YYYY-MM-DD. */
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly platform: string
  /** What was measured and on what, with versions. */
  readonly versions: readonly string[]
}

/** The bars as a table. */
export function summary(found: Found): string {
  const { head, rows } = barsTable([{ major: '', found: toVerdicts(found) }])
  return markdown({ head: head.map((title) => title.replace(/^: /, '')), rows })
}

/** The text of AUTHORITY.md. */
export function authorityPage(found: Found, effort: Effort, { date, cpu, cores, platform, versions }: Machine): string {
  const { clientCredentials, refresh, login, operations, memory, ready } = found
  return `# The authority under load

Written by \`npm run bench:authority\`; what it does is in \`src/authority/\`.

- Date: ${date}
- Machine: ${cpu}, ${cores} cores, ${platform}
- ${versions.join(', ')}

Each server is a process of its own, and another one calls it: ${CALLERS} callers at once over connections that stay open, each of
whom waits for an answer before it asks again. A job has rounds: in each, every server has a slice with the same number of
operations, in an order that changes, after some that are not counted. CPU is what the process of the server used for one
operation, in all its threads, by process.cpuUsage(); what PostgreSQL uses beside it is not in there. Each round gives a
ratio, of two slices of that round: the three numbers are the least, the median and the greatest, of our cost as a multiple
of the other's. 2 means twice as much. Milliseconds and numbers per second are medians over the rounds, for orientation:
caller, server and database share the cores, and other work on the machine moves them, and moves the ratios less.

The others: **${ALONE}** is the library that ours is built on, with the same grants and features, its clients as
constants, one ES256 key as a JWK, and what it keeps in memory, where it forgets all but 1,000 entries. Nothing of it
outlives its process. **${BARE}** is @hono/node-server with one route that compares one secret, reads the form and
signs with countersign: it has no second client, no rotation of keys, no check of what may be asked for, and no other grant.

## Bars

${summary(found)}

${verdictLine(toVerdicts(found))}.

The bound against the bare endpoint leaves little beside OAuth itself: oidc-provider alone costs
${costAgainst(clientCredentials.cpu, ALONE, BARE).median.toFixed(2)} times as much as the bare endpoint, with its client and its key in memory. What ours adds to that has many small parts, of which none takes more
than a few hundredths of a request: the client and its secret, the key of the moment, headers.

## Tokens for a machine

By client_credentials, with a secret by Basic, for a resource: one ES256 JWT. ${extent(effort.clientCredentials)}

${markdown(costTable('client_credentials', clientCredentials, [ALONE, BARE]))}

## Refreshed tokens

Each caller goes on with the refresh token that it was given last: one is used up, another one made, and with it two ES256
JWTs, an access token for a resource and an ID token. ${extent(effort.refresh)}

${markdown(costTable('refresh', refresh, [ALONE]))}

## Logins

From the authorization request by way of the form to the tokens, with PKCE, by somebody who was not logged in, for a client
that needs no consent: five requests. Ours checks the password against its argon2id hash, counts tries and writes its
audit; ${ALONE} compares constants. What argon2id takes is measured beside it in each round, in the same process, and
taken off ours in the second table. ${extent(effort.login)}

${markdown(costTable('login', login, [ALONE]))}

${markdown(costTable('login without argon2id', { ...login, cpu: withoutPasswords(login.cpu) }, [ALONE], false))}

What the protocol asks of the database for one login; accounts, limits and audit have theirs beside that.

${markdown(operationsTable(operations))}

## Memory

The resident set of the processes that did all of the above, once they have been under load by client_credentials for
${effort.memoryMs / 1000} s more, both at the same time.

${markdown({
  head: ['Memory', 'MB', 'tokens made meanwhile'],
  rows: [...memory].map(([name, { rssBytes, done }]) => [name, shown(rssBytes / 1e6), shown(done)]),
})}

## Time to ready

\`countersign-authority serve\`, from the start of its process to the first 200 of /readyz, on a database that is in use
already, ${effort.starts} times.

${markdown({
  head: ['Ready, ms', 'min', 'median', 'max'],
  rows: [...ready].map(([name, times]) => [name, ...whole(times)]),
})}
`
}

const extent = ({ rounds, count }: Work): string => `${rounds} rounds with ${count} operations a slice.`

/** What an operation costs each of them, and how much more that is than another's. */
export function costTable(job: string, { cpu, perSecond }: Slices, others: readonly string[], timed = true): Table {
  const rivals = others.filter((name) => cpu.has(name))
  const rows = [...cpu.keys()].map((name) => {
    const ratios = rivals.map((other) =>
      OURS.includes(name) ? threeOf(costAgainst(cpu, name, other)).join(' – ') : '',
    )
    const rate = timed && name !== ARGON2 ? [medianOf(perSecond, name, 0)] : ['']
    return [name, medianOf(cpu, name, 2), ...(timed ? rate : []), ...ratios]
  })
  return { head: [job, 'CPU ms', ...(timed ? ['per second'] : []), ...rivals.map((name) => `× ${name}`)], rows }
}

/** A row for each operation, a column for each server. */
export function operationsTable(operations: Found['operations']): Table {
  const names = [...new Set([...operations.values()].flatMap((each) => Object.keys(each)))].sort()
  const columns = [...operations.values()]
  return {
    head: ['operations per login', ...operations.keys()],
    rows: [
      ...names.map((name) => [name, ...columns.map((each) => amount(each[name] ?? 0))]),
      ['all', ...columns.map((each) => amount(sum(each)))],
    ],
  }
}

const amount = (number: number): string => (Number.isInteger(number) ? String(number) : number.toFixed(2))

const medianOf = (numbers: Rounds, name: string, digits: number): string =>
  spread(timesOf(numbers, name)).median.toFixed(digits)

function whole(times: readonly number[]): readonly string[] {
  const { min, median, max } = spread(times)
  return [min, median, max].map((time) => Math.round(time).toLocaleString('en'))
}
