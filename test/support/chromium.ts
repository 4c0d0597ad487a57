import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import packaged from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

/** Why there is no browser here: for `t.skip(…)`. */
export interface Skipped {
  readonly skipped: string
}

/**
 * A real Chromium: on Linux x64 the one that an npm package brings, elsewhere the Chrome that is installed. The caller
 * closes it.
 */
export async function openChromium(): Promise<Browser | Skipped> {
  if (process.platform === 'linux' && process.arch === 'x64') {
    // The package recommends arguments of its own, which switch web security off: a page must pass with it on.
    return chromium.launch({ executablePath: await unpacked(), args: ['--no-sandbox'] })
  }
  try {
    return await chromium.launch({ channel: 'chrome' })
  } catch {
    return { skipped: `no Chrome is installed, and the packaged Chromium is for Linux x64, not ${process.platform}` }
  }
}

/**
 * The packaged binary, unpacked once into a folder of its version. The package unpacks into `os.tmpdir()` and takes
 * whatever lies there for its own, be it of an older version or half written by a test at the same time. So a process
 * unpacks into a fresh folder, and whoever is done first gives it the name that all others look for.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), `countersign-chromium-${version()}`)
  if (!existsSync(folder)) {
    const fresh = mkdtempSync(`${folder}-`)
    await unpackInto(fresh)
    try {
      renameSync(fresh, folder)
    } catch {
      rmSync(fresh, { recursive: true }) // another one was first
    }
  }
  if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user: remove it`)
  return join(folder, 'chromium')
}

async function unpackInto(folder: string): Promise<void> {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = folder
  try {
    await packaged.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
}

/** The version that the workspace pins; the package does not tell its own. */
function version(): string {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return devDependencies['@sparticuz/chromium']
}
