// Writes docs/security.md from the catalogue of attacks and the tests that bear their numbers. With --check it writes nothing
// and fails where the page is stale. In either case it fails for an attack without a test in its layer.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Attack, LAYERS, type Layer } from './security/catalogue.ts'
import { type NamedTest, namedTests } from './security/named-tests.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = new URL('../../docs/security.md', import.meta.url)

const all = ['packages/countersign/test', 'packages/authority/test'].flatMap((folder) => namedTests(root, folder))
const attacks = LAYERS.flatMap((layer) => layer.attacks)
const testsOf = ({ number }: Attack): readonly NamedTest[] => all.filter((test) => test.attacks.includes(number))

const known = new Set(attacks.map(({ number }) => number))
const faults = [
  ...all.flatMap((test) =>
    test.attacks
      .filter((number) => !known.has(number))
      .map((number) => `${test.file} has a test of attack ${number}, which the catalogue does not have`),
  ),
  ...LAYERS.flatMap((layer) =>
    layer.attacks
      .filter((attack) => !testsOf(attack).some(({ file }) => file.startsWith(`packages/${layer.package}/`)))
      .map(({ number }) => `attack ${number} has no test in packages/${layer.package}`),
  ),
  ...attacks.flatMap(({ number }, index) => (number === index + 1 ? [] : [`attack ${index + 1} is not in its place`])),
]
if (faults.length > 0) throw new Error(faults.join('\n'))

const cell = (text: string): string => text.replaceAll('|', '\\|')
const link = (file: string): string => `[${basename(file).replace(/\.(test\.|time\.)?ts$/, '')}](../${file})`

/** Each file once, with how many of its tests bear the number. */
function filesOf(tests: readonly NamedTest[]): string {
  const counts = Map.groupBy(tests, ({ file }) => file)
  return [...counts].map(([file, named]) => `${link(file)}${named.length > 1 ? ` (${named.length})` : ''}`).join(', ')
}

const row = (attack: Attack): string =>
  `| ${attack.number} | **${cell(attack.name)}** ${cell(attack.known)} | ${cell(attack.defence)} | ${filesOf(testsOf(attack))} |`

const table = ({ title, attacks }: Layer): string => `## ${title}

| | Attack | What countersign does | Tests |
|---|---|---|---|
${attacks.map(row).join('\n')}
`

const text = `# Security: what has been tried, and what happens here

Seventy ways in which token software has failed, each with what countersign does about it and the tests that hold it. Who
should read this: whoever decides whether to rely on it, and whoever reviews it. Built by \`npm run docs\` from the catalogue
and from the names of the tests: a test bears the number of its attack, and an attack without a test in its layer fails
\`npm test\`. Behind a file stands how many tests of it, most of them over a table of cases.

**Advisories** are named where the mistake is publicly known; they concern the software that is named there, in its
versions of the time. Those with ° were not checked at their source.

**Against others.** \`npm run attacks\` puts the attacks of the library to jose, jsonwebtoken, fast-jwt and jwks-rsa, too, in
the versions that are installed, and prints what each accepts, refuses or stumbles over; \`npm test\` asserts ours.

**Beyond the list.** \`npm run fuzz\` looks for what nobody has thought of; what it finds becomes a vector. \`npm run test:time\`
compares the times of failures. \`npm run load\` puts hostile tokens among good ones, and takes the database and the
keys away meanwhile. [SECURITY.md](../SECURITY.md) says what counts as a hole and how to report one.

${LAYERS.map(table).join('\n')}
## What is not hidden

- **Why a token was refused**, from whoever sent it: the answer of a guard names the code, so a kid that nobody has
  (\`CS_NO_KEY\`) differs from a signature that does not verify, in words and in time. The kids of a set are published.
- **Whether an encrypted key came out**, by some microseconds: node:crypto tells padding that is wrong, or a key that does not
  unwrap, by an exception. Nobody can change what was encrypted so that it comes out otherwise, and what Manger's attack
  would need is the same (40).
- **That a token is malformed**, before any key is looked at: what anyone can see is checked first.
`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/security.md does not say what the catalogue and the tests say: npm run docs')
  process.exitCode = 1
}
