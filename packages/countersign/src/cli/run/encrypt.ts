import { utf8 } from '../../bytes.ts'
import { exactly, toText } from '../../diagnosis/exact-json.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { encryptJwe } from '../../jwe/encrypt-jwe.ts'
import { signJws } from '../../jws/sign-jws.ts'
import { run } from '../../op.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readEncryptionKey } from '../given/encryption-keys.ts'
import { readKey } from '../given/keys.ts'
import { signatureOf } from '../given/signing-key.ts'
import { type ClaimsText, checkAsked, claimsText, headerMembers, headerOf, kidOf, toClaims } from '../given/written.ts'
import { usage } from '../line/usage.ts'
import type { EncryptNames } from '../rows/tokens.ts'

type EncryptCall = CallOf<EncryptNames>

/** Members of the header that are not given by -H, and how they are. */
const TAKEN = {
  alg: 'which is for --alg to say',
  enc: 'which is for --enc to say',
  kid: 'which is for --kid to say',
  crit: 'which would demand what nobody here acts upon',
  b64: 'which is for signatures',
  zip: 'and nothing is compressed before it is encrypted: its length would tell what is in it',
  ...Object.fromEntries(
    ['epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'].map((name) => [name, 'which the encryption itself writes']),
  ),
}

/** Makes an encrypted token, around claims or around a signed token. */
export const encrypt: Run<EncryptNames> = async (call) => {
  const { values, words, sources } = call
  sources.claim(words[0], 'CLAIMS')
  for (const name of ['to', 'secret', 'password', 'sign-with', 'passphrase'] as const)
    sources.claim(values[name], `--${name}`)
  const read = await claimsText(call)
  const text = read?.text.trim() ?? ''
  const isToken = SIGNED.test(text)
  const isNested = isToken || values['sign-with'] !== undefined
  if (isToken) refuseClaims(values)
  const members = headerMembers(
    values.header,
    isNested ? { ...TAKEN, cty: 'which says that a token is inside' } : TAKEN,
    'encrypt',
  )
  checkAsked(values, call)
  const { key, alg, enc } = await readEncryptionKey(call, values)
  const kid = await kidOf(key, values.kid, 'encrypt')
  const content = isToken ? { plaintext: text, payload: payloadOf(text) } : await toContent(read, call)
  const { typ = 'JWT', ...others } = members
  const header = { typ, ...(kid !== undefined && { kid }), ...(isNested && { cty: 'JWT' }), ...others }
  const options = {
    key,
    alg: alg.id,
    protected: header,
    ...(enc && { enc: enc.id }),
    ...(values.p2c !== undefined && { p2c: Number(values.p2c) }),
  }
  const token = (await small(run(encryptJwe(utf8(content.plaintext), options, backend), backend))) as string
  return {
    json: { token, header: exactly(headerOf(token.split('.', 1)[0] ?? '')), payload: content.payload },
    text: `${token}\n`,
    // The document says what was encrypted.
    isPrivate: call.settings.json,
  }
}

/** A compact signed token, which is encrypted as it is. */
const SIGNED = /^e[wy][\w-]+\.[\w-]+\.[\w-]+$/

function refuseClaims({ claim, exp, 'sign-with': signer }: EncryptCall['values']): void {
  const [given] = [
    claim.length > 0 && '--claim',
    exp !== undefined && '--exp',
    signer !== undefined && '--sign-with',
  ].filter(Boolean)
  if (given) throw usage(`${given} is about claims, and what is to be encrypted is signed already`, 'encrypt')
}

/** The claims of a token, for programs; its text where it has none. */
function payloadOf(token: string): unknown {
  try {
    return exactly(headerOf(token.split('.')[1] ?? ''))
  } catch {
    return token
  }
}

/** What is encrypted: claims, or the token that says who wrote them. */
async function toContent(
  read: ClaimsText | undefined,
  call: EncryptCall,
): Promise<{ readonly plaintext: string; readonly payload: unknown }> {
  const { values } = call
  const source = values['sign-with']
  if (source === undefined) {
    const claims = await toClaims(read, values, call, 'encrypt')
    return { plaintext: toText(claims), payload: exactly(claims) }
  }
  const given = await readKey(call, source, { what: '--sign-with', passphrase: values.passphrase })
  const alg = signatureOf(given, undefined, elsewhere)
  const claims = await toClaims(read, values, call, 'encrypt')
  const kid = await kidOf(given.key, undefined, 'encrypt')
  const header = { alg: alg.id, typ: 'JWT', ...(kid !== undefined && { kid }) }
  const options = { key: given.key, alg: alg.id, protected: header }
  const plaintext = (await small(run(signJws(toText(claims), options, backend), backend))) as string
  return { plaintext, payload: exactly(claims) }
}

const elsewhere = (id: string): string =>
  `sign by itself, and encrypt what comes out: countersign sign … --alg ${id} | countersign encrypt - --to …`

/** The words of the command for what is too large. */
async function small<T>(made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (!(error instanceof JoseError) || error.code !== 'CS_TOO_LARGE') throw error
    throw new CommandError(error.code, error.message, { hint: 'put less into the token.' })
  }
}
