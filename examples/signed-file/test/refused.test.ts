import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { exportPem, generateKey, importKey, publicKey } from 'countersign'
import { signJws } from 'countersign/jws'
import { CONTRACT, fails, place, signed, works } from './support.ts'

const MISUSED = [
  'keys.ts',
  'keys.ts new',
  'keys.ts destroy alice.pem',
  'keys.ts new alice.pem mallory.pem',
  'keys.ts new alice.pem --alg HS256',
  'keys.ts publish alice.pem --port 70000',
  'sign.ts --key alice.pem',
  'sign.ts contract.txt',
  'sign.ts contract.txt other.txt --key alice.pem',
  'sign.ts contract.txt --kye alice.pem',
  'verify.ts contract.txt --jwks http://127.0.0.1:1/',
  'verify.ts contract.txt contract.txt.jws',
  'verify.ts contract.txt contract.txt.jws --jwks keys.json',
  'verify.ts contract.txt contract.txt.jws --jwks http://alice.example/jwks.json',
]

test('what is no right command is a usage error, and nothing is written', async (t) => {
  const here = await place(t)
  await Promise.all(
    MISUSED.map(async (command) => {
      const { code, stdout, stderr } = await here.run(command)
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, command)
      assert.match(stderr, /^[^\n]+\nusage: node src\/\w+\.ts /, command)
    }),
  )
  assert.deepEqual(await readdir(here.folder), [])
})

test('a tampered file, signature or name is refused with its code', async (t) => {
  const here = await signed(t)
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(here.path(file.split('/').slice(0, -1).join('/')), { recursive: true })
    await writeFile(here.path(file), text)
  }
  const own = { signature: 'contract.txt.jws' }
  const [header = '', , signature = ''] = here.jws.trim().split('.')
  const named = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const claiming = (change: object): string =>
    Buffer.from(JSON.stringify({ ...named, ...change })).toString('base64url')
  const asAnother = importKey(await readFile(here.path('alice.pem'), 'utf8'))

  await put('changed/contract.txt', CONTRACT.replace('100', '900'))
  await put('longer/contract.txt', `${CONTRACT} `)
  await put('empty/contract.txt', '')
  await put('another/contract.txt', 'Alice gives her bicycle to Mallory.\n')
  await put('last-will.txt', CONTRACT)
  await works(here, 'keys.ts new mallory.pem')
  for (const [folder, options] of [
    ['mallory', ''],
    ['posing', `--kid=${named.kid}`],
  ]) {
    await put(`${folder}/contract.txt`, CONTRACT)
    await works(here, `sign.ts ${folder}/contract.txt --key mallory.pem ${options}`)
  }
  await put('cut.jws', here.jws.trim().slice(0, -22))
  await put('cut-by-one.jws', here.jws.trim().slice(0, -1))
  await put('headless.jws', here.jws.slice(5))
  await put('unsigned.jws', `${claiming({ alg: 'none' })}..`)
  await put('renamed.jws', `${claiming({ file: 'last-will.txt' })}..${signature}`)
  await put('token.jws', await signJws(CONTRACT, { key: asAnother, detached: true, protected: { typ: 'JWT' } }))
  await put('carrying.jws', await signJws('Alice gives her bicycle to Mallory', { key: asAnother }))

  const refused = [
    { file: 'changed/contract.txt', ...own, code: 'CS_SIGNATURE' },
    { file: 'longer/contract.txt', ...own, code: 'CS_SIGNATURE' },
    { file: 'empty/contract.txt', ...own, code: 'CS_SIGNATURE' },
    { file: 'another/contract.txt', ...own, code: 'CS_SIGNATURE' },
    { file: 'contract.txt', signature: 'mallory/contract.txt.jws', code: 'CS_NO_KEY' },
    { file: 'contract.txt', signature: 'posing/contract.txt.jws', code: 'CS_SIGNATURE' },
    { file: 'contract.txt', signature: 'cut.jws', code: 'CS_SIGNATURE' },
    { file: 'contract.txt', signature: 'cut-by-one.jws', code: 'CS_BASE64' },
    { file: 'contract.txt', signature: 'headless.jws', code: 'CS_(BASE64|MALFORMED)' },
    { file: 'contract.txt', signature: 'unsigned.jws', code: 'CS_UNSIGNED' },
    { file: 'contract.txt', signature: 'contract.txt', code: 'CS_MALFORMED' },
    { file: 'contract.txt', signature: 'carrying.jws', code: 'CS_MALFORMED' },
    { file: 'contract.txt', signature: 'token.jws', code: 'OTHER_TYPE' },
    { file: 'last-will.txt', ...own, code: 'OTHER_NAME' },
    { file: 'last-will.txt', signature: 'renamed.jws', code: 'CS_SIGNATURE' },
  ]
  await Promise.all(
    refused.map(({ file, signature, code }) =>
      fails(here, `verify.ts ${file} ${signature} --jwks ${here.alice.url}`, new RegExp(`^refused {6}${code}: .+\n$`)),
    ),
  )
})

test('keys that cannot be had are said to be unavailable, and the signature is not called bad', async (t) => {
  const here = await signed(t)
  const command = `verify.ts contract.txt contract.txt.jws --jwks ${here.alice.url}`
  const unknown =
    /^unavailable {2}CS_JWKS_FETCH: (.+\n)+so {11}nothing is known about the signature: try again later\n$/
  await fails(here, `${command}x`, unknown)
  await here.alice.stop()
  await fails(here, command, unknown)
  await fails(here, command, /^unavailable .*ECONNREFUSED/m)
})

test('a file that is missing is named, and so is one that would be lost', async (t) => {
  const here = await signed(t)
  const before = await readFile(here.path('alice.pem'), 'utf8')
  const verify = (files: string): string => `verify.ts ${files} --jwks ${here.alice.url}`
  await Promise.all([
    fails(
      here,
      verify('nothing.txt contract.txt.jws'),
      /^unavailable {2}CS_UNAVAILABLE: .+\ncause .+'nothing\.txt'\n$/,
    ),
    fails(here, verify('contract.txt nothing.jws'), /^failed {7}ENOENT: .+'nothing\.jws'\n$/),
    fails(here, 'sign.ts nothing.txt --key alice.pem', /^unavailable {2}CS_UNAVAILABLE: .+\ncause .+'nothing\.txt'\n$/),
    fails(here, 'sign.ts contract.txt --key nothing.pem', /^failed {7}ENOENT: .+'nothing\.pem'\n$/),
    fails(here, 'sign.ts contract.txt --key alice.pem', /^failed {7}EEXIST: .+'contract\.txt\.jws'\n$/),
    fails(here, 'keys.ts new alice.pem', /^failed {7}EEXIST: .+'alice\.pem'\n$/),
    fails(here, 'keys.ts publish nothing.pem', /^failed {7}ENOENT: .+'nothing\.pem'\n$/),
    fails(here, `keys.ts publish alice.pem --port ${new URL(here.alice.url).port}`, /^failed {7}.+ EADDRINUSE: .+\n$/),
  ])
  assert.equal(await readFile(here.path('alice.pem'), 'utf8'), before)
  assert.equal(await readFile(here.path('contract.txt.jws'), 'utf8'), here.jws)
})

test('a key that cannot sign a file is refused', async (t) => {
  const here = await place(t)
  const key = await generateKey('ES256')
  await writeFile(here.path('contract.txt'), CONTRACT)
  await writeFile(here.path('public.pem'), await exportPem(await publicKey(key)))
  await writeFile(here.path('ed25519.pem'), await exportPem(await generateKey('Ed25519')))
  for (const [pem, code] of [
    ['public.pem', 'CS_KEY_TYPE'],
    ['ed25519.pem', 'CS_KEY_TYPE'],
    ['contract.txt', 'CS_KEY_INVALID'],
  ]) {
    await fails(here, `sign.ts contract.txt --key ${pem}`, new RegExp(`^refused {6}${code}: .+\n$`))
  }
  assert.ok(!(await readdir(here.folder)).includes('contract.txt.jws'))
})
