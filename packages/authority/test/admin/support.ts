import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { accessToken } from 'countersign/profile'
import { ADMIN_ROLE } from '../../src/accounts/users.ts'
import { missing, type StartOptions } from '../support/authority.ts'
import { addClient, getTokens, openWorld, post, type TestClient, type World } from '../support/world.ts'

/** Runs tests on each database; those of one share an authority. */
export function onBothStores(tests: (world: () => World) => void, options: StartOptions = {}): void {
  for (const topology of ['sqlite', 'postgres'] as const) {
    describe(topology, { skip: missing(topology) }, () => {
      let world: World | undefined
      before(async () => {
        world = await openWorld(topology, options)
      })
      after(() => world?.stop())
      tests(() => world as World)
    })
  }
}

export const audienceOf = ({ issuer }: World): string => `${issuer}/admin`

/** A program that was registered to administer, and its token. */
export async function openMachine(world: World): Promise<{ readonly client: TestClient; readonly token: string }> {
  const client = await addClient(world, { type: 'service', resources: { [audienceOf(world)]: 'admin' } })
  return { client, token: await machineToken(world, client) }
}

export async function machineToken(world: World, client: TestClient): Promise<string> {
  const asked = { grant_type: 'client_credentials', resource: audienceOf(world), scope: 'admin' }
  const { status, body } = await post(world, '/token', asked, client)
  assert.equal(status, 200, JSON.stringify(body))
  return String(body['access_token'])
}

/** The token of the user of the world, by an app that was registered to administer. */
export async function personToken(world: World): Promise<{ readonly client: TestClient; readonly token: string }> {
  const client = await addClient(world, { type: 'web', resources: { [audienceOf(world)]: 'admin' } })
  const tokens = await getTokens(world, client, { scope: 'openid admin', resource: audienceOf(world) })
  return { client, token: tokens.access_token }
}

/** Makes the user of the world an administrator, or takes that back. */
export async function setAdmin({ operations, user }: World, admin: boolean): Promise<void> {
  await operations.updateUser(user.id, { roles: [...user.roles, ...(admin ? [ADMIN_ROLE] : [])] })
}

/** A token by the keys of the authority that says what a test wants. */
export function mint(world: World, claims: object, options: object = {}): Promise<string> {
  const [{ ring } = { ring: undefined }] = world.instances
  assert.ok(ring)
  const { issuer } = world
  const signer = accessToken.createSigner({ key: ring, alg: 'ES256', issuer, expiresIn: 60, ...options })
  return signer.sign({ aud: audienceOf(world), scope: 'admin', ...claims } as never)
}

/** What of OpenAPI the tests read. */
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Node>> }
}

export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Node[]
  readonly requestBody?: Node
  readonly responses: Readonly<Record<string, Node>>
}

/** A part of a document. */
export type Node = Readonly<Record<string, unknown>>

export interface Asked<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** The admin API, whose answers are all held against its document. */
export class Api {
  readonly #world: World
  #document: Document | undefined

  constructor(world: World) {
    this.#world = world
  }

  async document(): Promise<Document> {
    this.#document ??= (await (await fetch(`${this.#world.issuer}/admin/api/openapi.json`)).json()) as Document
    return this.#document
  }

  /** @param path - as the document has it, with what it names in place: `/users/usr_…` */
  async ask<Body = Readonly<Record<string, unknown>>>(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Asked<Body>> {
    const answer = await fetch(`${this.#world.issuer}/admin/api${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const content = (await answer.json()) as Body
    assert.equal(answer.headers.get('cache-control'), 'no-store', path)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(answer.headers.get('access-control-allow-origin'), null, path)
    await this.#demand(method, path, answer.status, content)
    return { status: answer.status, headers: answer.headers, body: content }
  }

  async #demand(method: string, path: string, status: number, body: unknown): Promise<void> {
    const document = await this.document()
    const [plain = ''] = path.split('?')
    const like = (template: string): boolean => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain)
    // What is spelled out goes before what a name stands for.
    const template = document.paths[plain] ? plain : Object.keys(document.paths).find(like)
    const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()]
    const error = resolve(document, { $ref: '#/components/schemas/Error' })
    if (operation === undefined) return assert.deepEqual(mismatches(document, error, body, ''), [], plain)
    const response = operation.responses[status]
    assert.ok(response, `${method} ${plain} answered ${status}, which its document does not know`)
    const { content } = resolve(document, response) as { readonly content: Readonly<Record<string, Node>> }
    const schema = content['application/json']?.['schema'] as Node
    assert.deepEqual(mismatches(document, schema, body, ''), [], `${method} ${plain} ${status}`)
  }
}

/** What a `$ref` in a document leads to. */
export function resolve(document: object, node: Node): Node {
  const { $ref } = node
  if (typeof $ref !== 'string') return node
  assert.ok($ref.startsWith('#/'), $ref)
  let found: unknown = document
  for (const name of $ref.slice(2).split('/')) found = (found as Node | undefined)?.[name]
  assert.ok(typeof found === 'object' && found !== null, `${$ref} leads nowhere`)
  return resolve(document, found as Node)
}

/** Where a value is not as its schema says (JSON Schema 2020-12, as much of it as the document uses), and says more. */
export function mismatches(document: object, given: Node, value: unknown, at: string): readonly string[] {
  const schema = resolve(document, given) as {
    readonly type?: string
    readonly enum?: readonly unknown[]
    readonly items?: Node
    readonly properties?: Readonly<Record<string, Node>>
    readonly required?: readonly string[]
  }
  const kind = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value
  if (schema.type !== undefined && (kind !== schema.type || value === null)) return [`${at} is ${kind}`]
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is ${String(value)}`]
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => mismatches(document, schema.items ?? {}, item, `${at}/${index}`))
  }
  if (kind !== 'object' || schema.properties === undefined) return []
  const members = value as Node
  const missing = (schema.required ?? []).filter((name) => !(name in members)).map((name) => `${at}/${name} is missing`)
  const wrong = Object.entries(members).flatMap(([name, member]) => {
    const known = schema.properties?.[name]
    return known ? mismatches(document, known, member, `${at}/${name}`) : [`${at}/${name} is not in the document`]
  })
  return [...missing, ...wrong]
}
