// Makes the dist folders of the packages what is published: the compiled modules, of the library and its command the same
// for Node in few files, what comes with the command, and a package.json whose doors and commands are those of the tree, but
// compiled and with their declarations. Whoever packs, packs such a folder.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manPage } from '../../packages/countersign/src/cli/manual/man.ts'
import { bundleCommand, COMMAND_FOLDER } from './bundle-command.ts'
import { bundled, bundleForNode } from './bundle-for-node.ts'
import { buildDebuggerPage } from './debugger-page.ts'
import { type PackageName, sbomOf } from './sbom.ts'
import { type Companions, isSource, type Manifest, staged, toModule, toTypes } from './staged-manifest.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every file in a folder, by its path from there. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )

/**
 * @param hasBundle - whether Node loads the modules of the package in few files
 * @param beside - what is published beside the modules and their bill of materials: texts by their paths
 */
async function stage(name: PackageName, hasBundle: boolean, beside: Companions = new Map()): Promise<void> {
  const home = join(root, 'packages', name)
  const companions: Companions = new Map([...beside, ['sbom.cdx.json', sbomOf(name)]])
  const [src, dist] = [join(home, 'src'), join(home, 'dist')]
  const texts = [join(root, 'LICENSE'), join(root, 'CHANGELOG.md'), join(home, 'README.md')]
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
  const doors = Object.values(manifest.exports)
    .map((door) => (typeof door === 'string' ? door : door.node))
    .filter(isSource)
    .map((path) => toModule(path).slice('./'.length))

  const sources = filesIn(src).filter((path) => path.endsWith('.ts'))
  const assets = filesIn(src).filter((path) => !path.endsWith('.ts'))
  const modules = sources.flatMap((path) => [toModule(`./src/${path}`), toTypes(`./src/${path}`)])
  const compiled = modules.map((path) => path.slice('./'.length))
  const bundle = hasBundle ? bundled(doors).map((file) => `node/${file}`) : []
  const made = ['package.json', ...texts.map((text) => basename(text)), ...assets, ...bundle, ...companions.keys()]

  // What tsc has compiled once it neither removes with its source nor makes again when it is gone.
  mkdirSync(dist, { recursive: true })
  for (const path of filesIn(dist))
    if (![...compiled, ...made].includes(path) && !path.startsWith(`${COMMAND_FOLDER}/`)) rmSync(join(dist, path))
  if (!compiled.every((path) => existsSync(join(dist, path)))) {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-b', '--force', home], { stdio: 'inherit' })
  }

  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(staged(manifest, hasBundle, companions), null, 2)}\n`)
  for (const text of texts) copyFileSync(text, join(dist, basename(text)))
  for (const asset of assets) {
    mkdirSync(dirname(join(dist, asset)), { recursive: true })
    copyFileSync(join(src, asset), join(dist, asset))
  }
  for (const [path, text] of companions) {
    mkdirSync(dirname(join(dist, path)), { recursive: true })
    writeFileSync(join(dist, path), text)
  }
  if (hasBundle) {
    await bundleForNode(dist, doors)
    await bundleCommand(dist)
  }
  console.log(`staged packages/${name}/dist`)
}

/** What the command needs beside its modules: its manual, the pages and schemas that it names, the page that it opens. */
async function commandFiles(): Promise<Companions> {
  const home = join(root, 'packages/countersign')
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
  const schemas = readdirSync(join(home, 'schema')).map(
    (name) => [`schema/${name}`, join(home, 'schema', name)] as const,
  )
  const docs = ['errors.md', 'cli.md', 'lint.md'].map((name) => [`docs/${name}`, join(root, 'docs', name)] as const)
  return new Map([
    ['man/countersign.1', manPage(version)],
    ['debugger.html', await buildDebuggerPage()],
    ...[...schemas, ...docs].map(([path, from]) => [path, readFileSync(from, 'utf8')] as const),
  ])
}

/** The page that is hosted, and no part of any package. */
async function writeOnlinePage(): Promise<void> {
  const dist = join(root, 'packages/debugger/dist')
  mkdirSync(dist, { recursive: true })
  writeFileSync(join(dist, 'online.html'), await buildDebuggerPage({ online: true }))
}

await stage('countersign', true, await commandFiles())
await writeOnlinePage()
await stage('authority', false)
