import type { Target } from '../target.ts'

/** Made to be found: what is kept of each input and never let go. */
export const target: Target = {
  name: 'leak',
  words: [],
  mutators: [],
  seeds: () => ['countersign'],
  prepare: () => {
    const kept: number[][] = []
    return () => {
      kept.push(Array.from({ length: 256 }, (_, index) => index + kept.length))
      return 'accepted'
    }
  },
}
