/** A local part, one @ and a host: whether anybody reads mail there, no form can tell. */
const EMAIL = /^[^\s@]+@[^\s@]+$/u
const MOST = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets

/** One address for all its spellings: how it is stored, looked up and counted. */
export function toEmail(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}

/** @param email - what `toEmail` gave */
export function isEmail(email: string): boolean {
  return email.length <= MOST && email.isWellFormed() && !/\p{C}/u.test(email) && EMAIL.test(email)
}
