// Runs scripts/runtime-check.mjs on every Node that the library is for, and holds what capabilities() says there.
// `npm run build` comes first.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../packages/countersign/dist', import.meta.url))
const check = fileURLToPath(new URL('runtime-check.mjs', import.meta.url))

const BASE = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['ES256K', 'EdDSA', 'Ed25519', 'Ed448'],
]
const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']
const CURVES = ['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'Ed448']

/** The oldest that is supported, and the last one of each line at the time of writing. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  '22.12.0': BASE,
  '22.23.3': BASE,
  '24.21.0': [...BASE, ...ML_DSA],
  '26.10.0': [...BASE, ...ML_DSA],
}

const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const shell = process.platform === 'win32'
const folder = mkdtempSync(join(tmpdir(), 'countersign-runtimes-'))
try {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "name": "runtimes" }\n')
  for (const [version, signature] of Object.entries(RUNTIMES)) {
    // The package that holds the binary alone, under a name of its own for each version, so that no script has to run.
    const install = `node-${version}@npm:node-${platform}@${version}`
    try {
      const quiet = ['--no-audit', '--no-fund', '--no-save', '--prefer-offline']
      execFileSync('npm', ['install', ...quiet, install], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], shell })
    } catch (error) {
      if (platform === 'linux-x64') throw error
      console.log(`Node ${version}: skipped, the registry has no build of it for ${platform}`)
      continue
    }
    const binary = join(folder, `node_modules/node-${version}/bin/node${shell ? '.exe' : ''}`)
    const { status, stdout, stderr } = spawnSync(binary, [check, dist], { encoding: 'utf8' })
    assert.equal(status, 0, `Node ${version}: ${stderr}`)
    assert.equal(stderr, '', `Node ${version} printed a warning`)
    const seen = JSON.parse(stdout) as { signature: string[]; curves: string[] }
    assert.deepEqual([...seen.signature].sort(), [...signature].sort(), `Node ${version}`)
    assert.deepEqual(seen.curves, CURVES, `Node ${version}`)
    console.log(`Node ${version}: ${seen.signature.length} algorithms, each signed and verified; no warning`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
