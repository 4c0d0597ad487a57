// What test files find as `node:test` on every runtime of `npm run test:runtimes`: tests are gathered as a file is
// loaded, run one after another, and reported by name. It has what the suite uses and no more.

/** What the body of a test is called with. */
export interface TestContext {
  readonly name: string
  diagnostic(text: string): void
  skip(reason?: string): void
  after(act: () => unknown): void
}

type Body = (t: TestContext) => unknown

interface Options {
  readonly skip?: boolean | string
  readonly timeout?: number
  /** What is still to be done before it can pass: it may fail until then. */
  readonly todo?: string
}

interface Registered {
  readonly name: string
  readonly options: Options
  readonly body: Body
}

/** What became of one test. */
export interface Outcome {
  readonly file: string
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly why?: string
  /** The entry of the skip list. */
  readonly entry?: number
  /** How long it took. */
  readonly ms?: number
}

/** A test file: its path in the repository, how it is loaded, and which of its tests are left out here. */
export interface TestFile {
  readonly path: string
  readonly load: () => Promise<unknown>
  readonly skips: readonly SkipRule[]
}

/** An entry of the skip list, as it arrives here. */
export interface SkipRule {
  readonly entry: number
  readonly why: string
  /** Names of tests; `*` stands for anything. */
  readonly tests: readonly string[]
}

const LOADING = '(the file is loaded)'
const MOST_MS = 120_000

let registered: Registered[] = []
let befores: (() => unknown)[] = []
let afters: (() => unknown)[] = []
/** Told of a promise that nobody waited for. */
let stray: ((error: unknown) => void) | undefined

export function test(name: string, ...rest: readonly [Body] | readonly [Options, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  registered.push({ name, options, body })
}
export default test

export const before = (act: () => unknown): unknown => befores.push(act)
export const after = (act: () => unknown): unknown => afters.push(act)

/** A runtime calls this for a rejection that was not handled: the test that runs fails. */
export const strayRejection = (error: unknown): void => stray?.(error)

interface RejectionEvent {
  readonly reason?: unknown
  preventDefault(): void
}

/** The same on runtimes that tell of it by an event. */
export function watchRejections(): void {
  const { addEventListener } = globalThis as unknown as {
    addEventListener(type: string, listener: (event: RejectionEvent) => void): void
  }
  addEventListener('unhandledrejection', (event) => {
    strayRejection(event.reason)
    event.preventDefault()
  })
}

/** Runs every test of some files, in order. */
export async function runFiles(
  files: readonly TestFile[],
  progress: (path: string) => unknown = () => {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const file of files) {
    await progress(file.path)
    outcomes.push(...(await runFile(file)))
  }
  return outcomes
}

async function runFile({ path: file, load, skips }: TestFile): Promise<readonly Outcome[]> {
  registered = []
  befores = []
  afters = []
  const fault = await faultOf(load)
  if (fault !== undefined) return [{ file, name: LOADING, state: 'failed', why: fault }]
  const tests = registered
  const outcomes: Outcome[] = []
  for (const act of befores) await act()
  for (const test of tests) outcomes.push({ file, name: test.name, ...(await outcomeOf(test, skips)) })
  for (const act of afters) await act()
  return outcomes
}

async function outcomeOf(test: Registered, skips: readonly SkipRule[]): Promise<Omit<Outcome, 'file' | 'name'>> {
  const rule = skips.find(({ tests }) => tests.some((pattern) => isNamed(test.name, pattern)))
  if (rule) return { state: 'skipped', why: rule.why, entry: rule.entry }
  const { skip } = test.options
  if (skip !== undefined && skip !== false) return { state: 'skipped', why: skip === true ? 'no reason' : skip }
  let skipped: string | undefined
  const cleanups: (() => unknown)[] = []
  const context: TestContext = {
    name: test.name,
    diagnostic: () => {},
    skip: (reason = 'no reason') => {
      skipped = reason
    },
    after: (act) => cleanups.push(act),
  }
  const start = Date.now()
  const fault = await faultOf(() => test.body(context), test.options.timeout)
  for (const act of cleanups) await act()
  const ms = Date.now() - start
  const { todo } = test.options
  if (fault !== undefined && todo !== undefined) return { state: 'skipped', why: `to do: ${todo}`, ms }
  if (fault !== undefined) return { state: 'failed', why: fault, ms }
  return skipped === undefined ? { state: 'passed', ms } : { state: 'skipped', why: skipped, ms }
}

/** Whether a name is that of a pattern, where `*` stands for anything. */
export function isNamed(name: string, pattern: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return name === pattern
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let from = first.length
  for (const part of others) {
    const found = name.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return from <= name.length - last.length
}

/** What went wrong, as a text; nothing where nothing did. */
async function faultOf(act: () => unknown, timeout: number = MOST_MS): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await Promise.race([
      (async () => act())(),
      new Promise((_, reject) => {
        stray = (error) =>
          reject(
            new Error(`a promise was rejected and nobody waited for it: ${String((error as Error)?.stack ?? error)}`),
          )
        timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout)
      }),
    ])
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) return `thrown: ${String(error)}`
    const stack = error.stack ?? ''
    return stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${stack}`
  } finally {
    stray = undefined
    clearTimeout(timer)
  }
}
