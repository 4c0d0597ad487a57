// Nest's decorators are those of before the standard, which Node does not run: TypeScript compiles them.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Api } from './app/api.ts'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Compiles `app` into `dist`, checks its types on the way, and loads it.
 *
 * @throws {Error} for a type that is wrong; the compiler has printed where
 */
export async function build(): Promise<Api> {
  const tsc = pathOf('../../../node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', pathOf('..')], { stdio: 'inherit' })
  const compiled = new URL('../dist/app.js', import.meta.url)
  return (await import(compiled.href)) as Api
}
