import { main } from './main.ts'
import { thisHost } from './this-host.ts'

/**
 * The command in this process. On Node, what is published is a bundle of this module and of what it loads.
 *
 * @returns the exit code
 */
export function command(args: readonly string[]): Promise<number> {
  return main(args, thisHost())
}
