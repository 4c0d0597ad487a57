import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/**
 * The octets that an entry of test/sizes has in a browser, minified and gzipped. The ceiling is what was measured,
 * rounded up to the next step: it may only be lowered. The bar is what we want it to be.
 */
const VERIFIER = { ceiling: 26_000, bar: 8500 } as const
const EVERYTHING = { ceiling: 74_250, bar: 24_000 } as const
const STEP = 250

/** Bundles an entry as an app for browsers does. */
async function sizeOf(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`sizes/${entry}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

/** The first line of an entry, which says what it is. */
function titleOf(entry: string): string {
  const [first = ''] = readFileSync(new URL(`sizes/${entry}.ts`, import.meta.url), 'utf8').split('\n')
  return first.replace('// ', '')
}

for (const [entry, { ceiling, bar }] of Object.entries({ verifier: VERIFIER, everything: EVERYTHING })) {
  test(`${titleOf(entry)} No more than ${ceiling} octets`, async (t) => {
    const [own, jose] = await Promise.all([sizeOf(entry), sizeOf(`${entry}.jose`)])
    const wanted = own <= bar ? 'is reached' : `is missed by ${own - bar}`
    t.diagnostic(`${entry}: ${own} octets, jose ${jose}; the ceiling is ${ceiling}, and the bar of ${bar} ${wanted}`)
    assert.ok(own > 2000, `${own} octets: the bundle is empty`)
    assert.ok(own <= ceiling, `${own} octets, and ${ceiling} are allowed; jose has ${jose}`)
    if (own <= ceiling - STEP) t.diagnostic(`${entry}: the ceiling can come down to ${Math.ceil(own / STEP) * STEP}`)
  })
}
