import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fails, place, signed, works } from './support.ts'

const README = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the private key is readable by its owner alone, and only its public half is published', async (t) => {
  const here = await signed(t)
  if (process.platform !== 'win32') assert.equal((await stat(here.path('alice.pem'))).mode & 0o777, 0o600)
  const response = await fetch(here.alice.url)
  const { keys } = (await response.json()) as { keys: object[] }
  assert.equal(response.headers.get('Content-Type'), 'application/jwk-set+json')
  assert.deepEqual(keys.map(Object.keys), [['kty', 'crv', 'x', 'y', 'use', 'kid']])
})

for (const alg of ['ES256', 'PS256']) {
  test(`a file is signed with ${alg}, and verified in another folder with the published key`, async (t) => {
    const here = await signed(t, `--alg ${alg}`)
    assert.match(here.jws, /^[\w-]+\.\.[\w-]+\n$/) // detached: no payload between the dots (RFC 7515 Appendix F)
    const { kid, iat, ...header } = JSON.parse(Buffer.from(here.jws.split('.')[0] ?? '', 'base64url').toString())
    assert.deepEqual(header, { alg, typ: 'file-signature', file: 'contract.txt', b64: false, crit: ['b64'] })
    await mkdir(here.path('inbox'))
    await copyFile(here.path('contract.txt'), here.path('inbox/contract.txt'))
    const said = await works(here, `verify.ts inbox/contract.txt contract.txt.jws --jwks ${here.alice.url}`)
    assert.equal(
      said,
      [
        'good         inbox/contract.txt is what was signed',
        `signed       ${new Date(iat * 1000).toUTCString()}, as the signer says`,
        `key          ${kid} of ${here.alice.url}\n`,
      ].join('\n'),
    )
  })
}

/** Has a process print the most memory it ever held, in KiB. */
const MEASURED = ['--import', 'data:text/javascript,process.on("exit",()=>console.log(process.resourceUsage().maxRSS))']

test('a file of 200 MB is never held as a whole, and its last byte counts', async (t) => {
  const here = await signed(t)
  const large = here.path('large.bin')
  await writeFile(large, '')
  await truncate(large, 200_000_000) // a hole that reads as zeros: no disk is filled
  const mebibytes = async (command: string): Promise<number> => {
    const { code, stdout, stderr } = await here.run(command, MEASURED)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    return Number(stdout.trim().split('\n').at(-1)) / 1024
  }
  await writeFile(here.path('small.bin'), 'small')
  for (const command of ['sign.ts FILE --key alice.pem', `verify.ts FILE FILE.jws --jwks ${here.alice.url}`]) {
    const small = await mebibytes(command.replaceAll('FILE', 'small.bin'))
    const more = (await mebibytes(command.replaceAll('FILE', 'large.bin'))) - small
    assert.ok(more < 120, `${command} took ${more} MiB more`)
  }
  await truncate(large, 199_999_999)
  await writeFile(large, '\u0001', { flag: 'a' })
  await fails(here, `verify.ts large.bin large.bin.jws --jwks ${here.alice.url}`, /^refused {6}CS_SIGNATURE/)
})

test('the demonstration tells the whole story and leaves nothing behind', async (t) => {
  const here = await place(t)
  const story = await works(here, 'demo.ts')
  assert.match(story, /^ {6}good {9}contract\.txt is what was signed$/m)
  const refusals = [...story.matchAll(/^ {6}(?:refused|unavailable) +(\w+):/gm)].map(([, code]) => code)
  const forged = ['CS_SIGNATURE', 'CS_SIGNATURE', 'CS_NO_KEY', 'CS_SIGNATURE', 'CS_SIGNATURE', 'OTHER_NAME']
  assert.deepEqual(refusals, [...forged, 'CS_JWKS_FETCH'])
  assert.deepEqual(await readdir(here.folder), [])

  const [, excerpt = ''] = /^```text\n(.+?)^```/ms.exec(README) ?? []
  const lines = excerpt.split('\n').filter((line) => line !== '…')
  const told = story.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:40123')
  for (const line of lines) assert.ok(told.includes(line), `the README has another line: ${line}`)
  assert.ok(lines.length > 5)
})

test('the commands of the README work', async (t) => {
  const here = await place(t)
  const commands = [...README.matchAll(/^npx node src\/(.+)$/gm)].map(([, command = '']) => command)
  assert.deepEqual(
    commands.map((command) => command.split(' ')[0]),
    ['keys.ts', 'sign.ts', 'keys.ts', 'verify.ts'],
  )
  const [text = '', file = ''] = /^echo '(.+)' > (\S+)$/m.exec(README)?.slice(1) ?? []
  await writeFile(here.path(file), `${text}\n`)
  let url = ''
  for (const command of commands) {
    if (!command.startsWith('keys.ts publish')) await works(here, command.replace(/http:\S+/, url))
    else url = (await here.publish(command.split(' ')[2] ?? '')).url
  }
  const promised = new URL(/--jwks (\S+)/.exec(README.slice(README.indexOf('Bob:')))?.[1] ?? '')
  assert.deepEqual([promised.pathname, promised.port], [new URL(url).pathname, '8080'])
})
