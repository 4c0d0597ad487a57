import type { Verifying } from '../crypto/backend.ts'
import { type Safe, safely } from '../jwt/promises.ts'
import { type Op, run } from '../op.ts'

/** Both ways to ask for a check: one throws a refusal, the other gives it back. */
export interface Both<Demands extends readonly unknown[], Result> {
  verify(...demands: Demands): Promise<Result>
  safeVerify(...demands: Demands): Promise<Safe<Result>>
}

/** An operation that checks, as the object that a door gives out. */
export function both<Demands extends readonly unknown[], Result extends object>(
  check: (...demands: Demands) => Op<Result, Verifying>,
  backend: Verifying,
): Both<Demands, Result> {
  const verify = async (...demands: Demands): Promise<Result> => run(check(...demands), backend)
  return {
    verify,
    safeVerify: (...demands) => safely(() => verify(...demands)),
  }
}
