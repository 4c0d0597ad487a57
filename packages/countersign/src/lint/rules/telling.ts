import type { ExactJson } from '../../diagnosis/exact-json.ts'

/** A name in one spelling: `passwordHash`, `password-hash` and `PASSWORD_HASH` are `password_hash`. */
const plain = (name: string): string =>
  name
    .replaceAll('"', '')
    .replace(/^.*[/:]/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s.-]+/g, '_')
    .toLowerCase()

/** What a claim is called that holds a secret. */
const SECRET_NAME =
  /^(.*_)?(password|passwd|pwd|passphrase|secret|client_secret|api_?key|private_key|access_key|secret_key|encryption_key|refresh_token|session_token|id_token|access_token|auth_token|credentials?|otp|totp_secret|pin(_code)?|security_answer|mnemonic|seed_phrase)(_hash|_digest)?$/

/** What is a secret, whatever it is called. */
const SECRET_VALUES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'is a private key'],
  [/^ey[\w-]{8,}\.ey[\w-]{4,}\.[\w-]{20,}$/, 'is a token itself'],
  [/^\$(2[abxy]|argon2(id?|d)|6|5|scrypt)\$/, 'is the hash of a password'],
  [/^(AKIA|ASIA)[A-Z0-9]{16}$/, 'is a key of AWS'],
  [/^(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})$/, 'is a token of GitHub'],
  [/^(sk|rk)_live_[A-Za-z0-9]{16,}$/, 'is a key of Stripe'],
  [/^xox[abeoprs]-[\w-]{10,}$/, 'is a token of Slack'],
  [/^AIza[\w-]{35}$/, 'is a key of Google'],
  [/^(postgres(ql)?|mysql|mongodb(\+srv)?|redis|amqps?):\/\/[^\s:@]+:[^\s@]+@/, 'is an address with a password in it'],
]

/** Claims with such names that tell nothing: numbers, flags and empty texts. */
const isBare = (value: ExactJson): boolean =>
  value.kind === 'literal' || (value.kind === 'string' && value.value === '')

/** What gives a secret away: by its name, or by what it is. The value itself is not told. */
export function secretIn(name: string, value: ExactJson): string | undefined {
  if (value.kind === 'string') {
    const [, what] = SECRET_VALUES.find(([pattern]) => pattern.test(value.value.slice(0, 4096))) ?? []
    if (what !== undefined) return what
  }
  if (value.kind === 'object' || value.kind === 'array' || isBare(value)) return undefined
  // A number of a name like pin is one; a number of failed passwords is none, and is not called password alone.
  return SECRET_NAME.test(plain(name)) ? 'is called as a secret is' : undefined
}

/** What is nobody's business, in any token. */
const SENSITIVE =
  /^(ssn|social_security(_number)?|national_id(entification)?(_number)?|passport(_no|_number)?|tax_id|driver_?s?_licen[cs]e(_number)?|credit_card(_number)?|card_number|cvv2?|cvc|iban|bank_account(_number)?|account_number|salary|income|religion|ethnicity|race|sexual_orientation|political_\w+|medical_\w+|health_\w+|diagnosis|blood_type|biometric\w*)$/
/** What a user is called and where he lives: the standard claims of OpenID Connect, and how others call them. */
const PERSONAL =
  /^(email|e_?mail(_address)?|phone(_number)?|mobile(_number)?|address|street(_address)?|postal_code|zip_code|birth_?date|date_of_birth|dob|gender|(given|family|middle|first|last|full)_name|sur_?name|place_of_birth|nationalities|msisdn|ip_?address|latitude|longitude|geo_?location)$/

/** What names somebody by a number. */
const ID_NAME = /(^|_)(sub|jti|sid|id|uid|oid|tid|ref|hash|nonce)$/

/** @param isUserInfo - the token is there to say who somebody is */
export function personalIn(name: string, value: ExactJson, isUserInfo: boolean): string | undefined {
  if (isBare(value)) return undefined
  const own = plain(name)
  if (SENSITIVE.test(own)) return "tells what is nobody else's business"
  if (value.kind === 'string' && !ID_NAME.test(own) && isCardNumber(value.value))
    return 'looks like the number of a card'
  if (isUserInfo || value.kind === 'array') return undefined
  return PERSONAL.test(own) ? 'tells about a person' : undefined
}

/** 13 to 19 digits of a payment card with the digit that checks them (ISO/IEC 7812-1, Annex B). */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
