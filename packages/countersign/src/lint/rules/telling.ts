import type { ExactJson, ExactObject } from '../../diagnosis/exact-json.ts'
import { looksLikeHeader } from '../../diagnosis/scan-text.ts'
import { everyValue, type Hit } from '../rule.ts'
import { short } from '../shown.ts'

/** A name in one spelling: `passwordHash`, `password-hash` and `PASSWORD_HASH` are `password_hash`. */
const plain = (name: string): string =>
  name
    .replace(/^.*[/:]/s, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s.-]+/g, '_')
    .toLowerCase()

/** The end of a name that says what a claim is; what stands before it, such as a URL, says whose. */
const MOST_NAME = 100

/** What a claim is called, and what that says of it. */
const CALLED = {
  /** What holds a secret; a hash of a password is one, too, since it can be guessed from. */
  secret:
    /^(.*_)?((password|passwd|pwd|passphrase|pin|otp|security_answer)(_hash|_digest)?|secret|api_?key|private_key|access_key|secret_key|encryption_key|(refresh|session|access|auth|id)_token|credentials?|mnemonic|seed_phrase)$/,
  /** What is nobody's business, in any token. */
  sensitive:
    /^(ssn|social_security(_number)?|national_id(entification)?(_number)?|passport(_no|_number)?|tax_id|driver_?s?_licen[cs]e(_number)?|credit_card(_number)?|card_number|cvv2?|cvc|iban|bank_account(_number)?|account_number|salary|income|religion|ethnicity|race|sexual_orientation|political_\w+|medical_\w+|health_(card|condition|data|id|insurance|record)\w*|diagnosis|blood_type|biometric\w*)$/,
  /** What a user is called and where he lives: the standard claims of OpenID Connect, and how others call them. */
  personal:
    /^(email|e_?mail(_address)?|phone(_number)?|mobile(_number)?|address|street(_address)?|postal_code|zip_code|birth_?date|date_of_birth|dob|gender|(given|family|middle|first|last|full)_name|sur_?name|place_of_birth|nationalities|msisdn|ip_?address|latitude|longitude|geo_?location)$/,
  /** What hosts and wallets have, too, in one word. */
  address: /^address$/,
  /** What names something by a number, which may look like that of a card. */
  number: /(^|_)(sub|jti|sid|id|uid|oid|tid|ref|hash|nonce)$/,
  /** What holds a token on purpose (RFC 7591 §2.3, OpenID Federation 1.0, Verifiable Credentials). */
  token: /^(software_statement|jwt|vc|vp|verifiable_credential|trust_(mark|chain)|metadata_policy)$/,
} as const

type Called = { readonly [What in keyof typeof CALLED]: boolean }

/** What is a secret, whatever it is called. */
const SECRETS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/, 'is a private key'],
  [/^\$(2[abxy]|argon2(id?|d)|6|5|scrypt)\$/, 'is the hash of a password'],
  [/^(AKIA|ASIA)[A-Z0-9]{16}$/, 'is a key of AWS'],
  [/^(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})$/, 'is a token of GitHub'],
  [/^(sk|rk)_live_[A-Za-z0-9]{16,}$/, 'is a key of Stripe'],
  [/^xox[abeoprs]-[\w-]{10,}$/, 'is a token of Slack'],
  [/^AIza[\w-]{35}$/, 'is a key of Google'],
  [
    /^(postgres(ql)?|mysql|mongodb(\+srv)?|redis|amqps?|https?|ftp):\/\/[^\s:@/]+:[^\s@/]+@/,
    'is an address with a password in it',
  ],
]
/** Texts that begin otherwise, and have no key in them, are none of these. */
const MAYBE_SECRET = /^(\$|A[KSI]|gh[pousri]|[sr]k_|xox|[pmrah])|-----BEGIN /
/** More of a text is not looked at. */
const MOST_TEXT = 4096
/** What stands where a secret was. */
const BLANKED = /^(\*+|x{3,}|\[?(redacted|hidden|removed)\]?)$/i

/** Claims of other sources are tokens, and keys to fetch them with, on purpose (OpenID Connect Core 1.0 §5.6.2). */
const SOURCES = '_claim_sources'

/**
 * What claims give away: a secret, by its name or by what it is, or something about a person. No value is told.
 *
 * @param isUserInfo - the token is there to say who somebody is (OpenID Connect Core 1.0 §5.1)
 */
export function* tellingIn(claims: ExactObject, path: string, isUserInfo: boolean): Generator<Hit> {
  const known = new Map<string, Called>()
  const skipped = new Set(claims.members.flatMap(([name, value]) => (name === SOURCES ? [value] : [])))
  for (const place of everyValue(claims, path, skipped)) {
    const { name, value } = place
    if (value.kind === 'literal' || (value.kind === 'string' && value.value === '')) continue
    const called = known.get(name) ?? calledAs(name)
    known.set(name, called)
    const [what, severity] = secretIn(called, value) ?? personalIn(called, value, isUserInfo) ?? []
    if (what === undefined || severity === undefined) continue
    yield { path: place.path, message: `${short(name)} ${what}.`, severity }
    // What is inside of it would say the same again.
    skipped.add(value)
  }
}

function calledAs(name: string): Called {
  const own = plain(name.slice(-MOST_NAME))
  const names = Object.entries(CALLED).map(([what, pattern]) => [what, pattern.test(own)] as const)
  return Object.fromEntries(names) as Called
}

/** What is found, in the words that stand behind the name of the claim, and what that weighs. */
type Found = readonly [what: string, severity: 'error' | 'warn']

function secretIn(called: Called, value: ExactJson): Found | undefined {
  if (value.kind === 'object' || value.kind === 'array') return undefined
  const text = value.kind === 'string' ? value.value.slice(0, MOST_TEXT) : ''
  if (MAYBE_SECRET.test(text)) {
    const [, what] = SECRETS.find(([pattern]) => pattern.test(text)) ?? []
    if (what !== undefined) return [`${what}, and everyone can read it`, 'error']
  }
  if (called.secret && !called.token)
    return BLANKED.test(text) ? undefined : ['has the name of a secret, and everyone can read it', 'error']
  return !called.token && value.kind === 'string' && isToken(value.value)
    ? ['is a token itself, and everyone can read it', 'warn']
    : undefined
}

/** Three parts, of which two begin as JSON does, or five. */
function isToken(text: string): boolean {
  const parts = looksLikeHeader(text) ? text.split('.', 6) : []
  return parts.length === 5 || (parts.length === 3 && looksLikeHeader(parts[1] ?? ''))
}

function personalIn(called: Called, value: ExactJson, isUserInfo: boolean): Found | undefined {
  if (value.kind === 'array') return undefined
  const text = value.kind === 'string' ? value.value : undefined
  if (called.sensitive) return ["tells what is nobody else's business", 'warn']
  if (called.personal && !(called.address && text !== undefined && !/[\s,]/.test(text.slice(0, MOST_TEXT))))
    return isUserInfo ? undefined : ['tells about a person', 'warn']
  return text !== undefined && !called.number && isCardNumber(text)
    ? ['looks like the number of a card', 'warn']
    : undefined
}

/** How the numbers of payment cards begin, and how long they are then (ISO/IEC 7812-1). */
const CARD =
  /^(4\d{12}(\d{3}){0,2}|(5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|6(011|4[4-9]\d|5\d\d)\d{12}|35(2[89]|[3-8]\d)\d{12}|62\d{14,17})$/
/** Its digits with what may stand between them. */
const MOST_CARD = 24

/** The number of a payment card, with the digit at its end that checks the others (ISO/IEC 7812-1, Annex B). */
function isCardNumber(text: string): boolean {
  const digits = text.length > MOST_CARD ? '' : text.replace(/[ -]/g, '')
  if (!CARD.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
