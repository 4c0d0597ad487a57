import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as promise from 'countersign'
import * as jwe from 'countersign/jwe'
import * as jws from 'countersign/jws'
import * as keyring from 'countersign/keyring'
import * as sync from 'countersign/sync'
import { blocksOf, runBlock } from '../../../test/support/run-block.ts'

const source = (file: string): string => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')

/** The example in the docstring of an exported function, class or interface, without the stars of the comment. */
function exampleOf(name: string, files: readonly string[]): string | undefined {
  for (const file of files) {
    const declaration = new RegExp(
      `/\\*\\*((?:(?!\\*/).)*)\\*/\\nexport (?:async )?(?:function|class|interface) ${name}\\b`,
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
for (const [door, names, files] of [
  ['countersign', Object.keys(promise), ['index.ts', 'errors.ts']],
  ['countersign/sync', Object.keys(sync).filter((name) => !shared.includes(name)), ['sync.ts']],
  ['countersign/jws', Object.keys(jws).filter((name) => !shared.includes(name)), ['jws.ts']],
  ['countersign/jwe', Object.keys(jwe).filter((name) => !shared.includes(name)), ['jwe.ts']],
  [
    'countersign/keyring',
    [...Object.keys(keyring).filter((name) => !shared.includes(name)), 'KeyStore'],
    ['keyring.ts', 'keyring/store.ts'],
  ],
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
