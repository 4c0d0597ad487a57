import type { Target } from '../target.ts'

/** Made to be found: an input that takes its time. */
export const target: Target = {
  name: 'slow',
  words: [],
  mutators: [],
  seeds: () => ['countersign'],
  prepare: () => {
    // Each time that it is tried again, and no more, or the test would take long.
    let left = 4
    return (input) => {
      if (input[0] !== 0 || left-- <= 0) return 'accepted'
      // Of the processor, since a busy machine gives less of it.
      for (const before = process.threadCpuUsage(); process.threadCpuUsage(before).user < 300_000; );
      return 'slow'
    }
  },
}
