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
 *
 * @param rules - those alone, by name
 */
export async function axeFindings(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  await page.evaluate(SOURCE)
  const options = JSON.stringify(rules === undefined ? {} : { runOnly: rules })
  const run = `axe.run(document, ${options}).then(({ violations }) => violations)`
  const found = (await page.evaluate(run)) as readonly Finding[]
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ html, failureSummary = '' }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`,
    ),
  )
}
