import type { KeyStore, StoredKey } from './store.ts'

/** @see the door's `memoryStore` */
export function memoryStore(): KeyStore {
  let keys: ReadonlyMap<string, StoredKey> = new Map()
  let last: Promise<unknown> = Promise.resolve()
  return {
    sealing: 'none',
    list: async () => [...keys.values()],
    exclusive(work) {
      const turn = last.then(async () => {
        const draft = new Map(keys)
        const result = await work({
          list: () => [...draft.values()],
          put: (key) => void draft.set(key.kid, key),
          remove: (kid) => void draft.delete(kid),
        })
        keys = draft
        return result
      })
      last = turn.catch(() => undefined)
      return turn
    },
  }
}
