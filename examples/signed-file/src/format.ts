// What both parties agree on: the one who signs, and the one who verifies.

/** Says in the header what was signed, so that nothing else that bears a signature of the same key passes for it. */
export const TYP = 'file-signature'

/** Of all algorithms the two that a file may be signed with here. Both take a file piece by piece. */
export const ALGORITHMS = { EC: 'ES256', RSA: 'PS256' } as const
