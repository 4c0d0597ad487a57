import type { Target } from '../target.ts'

/** Made to be found: an octet that is never left. */
export const target: Target = {
  name: 'hang',
  words: [],
  mutators: [],
  seeds: () => ['countersign'],
  prepare: () => (input) => {
    for (let at = 0; at < input.length; ) if (input[at] !== 0xff) at++
    return 'accepted'
  },
}
