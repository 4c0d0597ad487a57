import type { Brush } from './paint.ts'
import type { Command } from './table.ts'
export function helpOn(name: string, commands: readonly Command[], brush: Brush): string {
  return brush('bold', name) + commands.map((row) => row.name).join('\n')
}
