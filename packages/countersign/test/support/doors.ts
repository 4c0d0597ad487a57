import * as promise from 'countersign'
import * as sync from 'countersign/sync'

const PROMISE = { name: 'countersign', door: promise } as const
const SYNC = { name: 'countersign/sync', door: sync } as const

/** Whether this runtime has `countersign/sync`: WebCrypto answers by promises alone. */
export const HAS_SYNC: boolean = promise.capabilities().backend === 'node:crypto'

/** The doors, for tests that `await` whatever they get: one test text for promises and for plain values. */
export const DOORS: readonly [typeof PROMISE, ...(typeof SYNC)[]] = [PROMISE, ...(HAS_SYNC ? [SYNC] : [])]
