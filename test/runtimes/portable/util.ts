// Stands for node:util where there is none.

/** All that can be reached from a value, hidden members and getters too: more than a console shows, not as nicely. */
export function inspect(value: unknown): string {
  const seen = new Set<unknown>()
  const shown = (item: unknown): string => {
    if (typeof item === 'function') return `[Function: ${item.name}]`
    if (typeof item !== 'object' || item === null) return typeof item === 'string' ? `'${item}'` : String(item)
    if (seen.has(item)) return '[Circular]'
    seen.add(item)
    if (ArrayBuffer.isView(item)) return `${item.constructor.name} [ ${Array.from(item as Uint8Array).join(', ')} ]`
    const custom = (item as Record<symbol, unknown>)[Symbol.for('nodejs.util.inspect.custom')]
    const asShown: unknown = typeof custom === 'function' ? custom.call(item, 9, {}) : item
    if (typeof asShown === 'string') return asShown
    const inside = item instanceof Map || item instanceof Set ? [...item].map(shown) : []
    const members = Reflect.ownKeys(asShown as object).map(
      (name) => `${String(name)}: ${shown(Reflect.get(asShown as object, name))}`,
    )
    return `${item.constructor?.name ?? '[Object: null prototype]'} { ${[...inside, ...members].join(', ')} }`
  }
  return shown(value)
}

export function promisify(): unknown {
  return () => {
    throw new Error('this runtime has no callbacks to turn into promises')
  }
}

/** Enough for `%s` and plain values. */
export const format = (...values: readonly unknown[]): string => values.map(String).join(' ')
