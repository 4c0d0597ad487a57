import type { KeyStore, SealingOptions } from './store.ts'

/** In place of `fileStore` where there are no files. @throws TypeError */
export function fileStore(_directory: string | { readonly href: string }, _options: SealingOptions): KeyStore {
  throw new TypeError(
    'fileStore needs a file system, which this runtime does not have: give createKeyRing another store',
  )
}
