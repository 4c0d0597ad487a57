// Every npm script runs this first: the workspace brings its own Node as a devDependency, and npm puts it first on the
// PATH of a script. It is plain JavaScript, so that an older Node can read it and say what is wrong.
import { readFileSync } from 'node:fs'

const root = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const pinned = root.devDependencies.node
if (process.versions.node !== pinned) {
  console.error(
    [
      `This workspace runs on Node ${pinned}, which npm installs into node_modules; this is Node ${process.versions.node}.`,
      'Run `npm ci` with scripts allowed (no --ignore-scripts), then start with `npm run …` and not with `node …`.',
      'With npm 12 the install script of the package "node" must be allowed: package.json names it under allowScripts.',
    ].join('\n'),
  )
  process.exit(1)
}
