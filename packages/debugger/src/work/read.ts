import { type DecodedToken, decodeToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { CommandError, type Told, tell, toTold } from '../../../countersign/src/diagnosis/told.ts'
import { JoseError } from '../../../countersign/src/errors.ts'

/** What became of the text that somebody pasted. */
export type Reading =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly told: Told }
  | { readonly kind: 'token'; readonly token: DecodedToken }

/** Finds the token in a text and takes it apart. */
export function read(text: string): Reading {
  if (text.trim() === '') return { kind: 'nothing' }
  try {
    return { kind: 'token', token: decodeToken(text) }
  } catch (error) {
    return { kind: 'unreadable', told: toldOf(error) }
  }
}

/** Any failure in the words of the command. What should not happen is told by its kind alone. */
export function toldOf(error: unknown): Told {
  if (error instanceof CommandError) return error.told
  if (error instanceof JoseError) return tell(error)
  return toTold('CS_INTERNAL', `something went wrong inside: ${error instanceof Error ? error.name : typeof error}.`)
}
