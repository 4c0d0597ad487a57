/** What a server under load is asked by the process that loads it, over IPC and so beside the load. */
export type Question =
  /** What it has used so far. */
  | { readonly ask: 'usage' }
  /** What its protocol has asked of the database so far. */
  | { readonly ask: 'operations' }
  /** To check a password so many times, as a login does. */
  | { readonly ask: 'passwords'; readonly count: number }

/** What a process has used since it began. */
export interface Usage {
  /** Of all its threads, in user and system mode, in milliseconds. */
  readonly cpuMs: number
  readonly rssBytes: number
}

/** How often each operation was done, such as `Session find`. */
export type Operations = Readonly<Record<string, number>>

export interface Answers {
  readonly usage: Usage
  readonly operations: Operations
  readonly passwords: undefined
}

/** A client of a server that is measured. */
export interface Credentials {
  readonly id: string
  readonly secret: string
}

/** Someone who can log in. */
export interface Person {
  readonly email: string
  readonly password: string
}

/** What a server says once it listens. */
export interface Ready {
  readonly origin: string
  readonly issuer: string
  /** Gets tokens in its own name. */
  readonly service: Credentials
  /** People log in to it. */
  readonly web: Credentials
  readonly people: readonly Person[]
}

/** What all servers are set up with. */
export interface Setup {
  /** Settings of the authority, as in its environment. */
  readonly env: Readonly<Record<string, string>>
  /** How many people there are. */
  readonly people: number
}

/** What every access token is for, and where codes go: nobody is there. */
export const [RESOURCE, SCOPE, CALLBACK] = ['https://orders.example', 'orders:read', 'https://app.example/callback']

/** In a server: what it was started with. */
export function toSetup(): Setup {
  return JSON.parse(process.argv[2] ?? '') as Setup
}

/** In a server: says that it listens, and answers from then on. It ends with the process that started it. */
export function answer(
  ready: Ready,
  {
    operations = () => ({}),
    passwords,
  }: { operations?: () => Operations; passwords?: (count: number) => unknown } = {},
): void {
  process.on('message', async ({ id, question }: { readonly id: number; readonly question: Question }) => {
    if (question.ask === 'passwords') await passwords?.(question.count)
    const value = question.ask === 'usage' ? usage() : question.ask === 'operations' ? operations() : undefined
    process.send?.({ id, value })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ ready })
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() }
}

/** People by number, who are the same to every server. */
export function newPeople(count: number): readonly Person[] {
  return Array.from({ length: count }, (_, index) => ({
    email: `p${index}@example.org`,
    password: `password ${index}`,
  }))
}
