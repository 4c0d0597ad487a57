import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Finding {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/**
 * What axe-core finds wrong with a page, as lines. It is evaluated in the page, since no script may be loaded there; it
 * needs JavaScript to be on.
 */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(SOURCE)
  const found = (await page.evaluate('axe.run(document).then(({ violations }) => violations)')) as readonly Finding[]
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ html, failureSummary = '' }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`,
    ),
  )
}
