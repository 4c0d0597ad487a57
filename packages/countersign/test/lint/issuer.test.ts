import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from 'countersign'
import { lint, lintIssuer, rules } from 'countersign/lint'
import { backend } from '#crypto'
import { auditIssuer } from '../../src/lint/issuer/audit.ts'
import { lintSubject } from '../../src/lint/lint.ts'
import { RULES } from '../../src/lint/rules.ts'
import { toSubject } from '../../src/lint/subject.ts'
import {
  audit,
  ISSUER,
  JWKS,
  json,
  KEYS,
  KEYS_HEADERS,
  METADATA,
  METADATA_HEADERS,
  OAUTH,
  OIDC,
  published,
  rowsOf,
  type Served,
  webOf,
} from '../support/audited.ts'
import certificates from '../support/certificates.json' with { type: 'json' }
import { mac, NOW } from '../support/forge.ts'
import { answer } from '../support/remote.ts'
import { IN_KEYS } from './found/keys.ts'
import { IN_METADATA } from './found/metadata.ts'

const GRANTS = 'metadata.grant_types_supported'
const LONE = [published('ES256'), published('RS256')]
const headers = (more: Readonly<Record<string, string>>): Served => ({ headers: { ...KEYS_HEADERS, ...more } })

const FOUND = [...IN_METADATA, ...IN_KEYS]
for (const [what, served, rule, severity, path] of FOUND) {
  test(`${rule} finds ${what}`, async () => {
    assert.deepEqual(rowsOf(await audit(served)), [[rule, severity, path]])
  })
}

/** What is served, and nothing to be found about it. */
const FINE: readonly (readonly [what: string, served: Served])[] = [
  ['an issuer as it should be', {}],
  ['metadata at the second place alone', { places: { [OIDC]: answer('', {}, 404), [OAUTH]: json(METADATA) } }],
  ['the same metadata at both places', { places: { [OAUTH]: json(METADATA) } }],
  ['keys and endpoints at other hosts', { metadata: { token_endpoint: 'https://tokens.example/' } }],
  [
    'an authorization server without ID tokens',
    {
      places: {
        [OIDC]: answer('', {}, 404),
        [OAUTH]: json(without('id_token_signing_alg_values_supported', 'scopes_supported')),
      },
    },
  ],
  ['keys for a day', headers({ 'cache-control': 'max-age=86400' })],
  ['keys as application/json', headers({ 'content-type': 'application/json;charset=UTF-8' })],
  [
    'keys that say by Expires how long they are good',
    {
      headers: {
        'content-type': 'application/json',
        date: 'Mon, 23 Nov 2026 05:00:00 GMT',
        expires: 'Mon, 23 Nov 2026 06:00:00 GMT',
      },
    },
  ],
  [
    'algorithms of every kind',
    {
      metadata: {
        userinfo_encryption_alg_values_supported: ['ECDH-ES', 'dir'],
        userinfo_encryption_enc_values_supported: ['A128GCM'],
        dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'ML-DSA-44'],
      },
    },
  ],
  [
    'clients that sign with their secrets',
    { metadata: { token_endpoint_auth_signing_alg_values_supported: ['HS256'] } },
  ],
  [
    'switches and lists',
    { metadata: { request_parameter_supported: false, acr_values_supported: ['a'], 'x y': { z: 1 } } },
  ],
  [
    'members that nobody knows, by any name',
    {
      places: {
        [OIDC]: answer(
          `{"__proto__":{"issuer":1},"constructor":[],${JSON.stringify(METADATA).slice(1)}`,
          METADATA_HEADERS,
        ),
      },
    },
  ],
]
function without(...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(METADATA).filter(([name]) => !names.includes(name)))
}
for (const [what, served] of FINE) {
  test(`nothing is found about ${what}`, async () => {
    assert.deepEqual(rowsOf(await audit(served)), [])
  })
}

test('where nobody logs in, neither PKCE nor iss in responses is asked for', async () => {
  const bare = {
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/token`,
    jwks_uri: JWKS,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['none'],
  }
  assert.deepEqual(rowsOf(await audit({ places: { [OIDC]: answer('', {}, 404), [OAUTH]: json(bare) } })), [])
})

test('a key that is alone needs no kid; that it is alone is told', async () => {
  const metadata = { id_token_signing_alg_values_supported: ['RS256'] }
  const report = await audit({ metadata, keys: [{ ...published('RS256'), kid: undefined }] })
  assert.deepEqual(rowsOf(report), [['CSL125', 'info', 'jwks.keys[0]']])
})

test('an authorization server without keys is told once, as a fact', async () => {
  const opaque = without('jwks_uri', 'id_token_signing_alg_values_supported', 'scopes_supported')
  const report = await audit({ places: { [OIDC]: answer('', {}, 404), [OAUTH]: json(opaque) } })
  assert.deepEqual(rowsOf(report), [['CSL120', 'info', 'metadata.jwks_uri']])
})

test('CSL124 finds a certificate out of date, and none that holds', async () => {
  const [pem = ''] = Object.values(certificates.certificates).map(({ certificate }) => certificate)
  const { key, x5c } = { key: door.importKey(pem), x5c: [pem.replaceAll(/-----.*?-----|\s/g, '')] }
  const jwk = { ...(await door.exportJwk(key)), kid: 'c', use: 'sig', alg: 'RS256', x5c }
  const at = async (now: number): Promise<readonly string[]> =>
    rowsOf(await audit({ keys: [...KEYS, jwk] }, { now: () => now })).map(([rule, , path]) => `${rule} ${path}`)
  assert.deepEqual(await at(0), ['CSL124 jwks.keys[4].x5c'])
  assert.deepEqual(await at(5_000_000_000), ['CSL124 jwks.keys[4].x5c'])
  assert.deepEqual(await at(1_800_000_000), [])
  const { findings } = await lint(pem, { now: () => 0 })
  assert.deepEqual(
    findings.map(({ rule, path }) => [rule, path]),
    [['CSL124', '']],
  )
})

test('the report has what was found, where, and for how long the keys may be kept', async () => {
  const { kind, issuer, metadataUrl, jwksUri, keys, maxAge, summary } = await audit({ keys: LONE })
  assert.deepEqual(
    { kind, issuer, metadataUrl, jwksUri, keys, maxAge, summary },
    {
      kind: 'issuer',
      issuer: ISSUER,
      metadataUrl: OIDC,
      jwksUri: JWKS,
      keys: 2,
      maxAge: 300,
      summary: { error: 0, warn: 0, info: 2 },
    },
  )
})

test('each document is asked for once, and nothing else is', async () => {
  const { asked, fetch } = webOf({})
  await lintIssuer(ISSUER, { fetch })
  assert.deepEqual(asked.sort(), [JWKS, OAUTH, OIDC].sort())
})

test('keys by http, or on this machine, are not fetched from afar, and that is said', async () => {
  for (const jwks_uri of [
    'http://issuer.example/jwks',
    'http://localhost/jwks',
    'https://127.0.0.1/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
  ]) {
    const { asked, fetch } = webOf({ metadata: { jwks_uri } })
    const { findings } = await lintIssuer(ISSUER, { fetch })
    assert.deepEqual(asked.sort(), [OAUTH, OIDC].sort())
    assert.match(findings[0]?.message ?? '', /It was not fetched\.$/)
  }
})

test('an issuer on this machine may be by http, and have its keys there', async () => {
  const issuer = 'http://localhost:3000'
  const local = JSON.parse(JSON.stringify(METADATA).replaceAll(ISSUER, issuer)) as object
  const { fetch } = webOf({
    places: {
      [`${issuer}/.well-known/openid-configuration`]: json(local),
      [`${issuer}/jwks`]: json({ keys: KEYS }, KEYS_HEADERS),
    },
  })
  assert.deepEqual(rowsOf(await lintIssuer(issuer, { fetch, now: () => NOW })), [])
})

test('by allowHttp an issuer is asked by http, which is an error all the same', async () => {
  const issuer = 'http://issuer.internal'
  const local = JSON.parse(JSON.stringify(METADATA).replaceAll(ISSUER, issuer)) as object
  const { asked, fetch } = webOf({ places: { [`${issuer}/.well-known/openid-configuration`]: json(local) } })
  const report = await lintIssuer(issuer, { fetch, allowHttp: true })
  assert.ok(asked.includes(`${issuer}/jwks`))
  assert.deepEqual([...new Set(report.findings.map(({ rule }) => rule))], ['CSL107', 'CSL120'])
})

test('a password in an address is not told', async () => {
  const { findings } = await audit({ metadata: { token_endpoint: 'https://ada:hunter2@issuer.example/' } })
  assert.ok(!JSON.stringify(findings).includes('hunter2'))
})

test('what rules weigh is for the caller to say', async () => {
  const served: Served = { keys: LONE, metadata: { grant_types_supported: ['password'] } }
  const report = await audit(served, { rules: { CSL125: 'off', CSL112: 'info', CSL102: 'off' } })
  assert.deepEqual(rowsOf(report), [['CSL112', 'info', GRANTS]])
})

test('an option that is not what it should be is a mistake of the program', async () => {
  for (const options of [
    null,
    [],
    { timeOut: 5 },
    { timeout: -1 },
    { maxBytes: 'x' },
    { allowHttp: 1 },
    { fetch: 1 },
    { rules: { CSL999: 'off' } },
    { now: 1 },
    { profile: 'bcp' },
  ])
    await assert.rejects(() => lintIssuer(ISSUER, options as never), TypeError, JSON.stringify(options))
  for (const issuer of [undefined, null, 1, {}, new URL(ISSUER)])
    await assert.rejects(() => lintIssuer(issuer as never, { fetch: webOf({}).fetch }), TypeError)
})

test('the set that was fetched can be handed on, so that a token by a secret is known to be none of the issuer', async () => {
  const { published: set } = await auditIssuer(ISSUER, { rules: RULES, now: NOW }, { fetch: webOf({}).fetch }, backend)
  assert.equal(set?.keys.length, 4)
  const token = mac({ alg: 'HS256', typ: 'JWT' }, { iss: ISSUER, exp: NOW + 60, iat: NOW }, 'x'.repeat(32))
  const setup = { rules: RULES, now: NOW, ...(set && { published: set }) }
  const findings = await lintSubject(toSubject(token, backend), setup, backend)
  assert.ok(findings.some(({ rule }) => rule === 'CSL002'))
})

test('each rule for issuers has a test that finds something by it, and a section that says so', () => {
  const tested = new Set([...FOUND.map(([, , rule]) => rule), 'CSL124'])
  const own = rules.filter(({ id }) => id >= 'CSL101')
  assert.deepEqual(
    own.map(({ id }) => id).filter((id) => !tested.has(id)),
    [],
  )
  for (const { spec, fix, text } of own) {
    assert.match(spec, /^(RFC \d+|OpenID Connect (Core|Discovery) 1\.0) §[\d.]+$/)
    assert.ok(fix.endsWith('.') && text.endsWith('.'))
  }
})
