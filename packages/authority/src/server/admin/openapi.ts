import { NAMES, ROUTES, type Route } from './routes.ts'
import { INPUTS, OUTPUTS } from './schemas.ts'

const ABOUT = `Users, clients, signing keys, sessions and the audit trail of this authority.

A request carries an access token of this very issuer for the resource \`{ISSUER}/admin\` with the scope \`admin\`. A client
gets such tokens if it was registered for them: \`--resource {ISSUER}/admin=admin\`. A token of a person lets in whoever has
the role \`authority:admin\` now; one that a service got by its own credentials needs no role. A token that is bound to a
key (RFC 9449) comes with a proof.

What changes something is written to the audit trail under the user or the client. Backup and restore, changes of the
database, and a change of the key that encrypts keys are for the command line alone: they need the machine.`

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'There is no token, or it is refused (RFC 6750)',
  403: 'The token does not go for this',
  404: 'What the path or the query names is not there',
  409: 'It is there already',
  413: 'The body is longer than 256 KiB',
  415: 'The body is not application/json',
  422: 'What was said does not make sense',
  503: 'Not at the moment: ask again after Retry-After',
}

const json = (schema: string): object => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
})

/** What the admin API is, for programs (OpenAPI 3.1). */
export function toOpenApi(issuer: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of ROUTES) {
    const path = paths[route.path] ?? { ...(namesOf(route).length > 0 && { parameters: namesOf(route).map(toName) }) }
    paths[route.path] = { ...path, [route.method]: toOperation(route) }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'countersign admin API', version: '1', description: ABOUT.replaceAll('{ISSUER}', issuer) },
    servers: [{ url: `${issuer}/admin/api` }],
    security: [{ oauth: ['admin'] }, { bearer: [] }],
    tags: ['users', 'clients', 'keys', 'sessions', 'audit'].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        oauth: {
          type: 'oauth2',
          description: `Ask for the resource ${issuer}/admin (RFC 8707).`,
          flows: {
            clientCredentials: { tokenUrl: `${issuer}/token`, scopes: SCOPES },
            authorizationCode: { authorizationUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token`, scopes: SCOPES },
          },
        },
      },
      schemas: { ...INPUTS, ...OUTPUTS },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          `Refusal${status}`,
          { description, ...(status in FIELDS && { headers: FIELDS[status] }), content: json('Error') },
        ]),
      ),
    },
  }
}

const SCOPES = { admin: 'Administer the authority' }

const field = (description: string): object => ({ description, schema: { type: 'string' } })
const CHALLENGE = { 'WWW-Authenticate': field('What a token has to be') }
const FIELDS: Readonly<Record<string, object>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  503: { 'Retry-After': field('Seconds') },
}

const namesOf = ({ path }: Route): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

const toName = (name: string): object => ({
  ...{ name, in: 'path', required: true, description: NAMES[name] },
  schema: { type: 'string' },
})

function toOperation(route: Route): object {
  const { id, tag, summary, description, query = {}, body, bodyOptional = false, status, answer } = route
  const refusals = [400, 401, 403, ...route.refusals, ...(body === undefined ? [] : [413, 415, 422]), 503]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(Object.keys(query).length > 0 && {
      parameters: Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
    }),
    ...(body !== undefined && { requestBody: { required: !bodyOptional, content: json(body) } }),
    responses: {
      [status]: {
        description: 'Done',
        ...(route.location && { headers: { Location: field('Where it is') } }),
        content: json(answer),
      },
      ...Object.fromEntries(
        [...new Set(refusals)].map((refusal) => [refusal, { $ref: `#/components/responses/Refusal${refusal}` }]),
      ),
    },
  }
}
