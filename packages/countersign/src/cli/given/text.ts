import { type Bytes, fromUtf8 } from '../../bytes.ts'

/** The text of octets; nothing for what is no UTF-8, or has zeros in it as no text has. */
export function textOf(bytes: Bytes): string | undefined {
  try {
    return bytes.includes(0) ? undefined : fromUtf8(bytes, 'the input')
  } catch {
    return undefined
  }
}

/** Octets without the one line break at their end that editors put there, and whether there was one. */
export function withoutNewline(bytes: Bytes): { readonly bytes: Bytes; readonly cut: boolean } {
  if (bytes.at(-1) !== 0x0a) return { bytes, cut: false }
  return { bytes: bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1), cut: true }
}
