import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { importKey, type Jwk, thumbprint } from 'countersign'
import { ALGORITHM } from '../../src/alg/algorithm.ts'
import { MANAGEMENT } from '../../src/alg/management.ts'
import { SIGNATURE } from '../../src/alg/signature.ts'
import { publicMembers } from '../support/keys.ts'
import { command, type Ran } from './support/memory-host.ts'

const { stdout, error } = spawnSync('jose', ['alg'], { encoding: 'utf8' })
/** The tool of that name, in C, with its own code for all of JOSE. */
const SKIP = error ? 'there is no jose to compare with: apt-get install jose' : false
if (SKIP) console.log(`interop with jose is skipped: ${SKIP}`)
const theirs = new Set(error ? [] : stdout.split(/\s+/))

type Files = Record<string, string>
const CLAIMS = '{"sub":"ada","n":12345678901234567890}'

const home = fs.mkdtempSync(join(tmpdir(), 'countersign-jose-'))
after(() => fs.rmSync(home, { recursive: true }))

/** A file of its own for a second input. */
function fileOf(text: string): string {
  const path = join(home, `${fs.readdirSync(home).length}.jwk`)
  fs.writeFileSync(path, text)
  return path
}

/** @param input - what it reads as - */
const jose = (args: readonly string[], input = ''): string =>
  execFileSync('jose', [...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trim()

async function ours(args: readonly string[], files: Files = {}): Promise<Ran> {
  const ran = await command(args, { files })
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.err}${ran.out}`)
  return ran
}

const made = async (alg: string): Promise<string> =>
  JSON.stringify((await ours(['key', 'new', alg, '--out', '-', '--json'])).json()['private'])
const gen = (template: object): string => jose(['jwk', 'gen', '-i', JSON.stringify(template)])

/** What both know, but for RSA, of which two stand for all: a key takes a while. */
const both = [...ALGORITHM.values()].filter(
  ({ id, kty, generate }) => theirs.has(id) && generate && (kty[0] !== 'RSA' || ['RS256', 'PS384'].includes(id)),
)
const signing = both.filter(({ id }) => SIGNATURE.has(id)).map(({ id }) => id)
const managing = both.filter(({ id }) => MANAGEMENT.has(id)).map(({ id }) => id)

describe('jose', { skip: SKIP }, () => {
  test('there is something to compare', () => {
    assert.ok(signing.length >= 8 && managing.length >= 6, `${signing} ${managing}`)
  })

  test('its keys are read here, and those that are made here are read by it, with the same thumbprint', async () => {
    for (const { id, kty } of both) {
      if (id === 'PS384') continue
      const k = gen({ alg: id })
      const told = (await ours(['key', 'inspect', '@k', '--json'], { k })).json()
      assert.equal(told['alg'], id)
      if (kty[0] === 'oct') continue
      assert.equal(told['thumbprint'], jose(['jwk', 'thp', '-i', '-', '-a', 'S256'], k), id)
      const own = await made(id)
      assert.equal(
        jose(['jwk', 'thp', '-i', '-', '-a', 'S512'], own),
        await thumbprint(importKey(JSON.parse(own) as Jwk), 'sha-512'),
      )
      assert.deepEqual(JSON.parse(jose(['jwk', 'pub', '-i', '-'], own)), publicMembers(JSON.parse(own) as Jwk))
    }
  })

  test('its sets are changed here, and it reads what comes of that', async () => {
    const jwks = jose(
      ['jwk', 'pub', '-s', '-i', '-'],
      jose(['jwk', 'gen', '-s', '-i', '{"keys":[{"alg":"ES256"},{"alg":"ES384"}]}']),
    )
    const files: Files = { 'jwks.json': jwks, key: await made('ES512') }
    await ours(['key', 'set', 'jwks.json', 'add', '@key', '--kid', 'mine'], files)
    const kept = JSON.parse(
      jose(['jwk', 'use', '-i', '-', '-u', 'verify', '-s', '-o', '-'], String(files['jwks.json'])),
    ) as { keys: Jwk[] }
    assert.equal(kept.keys.length, 3)
    assert.deepEqual(kept.keys.slice(0, 2), (JSON.parse(jwks) as { keys: Jwk[] }).keys)
  })

  test('it verifies what was signed here, and the other way round; neither takes what was changed', async () => {
    for (const alg of signing) {
      const key = await made(alg)
      const pub = JSON.parse(key).kty === 'oct' ? key : JSON.stringify(publicMembers(JSON.parse(key) as Jwk))
      const token = (await ours(['sign', CLAIMS, '--key', '@key', '--exp', 'never', '--no-iat'], { key })).out.trim()
      const read = jose(['jws', 'ver', '-i', token, '-k', '-', '-O', '-'], pub)
      assert.match(read, /"n":12345678901234567890/, alg)
      const theirs = jose(['jws', 'sig', '-I', '-', '-k', fileOf(key), '-c'], CLAIMS)
      const back = await ours(['verify', theirs, '--key', '@pub', '--json'], { pub })
      assert.match(back.out, /"n":12345678901234567890/)
      const forged = theirs.replace(/\.(.)/, (_, first: string) => `.${first === 'f' ? 'g' : 'f'}`)
      const refused = await command(['verify', forged, '--key', '@pub'], { files: { pub } })
      assert.ok([3, 4].includes(refused.code), refused.err)
      assert.throws(() => jose(['jws', 'ver', '-i', forged, '-k', '-', '-O', '-'], pub))
    }
  })

  test('it opens what was encrypted here, and the other way round', async () => {
    for (const alg of managing) {
      const key = await made(alg)
      const isSecret = JSON.parse(key).kty === 'oct'
      const pub = isSecret ? key : JSON.stringify(publicMembers(JSON.parse(key) as Jwk))
      for (const enc of ['A256GCM', 'A128CBC-HS256']) {
        const args = ['encrypt', CLAIMS, '--to', '@pub', '--enc', enc, '--exp', 'never']
        const token = (await ours(args, { pub })).out.trim()
        assert.match(jose(['jwe', 'dec', '-i', token, '-k', '-', '-O', '-'], key), /"n":12345678901234567890/, alg)
        const template = JSON.stringify({ protected: { enc } })
        const theirs = jose(['jwe', 'enc', '-i', template, '-I', '-', '-k', fileOf(pub), '-c'], CLAIMS)
        const back = await ours(['decrypt', theirs, '--key', '@key'], { key })
        assert.equal(back.out.trim(), CLAIMS, `${alg} ${enc}`)
      }
    }
  })
})
