/** A moment as people and programs read it. @param seconds - epoch seconds */
export function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Rows as text in even columns; columns without any text are left out. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => rows.some((row) => row[column]))
  const lines = [head, ...rows].map((row) => row.filter((_, column) => used[column]).map(printable))
  return toColumns(lines)
}

/** Lines of cells, in even columns. */
export function toColumns(lines: readonly (readonly string[])[]): string {
  const widths = lines.reduce<readonly number[]>(
    (widest, line) => line.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Text of others, without what a terminal would take for a command, or what turns the text around it. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '?')
}
