/** What stands behind the objects that a door gives out: an encrypter goes on with a signer's operation, not its promise. */
export interface Handles<Operation> {
  /** Gives the object back. */
  tie<Handle extends object>(handle: Handle, operation: Operation): Handle
  /** Nothing for an object from somewhere else. */
  of(handle: unknown): Operation | undefined
}

export function handles<Operation>(): Handles<Operation> {
  const operations = new WeakMap<object, Operation>()
  return {
    tie(handle, operation) {
      operations.set(handle, operation)
      return handle
    },
    of: (handle) => (typeof handle === 'object' && handle !== null ? operations.get(handle) : undefined),
  }
}
