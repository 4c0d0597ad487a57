import * as promise from 'countersign'
import * as sync from 'countersign/sync'

/** Both doors, for tests that `await` whatever they get: one test text for promises and for plain values. */
export const DOORS = [
  { name: 'countersign', door: promise },
  { name: 'countersign/sync', door: sync },
] as const satisfies readonly { name: string; door: typeof promise | typeof sync }[]
