import { command, NOW } from '../../../countersign/test/cli/support/memory-host.ts'

/** What a run of the command says on the side, on one line each. */
export async function saidBy(args: readonly string[], input: string, now: number = NOW): Promise<readonly string[]> {
  const { err } = await command(args, { input, now })
  return err
    .split('\n')
    .map(oneLine)
    .filter((line) => line !== '')
}

/** Text without what a layout makes of its white space. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
