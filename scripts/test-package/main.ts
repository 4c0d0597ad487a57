// Packs the built library, installs it into an empty project as a user would, and imports every door from there: as an
// ES module, by require, under jest in CommonJS, and as types with no ambient types at all. On Node they all stand in the
// same few files. The command is run there, and then the authority, which is installed beside it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testAuthority } from './authority.ts'
import { testCommand } from './command.ts'
import { lintPackage, pack, refuseStray, root, run } from './packing.ts'

const dist = join(root, 'packages/countersign/dist')
const JEST = '30.5.2'

const project = mkdtempSync(join(tmpdir(), 'countersign-package-'))
try {
  for (const name of ['countersign', 'authority']) refuseStray(name)
  const { filename, files } = pack('countersign', project)

  const manifest = JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
  const doors = Object.keys(manifest.exports)
    .filter((door) => door !== './package.json' && !door.includes('*') && !door.endsWith('.html'))
    .map((door) => `countersign${door.slice(1)}`)

  writeFileSync(join(project, 'package.json'), '{ "private": true, "name": "empty-project" }\n')
  run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', `./${filename}`, `jest@${JEST}`], project)
  const installed = JSON.parse(run('npm', ['ls', '--all', '--json', 'countersign'], project)) as {
    dependencies: { countersign: { dependencies?: object } }
  }
  if (installed.dependencies.countersign.dependencies) throw new Error('the library brings dependencies')

  testCommand(project, filename)

  const jwt = `
  const key = await door.generateKey('ES256')
  const signer = door.createSigner({ key, issuer: 'i', audience: 'a', expiresIn: '5m' })
  const verifier = door.createVerifier({ keys: await door.publicKey(key), issuer: 'i', audience: 'a' })
  const { claims } = await verifier.verify(await signer.sign({ sub: 'alice' }))
  const name = claims.sub`
  const jws = (load: (door: string) => string): string => `
  const key = await (${load('countersign')}).generateKey('HS256')
  const { payload } = await door.verifyJws(await door.signJws('alice', { key }), { keys: key })
  const name = new TextDecoder().decode(payload)`
  const jwe = (load: (door: string) => string): string => `
  const key = await (${load('countersign')}).generateKey('A256KW')
  const { plaintext } = await door.decryptJwe(await door.encryptJwe('alice', { key }), { keys: key })
  const name = new TextDecoder().decode(plaintext)`
  const keyring = (load: (door: string) => string): string => `
  const { createSigner, createVerifier } = ${load('countersign')}
  const ring = await door.createKeyRing({ alg: 'ES256', store: door.memoryStore() })
  const token = await createSigner({ key: ring, expiresIn: '5m' }).sign({ sub: 'alice' })
  const name = (await createVerifier({ keys: ring, issuer: 'any', audience: 'any' }).verify(token)).claims.sub`
  const guard = (load: (door: string) => string): string => `
  const { createSigner, createVerifier, generateKey } = ${load('countersign')}
  const key = await generateKey('HS256')
  const { token } = door.createGuard({ verifier: createVerifier({ keys: key, issuer: 'any', audience: 'any' }) })
  const result = await token(await createSigner({ key, expiresIn: '5m' }).sign({ sub: 'alice' }))
  const name = result.jwt.claims.sub`
  const profile = (load: (door: string) => string): string => `
  const key = await (${load('countersign')}).generateKey('HS256')
  const options = { issuer: 'https://issuer.example', audience: 'https://api.example' }
  const signer = door.accessToken.createSigner({ key, ...options, expiresIn: '5m' })
  const token = await signer.sign({ sub: 'alice', client_id: 'app' })
  const name = (await door.accessToken.createVerifier({ keys: key, ...options }).verify(token)).claims.sub`
  const revocation = (): string => `
  const denylist = door.createDenylist()
  await denylist.revoke({ jti: 'a', exp: 4e9 })
  const revoked = await denylist.revoked({ claims: { jti: 'a' } })
  const name = revoked ? 'alice' : 'nobody'`
  const testing = (load: (door: string) => string): string => `
  const issuer = await door.createTestIssuer()
  const verifier = (${load('countersign')}).createVerifier(issuer.verifierOptions)
  const name = (await verifier.verify(await issuer.mint.valid({ sub: 'alice' }))).claims.sub`
  const lint = (): string => `
  const { summary } = await door.lint('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.')
  const name = summary.error > 0 ? 'alice' : 'nobody'`
  const uses: Readonly<Record<string, typeof jws>> = {
    'countersign/jws': jws,
    'countersign/jwe': jwe,
    'countersign/keyring': keyring,
    'countersign/profile': profile,
    'countersign/revocation': revocation,
    'countersign/guard': guard,
    'countersign/guard/node': guard,
    'countersign/guard/fastify': guard,
    'countersign/guard/hono': guard,
    'countersign/testing': testing,
    'countersign/lint': lint,
  }
  /** Uses a door for what it is there for; the result is in \`name\`. */
  const use = (door: string, load: (door: string) => string): string =>
    `\n  const door = ${load(door)}${uses[door]?.(load) ?? jwt}`
  const imported = (door: string): string => `await import('${door}')`
  const required = (door: string): string => `require('${door}')`
  const held = `\n  if (name !== 'alice') throw new Error('wrong answer')\n`
  const esm = doors.map((door) => `{${use(door, imported)}${held}}`).join('\n')
  writeFileSync(join(project, 'esm.mjs'), `${esm}\nconsole.log('import: ${doors.length} doors')\n`)
  const cjs = doors.map((door) => `{${use(door, required)}${held}}`).join('\n')
  writeFileSync(
    join(project, 'cjs.cjs'),
    `;(async () => {\n${cjs}\nconsole.log('require: ${doors.length} doors')\n})()\n`,
  )
  console.log(run('node', ['esm.mjs'], project).trim())
  console.log(run('node', ['cjs.cjs'], project).trim())

  // Node loads nothing but node/, and each class once, whichever doors are opened and whichever way.
  const bundled = files.filter((path) => /^node\/[\w-]+\.js$/.test(path))
  const loads = `
import assert from 'node:assert/strict'
import { createRequire, registerHooks } from 'node:module'

const loaded = new Set()
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url)
    return nextLoad(url, context)
  },
})
const require = createRequire(import.meta.url)
const opened = []
for (const name of ${JSON.stringify(doors)}) opened.push(require(name), await import(name))
const home = import.meta.resolve('countersign/package.json').replace(/package\\.json$/, '')
assert.deepEqual([...loaded].map((url) => url.replace(home, '')).sort(), ${JSON.stringify(bundled.toSorted())})
assert.equal(new Set(opened.map((door) => door.JoseError)).size, 1)
`
  writeFileSync(join(project, 'loads.mjs'), loads)
  run('node', ['loads.mjs'], project)
  const shared = `
import { createSigner, generateKey } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { verifyJws } from 'countersign/jws'
import { accessToken } from 'countersign/profile'
import { createVerifier, thumbprint } from 'countersign/sync'
import { createGuard } from 'countersign/guard'

const [key, other] = [await generateKey('HS256'), await generateKey('A256KW')]
const options = { issuer: 'https://issuer.example', audience: 'https://api.example' }
const token = await createSigner({ key, ...options, expiresIn: '5m' }).sign({ sub: 'alice' })
await verifyJws(token, { keys: key })
createVerifier({ keys: key, ...options }).verify(token)
await decryptJwe(await encryptJwe(thumbprint(key), { key: other }), { keys: other })
const typed = await accessToken.createSigner({ key, ...options, expiresIn: '5m' }).sign({ sub: 'alice', client_id: 'app' })
const guard = createGuard({ verifier: accessToken.createVerifier({ keys: key, ...options }) })
if (!(await guard.token(typed)).ok) throw new Error('wrong answer')
`
  writeFileSync(join(project, 'shared.mjs'), shared)
  run('node', ['shared.mjs'], project)
  console.log(`one key for all doors, from ${bundled.length} files`)

  // With this flag of Node's, jest's own require takes ES modules.
  mkdirSync(join(project, 'test'))
  const cases = doors.map(
    (door) => `test('${door}', async () => {${use(door, required)}\n  expect(name).toBe('alice')\n})`,
  )
  writeFileSync(join(project, 'test/doors.test.js'), `${cases.join('\n')}\n`)
  run('npx', ['jest', '--ci'], project, { NODE_OPTIONS: '--experimental-vm-modules' })
  console.log(`jest (CommonJS): ${doors.length} doors`)

  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compile = (
    used: readonly string[],
    lib: string,
    types: string,
    [module, resolution]: readonly string[],
  ): void => {
    const lines = used.map(
      (door, index) =>
        `import * as door${index} from '${door}'\nexport const use${index}: string = typeof door${index}.JoseError`,
    )
    writeFileSync(join(project, 'types.ts'), `${lines.join('\n')}\n`)
    const strict = ['--noEmit', '--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022']
    const how = ['--types', types, '--lib', lib, '--module', module ?? '', '--moduleResolution', resolution ?? '']
    run('node', [tsc, 'types.ts', ...strict, ...how, ...(types === '' ? [] : ['--skipLibCheck'])], project)
    console.log(`types: [${types}] with lib ${lib} and ${resolution}: ${used.length} doors`)
  }
  // The guards of frameworks are typed in their terms, so who uses one has that framework and its types.
  const theirs = doors.filter((door) => /\/guard\/(fastify|hono)$/.test(door))
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const frameworks = ['fastify', 'hono', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
  for (const way of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    for (const lib of ['es2022', 'es2022,dom']) {
      compile(
        doors.filter((door) => !theirs.includes(door)),
        lib,
        '',
        way,
      )
    }
  }
  run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...frameworks], project)
  for (const way of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    compile(theirs, 'es2022,dom', 'node', way)
  }

  lintPackage('countersign', join(project, filename))
  await testAuthority(join(project, filename))
} finally {
  rmSync(project, { recursive: true, force: true })
}
