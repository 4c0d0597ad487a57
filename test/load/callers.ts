// Those who remember what they were given: apps with refresh tokens and codes, a service that signs, an administrator, and
// whoever calls an API.
import { setTimeout as pause } from 'node:timers/promises'
import { clientAssertion } from 'countersign/profile'
import {
  type Answer,
  type Arrival,
  addClient,
  authorize,
  codeGrant,
  getTokens,
  type KeyPair,
  ORDERS,
  post,
  type TestClient,
  type World,
} from '../../packages/authority/test/support/world.ts'
import type { Tally } from './tally.ts'
import { faultOfTrouble, type Trouble } from './trouble.ts'

interface Parts {
  readonly world: World
  /** The origin of an API that takes tokens of the authority. */
  readonly api: string
  readonly tally: Tally
  readonly trouble: Trouble
  /** Of a service whose keys are at `jwksUri`. */
  readonly pair: KeyPair
  readonly jwksUri: string
  /** Whether the database can go just as it says that something is done, so that nobody hears of it. */
  readonly farOff: boolean
}

/** A refresh token that was given, and the one before it. */
interface Family {
  readonly app: TestClient
  token: string
  before: string | undefined
  /** Whether the last answer was an error, so that nobody can say what came of the request. */
  open: boolean
}

export interface Code {
  readonly app: TestClient
  readonly arrival: Arrival
}

const [FAMILIES, CODES] = [12, 3]
/** Milliseconds between two requests of one caller, and before one is repeated. */
const [PACE, AGAIN] = [40, 200]
/** One connection for one request: one that is kept may end just when it is to be used again, and that is no answer. */
const ALONE = { connection: 'close' }

export class Callers {
  readonly #parts: Parts
  readonly #families: Family[] = []
  readonly #users: string[] = []
  readonly #signer: { sign(): Promise<string> }
  readonly #service: TestClient
  #over = false
  #serviceToken = ''
  readonly #done = { refreshed: 0, repeated: 0, inDoubt: { codes: 0, refreshes: 0 }, codes: 0, assertions: 0, calls: 0 }

  private constructor(parts: Parts, service: TestClient, signer: { sign(): Promise<string> }) {
    this.#parts = parts
    this.#service = service
    this.#signer = signer
  }

  static async open(parts: Parts): Promise<Callers> {
    const { world, pair, jwksUri } = parts
    const resources = { [ORDERS]: 'orders:read' }
    const signing = { type: 'service', auth: 'private_key_jwt', jwks_uri: jwksUri, resources } as const
    const { client_id: clientId } = await world.operations.addClient(signing)
    const signer = clientAssertion.createSigner({ key: pair.key, clientId, audience: world.issuer })
    const callers = new Callers(parts, await addClient(world, { type: 'service', resources }), signer)
    for (let left = FAMILIES; left > 0; left--) {
      // Each with an app of its own: what is used twice ends all that one app has got.
      const app = await addClient(world, { type: 'web' })
      const { refresh_token: token = '' } = await getTokens(world, app)
      callers.#families.push({ app, token, before: undefined, open: false })
    }
    await callers.#renew()
    return callers
  }

  start(): Promise<unknown> {
    return Promise.all([
      ...this.#families.map((family) => this.#loop(PACE, () => this.#refresh(family))),
      this.#loop(500, () => this.#addUser()),
      this.#loop(250, () => this.#assert()),
      this.#loop(50, () => this.#call()),
      this.#loop(5000, () => this.#renew()),
    ])
  }

  async stop(working: Promise<unknown>): Promise<void> {
    this.#over = true
    await working
  }

  /** Codes that nobody has redeemed. */
  async takeCodes(): Promise<readonly Code[]> {
    const { world } = this.#parts
    const codes: Code[] = []
    for (let left = CODES; left > 0; left--) {
      const app = await addClient(world, { type: 'web' })
      codes.push({ app, arrival: await authorize(world, app) })
    }
    return codes
  }

  /** Redeems codes, again and again where the answer is an error, and once more after that. */
  async redeem(codes: readonly Code[]): Promise<void> {
    const { tally, farOff } = this.#parts
    await Promise.all(
      codes.map(async ({ app, arrival }) => {
        let open = false
        for (;;) {
          const { status, body } = await this.#ask('a code', codeGrant(arrival), app)
          if (status === 200) break
          if (status !== 503) {
            if (farOff && open && body['error'] === 'invalid_grant') this.#done.inDoubt.codes++
            else tally.fail(`a code was lost: ${status} ${JSON.stringify(body)}`)
            return
          }
          open = true
          await pause(AGAIN)
        }
        this.#done.codes++
        const again = await this.#ask('a code again', codeGrant(arrival), app)
        if (again.status === 200) tally.fail('a code was taken twice')
      }),
    )
  }

  /** Waits until it is ready and everything is answered as before. @returns whether it is, in time */
  async untilWell(most: number): Promise<boolean> {
    const { world } = this.#parts
    const until = performance.now() + most
    for (const family of this.#families) family.before = undefined
    while (performance.now() < until) {
      const ready = await fetch(`${world.issuer}/readyz`, { headers: ALONE }).then(
        ({ status }) => status === 200,
        () => false,
      )
      const signed = ready && (await this.#assertion()).status === 200
      if (signed && this.#families.every(({ before }) => before !== undefined)) return true
      await pause(50)
    }
    return false
  }

  /** Looks whether all that was acknowledged is there. */
  async examine(): Promise<void> {
    const { world, tally } = this.#parts
    for (const family of this.#families) {
      const { app, token } = family
      await this.#refresh(family)
      if (family.token === token) tally.fail('a refresh token that was given last is refused at the end')
      const used = await post(world, '/token', refreshGrant(token), app, ALONE)
      if (used.status !== 400) tally.fail(`a refresh token was taken twice: ${used.status}`)
    }
    const emails = new Set<string>()
    for (const email of this.#users) {
      const found = await world.operations.listUsers({ search: email })
      for (const user of found) emails.add(user.email)
    }
    const events = new Set<unknown>()
    for (let after = 0; ; ) {
      const entries = await world.operations.listAudit({ after, limit: 1000, event: 'user.added' })
      for (const { data } of entries) events.add(data['user'])
      const last = entries.at(-1)
      if (last === undefined) break
      after = last.seq
    }
    for (const email of this.#users) if (!emails.has(email)) tally.fail(`the user ${email} is lost`)
    if (events.size < this.#users.length)
      tally.fail(`${this.#users.length - events.size} entries of the audit trail are lost`)
  }

  figures(): readonly string[] {
    const { refreshed, repeated, inDoubt, codes, assertions, calls } = this.#done
    return [
      `${refreshed} refresh tokens used, ${repeated} requests repeated after 503; ${codes} codes redeemed across faults`,
      `${assertions} tokens for assertions, ${this.#users.length} users added, ${calls} calls of an API, none lost`,
      `answered 503 and yet done, since the database went as it said so: ${inDoubt.refreshes} refreshes, ${inDoubt.codes} codes`,
    ]
  }

  async #loop(pace: number, work: () => Promise<void>): Promise<void> {
    for (; !this.#over; await pause(pace)) await work()
  }

  /** Asks the token endpoint, and says whether the answer is one that may come. */
  async #ask(kind: string, fields: Readonly<Record<string, string>>, client?: TestClient): Promise<Answer> {
    const { world, tally, trouble } = this.#parts
    const at = performance.now()
    const answer = await post(world, '/token', fields, client, ALONE)
    tally.add(answer.status)
    if (answer.status === 503) {
      const fault = trouble.since(at) ? faultOfTrouble(answer.headers, answer.body) : '503 while nothing is wrong'
      if (fault !== undefined) tally.fail(`${kind}: ${fault}`)
    } else if (answer.status >= 500) tally.fail(`${kind}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }

  async #refresh(family: Family): Promise<void> {
    const { world, tally, farOff } = this.#parts
    const { app, token } = family
    if (family.open) this.#done.repeated++
    const { status, body } = await this.#ask('a refresh token', refreshGrant(token), app)
    if (status === 200) {
      this.#done.refreshed++
      Object.assign(family, { token: String(body['refresh_token']), before: token, open: false })
    } else if (status === 503) {
      family.open = true
      await pause(AGAIN)
    } else {
      // The answer before was an error, and yet it was done: the app has to have its user log in, which is all that is lost.
      if (farOff && family.open && body['error'] === 'invalid_grant') this.#done.inDoubt.refreshes++
      else tally.fail(`a refresh token was lost: ${status} ${JSON.stringify(body)}`)
      const { refresh_token: next = '' } = await getTokens(world, app)
      Object.assign(family, { token: next, before: undefined, open: false })
    }
  }

  async #addUser(): Promise<void> {
    const { world, tally, trouble } = this.#parts
    const [at, email] = [performance.now(), `user-${this.#users.length}-${Date.now()}@example.org`]
    try {
      await world.operations.addUser({ email, password: 'correct horse battery' })
      this.#users.push(email)
    } catch (error) {
      if (!trouble.since(at)) tally.fail(`a user could not be added: ${error}`)
    }
  }

  async #assertion(): Promise<Answer> {
    const grant = { grant_type: 'client_credentials', resource: ORDERS }
    const client_assertion = await this.#signer.sign()
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return this.#ask('an assertion', { ...grant, client_assertion, client_assertion_type: type })
  }

  async #assert(): Promise<void> {
    const { status, body } = await this.#assertion()
    if (status === 200) this.#done.assertions++
    else if (status !== 503) this.#parts.tally.fail(`an assertion: ${status} ${JSON.stringify(body)}`)
  }

  async #renew(): Promise<void> {
    const grant = { grant_type: 'client_credentials', resource: ORDERS, scope: 'orders:read' }
    const { status, body } = await this.#ask('a token', grant, this.#service)
    if (status === 200) this.#serviceToken = String(body['access_token'])
  }

  /** The API has its keys for long enough, so it notices nothing. */
  async #call(): Promise<void> {
    const { api, tally } = this.#parts
    const hostile = this.#done.calls++ % 10 === 0
    const token = hostile ? `${this.#serviceToken.slice(0, -4)}AAAA` : this.#serviceToken
    const answer = await fetch(`${api}/orders`, { headers: { ...ALONE, authorization: `Bearer ${token}` } })
    await answer.body?.cancel()
    tally.add(answer.status)
    if (answer.status !== (hostile ? 401 : 200))
      tally.fail(`the API answers ${answer.status} to a ${hostile ? 'hostile' : 'good'} token`)
  }
}

const refreshGrant = (token: string): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token: token,
})
