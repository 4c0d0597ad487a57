import type { Bytes, Target } from '../target.ts'

/** Made to be found: three octets, each behind a branch, and then a member of nothing. */
export const target: Target = {
  name: 'fault',
  words: [],
  mutators: [],
  seeds: () => ['countersign'],
  prepare: () => (input) => {
    const [first, second, third] = places(input)
    if (first === 0x43) {
      if (second === 0x53) {
        if (third === 0x21) return (undefined as unknown as { readonly name: string }).name
        return 'near'
      }
      return 'begun'
    }
    return 'far'
  },
}

const places = (input: Bytes): readonly (number | undefined)[] => [input[0], input[2], input[4]]
