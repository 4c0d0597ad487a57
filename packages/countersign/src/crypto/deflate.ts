import { JoseError } from '../errors.ts'

/** @returns the error for data that is something else, or goes on behind its end */
export function notDeflate(): JoseError {
  return new JoseError('CS_MALFORMED', 'the plaintext is not compressed as zip says (RFC 1951)')
}

/** @returns the error for data that becomes too much */
export function tooLarge(most: number): JoseError {
  return new JoseError('CS_TOO_LARGE', `the plaintext has more than ${most} octets once inflated (limit inflatedBytes)`)
}
