import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as promise from 'countersign'
import * as guard from 'countersign/guard'
import * as guardFastify from 'countersign/guard/fastify'
import * as guardHono from 'countersign/guard/hono'
import * as guardNode from 'countersign/guard/node'
import * as jwe from 'countersign/jwe'
import * as jws from 'countersign/jws'
import * as keyring from 'countersign/keyring'
import * as lint from 'countersign/lint'
import * as profile from 'countersign/profile'
import * as revocation from 'countersign/revocation'
import * as sync from 'countersign/sync'
import * as testing from 'countersign/testing'
import { blocksOf, runBlock } from '../../../test/support/run-block.ts'

const source = (file: string): string => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')

/** The example in the docstring of an exported function, class, constant or type, without the stars of the comment. */
function exampleOf(name: string, files: readonly string[]): string | undefined {
  for (const file of files) {
    const declaration = new RegExp(
      `/\\*\\*((?:(?!\\*/).)*)\\*/\\nexport (?:async )?(?:function|class|interface|const|type) ${name}\\b`,
      's',
    ).exec(source(file))
    const comment = declaration?.[1]?.split('/**').at(-1)
    if (comment) return comment.replaceAll(/^ \* ?/gm, '')
  }
  return undefined
}

/** What a door hands on from another one, whose example holds for both. */
const shared = [
  'capabilities',
  'decodeUnverified',
  'importKey',
  'keySet',
  'remoteKey',
  'remoteKeySet',
  'secretKey',
  'JoseError',
]
const own = (door: object): readonly string[] => Object.keys(door).filter((name) => !shared.includes(name))

/** The types that have an example of their own, since no function's shows them. All others lead to one that does. */
const TYPES = {
  countersign: {
    'jwt/decrypter.ts': ['BareOptions'],
    'jwt/verifier.ts': ['ManyIssuersOptions'],
    'key/remote.ts': ['RemoteAgree', 'RemoteUnwrap'],
    'options.ts': ['Limits', 'JoseLimits', 'JweLimits'],
    'schema.ts': ['StandardSchema'],
    'source/download.ts': ['Fetch'],
    'source/remote.ts': ['RemoteKeySetSnapshot'],
    'source/source.ts': ['KeyFinder'],
  },
  'countersign/jws': { 'jws/pieces.ts': ['PayloadStream'] },
  'countersign/guard': { 'guard/guard.ts': ['CookieOptions'], 'guard/proofs.ts': ['ProofOptions'] },
  'countersign/revocation': { 'revocation/expiring-store.ts': ['ExpiringStore'] },
  'countersign/keyring': { 'keyring/ring.ts': ['KeyRing'], 'keyring/store.ts': ['KeyStore'] },
  'countersign/testing': {
    'testing/endpoint.ts': ['TestFetch'],
    'testing/issuer.ts': ['RotateOptions'],
    'testing/mint.ts': ['MintOptions'],
  },
  'countersign/lint': { 'explain/options.ts': ['ExplainOptions'] },
}
for (const [door, names, files] of [
  ['countersign', Object.keys(promise), ['index.ts', 'errors.ts']],
  ['countersign/sync', own(sync), ['sync.ts']],
  ['countersign/jws', own(jws), ['jws.ts']],
  ['countersign/jwe', own(jwe), ['jwe.ts']],
  ['countersign/keyring', own(keyring), ['keyring.ts']],
  ['countersign/profile', own(profile), ['profile.ts']],
  ['countersign/revocation', own(revocation), ['revocation.ts']],
  ['countersign/testing', own(testing), ['testing.ts']],
  ['countersign/lint', own(lint), ['lint.ts']],
  ['countersign/guard', own(guard), ['guard.ts']],
  ['countersign/guard/node', own(guardNode), ['guard-node.ts']],
  ['countersign/guard/fastify', own(guardFastify), ['guard-fastify.ts']],
  ['countersign/guard/hono', own(guardHono), ['guard-hono.ts']],
  ...Object.entries(TYPES).flatMap(([door, files]) =>
    Object.entries(files).map(([file, names]) => [door, names, [file]] as const),
  ),
] as const) {
  for (const name of names) {
    test(`${door}: the example of ${name} runs and prints what it says`, async () => {
      const [block, ...more] = blocksOf(exampleOf(name, files) ?? '', `${door} ${name}`)
      assert.ok(block, `${name} has no example in its docstring`)
      assert.equal(more.length, 0)
      await runBlock(block)
    })
  }
}
