import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATION_NAMES } from '../../src/operations.ts'
import { toOpenApi } from '../../src/server/admin/openapi.ts'
import { type Node, type Operation, resolve } from './support.ts'

const document = JSON.parse(JSON.stringify(toOpenApi('https://id.example'))) as {
  readonly openapi: string
  readonly info: Node
  readonly servers: readonly Node[]
  readonly security: readonly Readonly<Record<string, unknown>>[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, Node>>>>
}
const METHODS = ['get', 'post', 'patch', 'delete']

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => method in item).map((method) => ({
    ...{ path, method, operation: item[method] as Operation },
    parameters: [...((item['parameters'] ?? []) as readonly Node[]), ...((item[method] as Operation).parameters ?? [])],
  })),
)

/** Every object in a document, with the place where it is. */
function* nodesOf(value: unknown, at = ''): Generator<readonly [string, Node]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [at, value as Node]
  for (const [name, member] of Object.entries(value)) yield* nodesOf(member, `${at}/${name}`)
}

test('the document says what it is, where the API is, and who may use it (OpenAPI 3.1.1 §4.8)', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/)
  for (const name of ['title', 'version']) assert.equal(typeof document.info[name], 'string')
  assert.match(String(document.info['description']), /Backup and restore.*command line alone/s)
  assert.deepEqual(document.servers, [{ url: 'https://id.example/admin/api' }])
  for (const name of document.security.flatMap(Object.keys)) assert.ok(document.components['securitySchemes']?.[name])
})

test('every reference leads somewhere, and every component is referred to', () => {
  const referred = new Set<string>()
  for (const [at, node] of nodesOf(document)) {
    if (!('$ref' in node)) continue
    assert.deepEqual(Object.keys(node), ['$ref'], at)
    resolve(document, node)
    referred.add(String(node['$ref']))
  }
  for (const kind of ['schemas', 'responses'])
    for (const name of Object.keys(document.components[kind] ?? {}))
      assert.ok(referred.has(`#/components/${kind}/${name}`), `nothing refers to ${name}`)
})

test('every name in a path is declared, once, and no other', () => {
  for (const { path, parameters } of operations) {
    const inPath = parameters.filter((one) => one['in'] === 'path')
    assert.deepEqual(
      inPath.map(({ name }) => name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      path,
    )
    for (const one of inPath) assert.equal(one['required'], true)
    for (const one of parameters) assert.equal(typeof one['schema'], 'object')
    const names = parameters.map((one) => `${one['in']} ${one['name']}`)
    assert.equal(new Set(names).size, names.length)
  }
})

test('every operation has a name of its own, a summary, an answer, and what it says when it refuses', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { method, path, operation } of operations) {
    assert.ok(String((operation as unknown as Node)['summary']).length > 5)
    const statuses = Object.keys(operation.responses)
    assert.equal(statuses.filter((status) => status.startsWith('2')).length, 1, path)
    for (const status of ['400', '401', '403', '503'])
      assert.ok(statuses.includes(status), `${method} ${path} ${status}`)
    assert.equal(statuses.includes('404'), /\{|\/sessions|\/audit/.test(path), path)
    for (const response of Object.values(operation.responses))
      assert.equal(typeof resolve(document, response)['description'], 'string')
    if (operation.requestBody) assert.ok(['post', 'patch'].includes(method))
  }
})

test('what there is to do by commands, there is to do by this API', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  for (const name of OPERATION_NAMES) assert.ok(ids.includes(name), `no route does ${name}`)
})

test('a schema has words of JSON Schema alone, and its required members are there', () => {
  const words = ['type', 'description', 'examples', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'minimum']
  const more = [
    'maximum',
    'default',
    'items',
    'maxItems',
    'properties',
    'required',
    'additionalProperties',
    'writeOnly',
  ]
  const check = (schema: Node, at: string): void => {
    if ('$ref' in schema) return
    for (const word of Object.keys(schema)) assert.ok([...words, ...more].includes(word), `${at} has ${word}`)
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Node>>
    for (const name of (schema['required'] ?? []) as readonly string[]) assert.ok(name in properties, `${at}/${name}`)
    for (const [name, property] of Object.entries(properties)) check(property, `${at}/${name}`)
    for (const word of ['items', 'additionalProperties'])
      if (typeof schema[word] === 'object') check(schema[word] as Node, `${at}/${word}`)
  }
  for (const [name, schema] of Object.entries(document.components['schemas'] ?? {})) check(schema, name)
})
