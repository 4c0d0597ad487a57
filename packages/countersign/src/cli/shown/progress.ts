import type { Output } from '../host.ts'

/** How far long work has come. */
export interface Progress {
  /** @param text - such as `signing @big.iso: 41 %` */
  show(text: () => string): void
  /** Takes the line away. */
  clear(): void
}

const FIRST_AFTER = 0.4
const EVERY = 0.1

/** One line on a terminal, shown only once the work has taken a while. @param now - epoch seconds */
export function toProgress(errors: Output, enabled: boolean, now: () => number): Progress {
  if (!enabled) return { show: () => undefined, clear: () => undefined }
  const began = now()
  let last = began + FIRST_AFTER - EVERY
  let isShown = false
  return {
    show(text) {
      const at = now()
      if (at - last < EVERY) return
      last = at
      isShown = true
      void errors.write(`\r\u001b[K${text().slice(0, errors.columns - 1)}`).catch(() => undefined)
    },
    clear() {
      if (isShown) void errors.write('\r\u001b[K').catch(() => undefined)
      isShown = false
    },
  }
}

/** A payload that says how far it has been read. */
export async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  bytes: number | undefined,
  what: string,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const piece of pieces) {
    read += piece.length
    progress.show(
      () => `${what}: ${bytes ? `${Math.min(100, Math.floor((read * 100) / bytes))} %, ` : ''}${toSize(read)}`,
    )
    yield piece
  }
}

/** A size in the unit that it is best read in: `2.1 GB`. */
export function toSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1).replace('.0', '')} ${units[at]}`
}
