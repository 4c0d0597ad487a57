// What the published packages stand on, what is packed of them, and who may publish them.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildDebuggerPage } from '../scripts/build/debugger-page.ts'
import { type Bom, productionOf, readLockfile, SUBJECTS, sbomOf, toBom } from '../scripts/build/sbom.ts'
import { type Manifest, staged } from '../scripts/build/staged-manifest.ts'
import { faultsOf, readManifests } from '../scripts/release-check.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const readJson = (file: string): Record<string, unknown> => JSON.parse(read(file)) as Record<string, unknown>
const lockfile = readLockfile()
const [library, authority] = (['countersign', 'authority'] as const).map((name) => JSON.parse(sbomOf(name)) as Bom)
assert.ok(library !== undefined && authority !== undefined)

/** What may be part of something under the MIT licence with no more than a notice. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']
const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'prepublishOnly', 'prepack']

test('the library has no dependencies, and its peers are optional', () => {
  const { dependencies, optionalDependencies, bundleDependencies, bundledDependencies, ...manifest } = readJson(
    'packages/countersign/package.json',
  )
  assert.deepEqual(
    [dependencies, optionalDependencies, bundleDependencies, bundledDependencies],
    Array(4).fill(undefined),
  )
  const { peerDependencies, peerDependenciesMeta } = manifest as Record<string, Record<string, { optional?: boolean }>>
  for (const name of Object.keys(peerDependencies ?? {}))
    assert.equal(peerDependenciesMeta?.[name]?.optional, true, name)
  assert.equal(productionOf('packages/countersign', lockfile).size, 0)
})

for (const home of ['packages/countersign', 'packages/authority']) {
  test(`${home} runs nothing when it is installed`, () => {
    const { scripts = {} } = readJson(`${home}/package.json`) as { scripts?: Record<string, string> }
    assert.deepEqual(
      AT_INSTALL.filter((name) => name in scripts),
      [],
    )
  })

  test(`${home} is published with a list of what is packed, public and with provenance, out of dist alone`, () => {
    const manifest = readJson(`${home}/package.json`)
    assert.equal(manifest['private'], true)
    const companions = new Map([['sbom.cdx.json', '']])
    const published = staged(manifest as unknown as Manifest, home === 'packages/countersign', companions)
    const { files, private: isPrivate, publishConfig, license } = published as Record<string, unknown>
    assert.deepEqual([isPrivate, license], [undefined, 'MIT'])
    assert.deepEqual(publishConfig, { access: 'public', provenance: true })
    const taken = (files as readonly string[]).filter((pattern) => !pattern.startsWith('!'))
    assert.deepEqual(taken, ['**/*.js', '**/*.d.ts', 'CHANGELOG.md', 'sbom.cdx.json'])
  })
}

test('the bill of the library has no component, and names what its debugger page has inside', () => {
  assert.deepEqual(library.components, [])
  assert.deepEqual(library.dependencies, [{ ref: library.metadata.component.purl, dependsOn: [] }])
  const sources = globSync('packages/debugger/src/**/*.{ts,tsx}', { cwd: root }).map(read).join('\n')
  const imported = [...sources.matchAll(/(?:\bfrom|^import) '([^'./#][^']*)'$/gm)]
    .map(([, name = '']) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    .filter((name) => name !== 'countersign' && !name.startsWith('node:'))
  assert.deepEqual([...new Set(imported)], SUBJECTS.countersign.inside)
  const inside = library.metadata.component.components ?? []
  assert.deepEqual(
    inside.map(({ name, licenses }) => [name, licenses]),
    [['preact', [{ license: { id: 'MIT' } }]]],
  )
})

test('the page of the debugger brings the notices of what it has inside', async () => {
  const page = await buildDebuggerPage()
  for (const name of SUBJECTS.countersign.inside ?? []) {
    const { version } = readJson(`node_modules/${name}/package.json`)
    assert.ok(page.includes(`${name} ${version}\n\n${read(`node_modules/${name}/LICENSE`).trim()}`), name)
  }
})

/** The packages that a package finds on this disk, by the rules of Node, and not by the lockfile. */
function installedFor(home: string): ReadonlyMap<string, { readonly folder: string; readonly license: unknown }> {
  const found = new Map<string, { folder: string; license: unknown }>()
  const visit = (from: string): void => {
    const manifest = readJson(`${from}/package.json`) as Record<string, Record<string, { optional?: boolean }>>
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
    for (const name of new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])) {
      const above = from.split('/').map((_, depth, folders) => folders.slice(0, folders.length - depth).join('/'))
      const folder = [...above.map((path) => `${path}/`), '']
        .map((path) => `${path}node_modules/${name}`)
        .find((path) => existsSync(join(root, path, 'package.json')))
      if (folder === undefined) {
        assert.ok(name in optionalDependencies, `${name}, which ${from} needs, is not installed`)
        continue
      }
      const { version, license } = readJson(`${folder}/package.json`)
      const id = `${name}@${version}`
      if (found.has(id)) continue
      found.set(id, { folder, license })
      visit(folder)
    }
  }
  visit(home)
  return found
}

test('the bill of the authority has every package that it needs, and nothing else', (t) => {
  const installed = installedFor('packages/authority')
  const named = authority.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`)
  assert.deepEqual(named.toSorted(), [...installed.keys()].toSorted())
  t.diagnostic(`${named.length} packages: ${named.join(' ')}`)
  for (const [index, { licenses, purl, hashes, scope }] of authority.components.entries()) {
    const { folder = '', license } = installed.get(named[index] ?? '') ?? {}
    assert.equal(purl, `pkg:npm/${named[index]?.replace(/^@/, '%40')}`)
    assert.deepEqual(licenses, [{ license: { id: license } }], purl)
    assert.equal(scope, purl.startsWith('pkg:npm/pg-cloudflare@') ? 'optional' : 'required', purl)
    const digest = Buffer.from((lockfile[folder]?.integrity ?? '').replace(/^sha512-/, ''), 'base64').toString('hex')
    if (purl === library.metadata.component.purl) assert.equal(hashes, undefined)
    else assert.deepEqual(hashes, [{ alg: 'SHA-512', content: digest }], purl)
    if (hashes !== undefined) assert.match(digest, /^[\da-f]{128}$/)
  }
})

test('the bills are CycloneDX 1.6, and everything they refer to is in them', () => {
  for (const bom of [library, authority]) {
    assert.deepEqual([bom.bomFormat, bom.specVersion, bom.version], ['CycloneDX', '1.6', 1])
    const refs = [bom.metadata.component, ...bom.components].map((component) => component['bom-ref'])
    assert.equal(new Set(refs).size, refs.length)
    assert.deepEqual(bom.dependencies.map(({ ref }) => ref).toSorted(), refs.toSorted())
    const used = bom.dependencies.flatMap(({ dependsOn }) => dependsOn)
    for (const ref of used) assert.ok(refs.includes(ref), ref)
    for (const { 'bom-ref': ref } of bom.components) assert.ok(used.includes(ref), `nobody needs ${ref}`)
  }
  const direct = authority.dependencies.find(({ ref }) => ref === authority.metadata.component.purl)?.dependsOn ?? []
  const { dependencies } = readJson('packages/authority/package.json') as { dependencies: Record<string, string> }
  const named = Object.entries(dependencies).map(([name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`)
  assert.deepEqual(direct, named.toSorted())
})

test('the same tree gives the same bill, and a time only where the build is told one', () => {
  for (const name of ['countersign', 'authority'] as const) {
    const [bom, timed] = [undefined, '1763856000'].map((epoch) => toBom(SUBJECTS[name], lockfile, epoch))
    assert.deepEqual(bom, toBom(SUBJECTS[name], readLockfile()))
    assert.ok(bom && !('timestamp' in bom.metadata) && !('serialNumber' in bom))
    assert.equal(timed?.metadata.timestamp, '2025-11-23T00:00:00.000Z')
    assert.ok(!JSON.stringify(bom).includes(root))
  }
})

test('a bill is refused where the lockfile lacks what is needed', () => {
  const { 'node_modules/koa': _, ...without } = lockfile
  assert.throws(() => toBom(SUBJECTS.authority, without), /the lockfile does not have koa/)
})

test('what the authority needs runs nothing when it is installed, and has a licence that goes with ours', () => {
  const places = [...productionOf('packages/authority', lockfile).keys()]
  assert.ok(places.length > 50)
  for (const place of places) {
    const { hasInstallScript, license = '' } = lockfile[place] ?? {}
    assert.equal(hasInstallScript, undefined, `${place} has an install script`)
    assert.ok(LICENCES.includes(license), `${place} is under ${license}`)
  }
})

test('each dependency of the authority has its reason and version in docs/dependencies.md', () => {
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const { dependencies } = readJson('packages/authority/package.json') as { dependencies: Record<string, string> }
  for (const [name, version] of Object.entries(dependencies)) {
    if (name === 'countersign') continue
    const row = rows.find((line) => line.includes(`\`${name}\` ${version}`)) ?? ''
    const [, , where = '', purpose = '', reason = ''] = row.split('|')
    assert.match(where, /packages\/authority/, `${name} ${version}`)
    assert.ok(purpose.trim().length > 10 && reason.trim().length > 10, name)
  }
})

test('docs/dependencies.md counts what comes with the authority, and names the licences', () => {
  const page = read('docs/dependencies.md')
  const text = page.replaceAll(/\s+/g, ' ')
  assert.ok(text.includes(`${authority.components.length} packages, the library among them`))
  const licences = new Set(
    [...productionOf('packages/authority', lockfile).keys()].map((place) => lockfile[place]?.license),
  )
  const [, named = ''] = /Their licences are (.+?)\. /.exec(text) ?? []
  assert.deepEqual(new Set(named.split(/, | and /)), licences)
  for (const [name, count] of [
    ['oidc-provider', 39],
    ['pg', 13],
    ['pino', 12],
    ['@simplewebauthn/server', 24],
  ] as const) {
    const place = `node_modules/${name}`
    const brought = [...productionOf(place, lockfile).keys()].filter((other) => other !== place)
    const row = page.split('\n').find((line) => line.includes(`\`${name}\` `)) ?? ''
    assert.match(row, new RegExp(`\\b${count} (small )?packages`), name)
    assert.equal(brought.length, count, name)
  }
})

const workflows = readdirSync(join(root, '.github/workflows')).map((file) => ({
  file,
  text: read(`.github/workflows/${file}`),
}))

/** The jobs of a workflow as text. */
const jobsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .slice(text.indexOf('\njobs:\n') + '\njobs:\n'.length)
      .split(/^(?= {2}[\w-]+:$)/m)
      .map((job) => [/^ {2}([\w-]+):$/m.exec(job)?.[1] ?? '', job]),
  )

for (const { file, text } of workflows) {
  test(`${file}: each action is pinned to a commit, with its version beside it`, () => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, used = '']) => used)
    assert.ok(uses.length > 0)
    for (const used of uses) assert.match(used, /^[\w.-]+\/[\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
    for (const [action, pins] of Map.groupBy(uses, (used) => used.split('@')[0])) {
      assert.equal(new Set(pins).size, 1, `${action} is pinned twice`)
    }
  })

  test(`${file}: nothing may be written unless it is said, no secret is kept, and no input gets into a command`, () => {
    assert.match(text, /^permissions:(?: \{\}|\n {2}contents: read)\n/m)
    assert.ok(!/secrets\.|pull_request_target|write-all|NODE_AUTH_TOKEN/.test(text))
    const writes = [...text.matchAll(/(\S+): write$/gm)].map(([, scope]) => scope)
    assert.deepEqual(writes, file === 'publish.yml' ? ['id-token'] : [])
    for (const [, command = ''] of text.matchAll(/run: (\|(?:\n {10}.*)+|.*)/g))
      assert.ok(!command.includes('${{'), command)
  })

  test(`${file}: a checkout leaves no credentials, and Node is the pinned one, out of no cache`, () => {
    for (const [job, steps] of jobsOf(text)) {
      const count = (pattern: RegExp): number => [...steps.matchAll(pattern)].length
      assert.equal(count(/uses: actions\/checkout@/g), count(/persist-credentials: false/g), job)
      assert.equal(count(/uses: actions\/setup-node@/g), count(/node-version: 24\.21\.0$/gm), job)
      if (file === 'publish.yml') assert.equal(count(/setup-node@/g), count(/package-manager-cache: false/g), job)
      assert.match(steps, /timeout-minutes: \d+/)
    }
    const { devDependencies } = readJson('package.json') as { devDependencies: Record<string, string> }
    assert.equal(devDependencies['node'], '24.21.0')
  })
}

test('what may publish runs nothing that was installed, and publishes what was checked', () => {
  const jobs = jobsOf(read('.github/workflows/publish.yml'))
  assert.deepEqual([...jobs.keys()], ['build', 'publish'])
  const [build = '', publish = ''] = jobs.values()
  assert.ok(!build.includes('id-token'))
  for (const step of ['.ci/run', 'release:check', 'run --silent build', 'npm pack'])
    assert.ok(build.includes(step), step)
  assert.ok(build.indexOf('release:check') < build.indexOf('npm pack'))
  assert.match(publish, /environment: npm\n/)
  assert.match(publish, /needs: build\n/)
  assert.match(publish, /sha256sum --check --strict/)
  const commands = [...publish.matchAll(/run: (npm .*)$/gm)].map(([, command]) => command)
  const published = ['countersign', 'authority'].map((name) => `npm publish --provenance --access public ./${name}.tgz`)
  assert.deepEqual(commands, published)
  assert.ok(!/checkout|npm ci|npm run/.test(publish))
})

test('a tag is published only when both packages have its version', () => {
  const manifests = readManifests()
  const { version } = manifests.countersign
  assert.deepEqual(faultsOf(`v${version}`, manifests), [])
  for (const tag of ['', version, 'v1', `v${version}-rc.1`, `refs/tags/v${version}`, 'v9.9.9'])
    assert.ok(faultsOf(tag, manifests).length > 0, tag)
  const older = { ...manifests.authority, dependencies: { countersign: '0.0.9' } }
  assert.deepEqual(faultsOf(`v${version}`, { ...manifests, authority: older }), [
    `the countersign that @countersign/authority depends on is 0.0.9, not ${version}`,
  ])
})
