// The whole story over HTTP. Both servers run in this process, so that it can move their clock; they share nothing else.
import { createEncrypter, createSigner, generateKey, publicJwks, remoteKeySet } from 'countersign'
import { decryptJwe, encryptJwe } from 'countersign/jwe'
import { createClinic } from './clinic.ts'
import { CONTENT, JWKS_PATH, JWKS_SECONDS, KEY_SECONDS, MANAGEMENT, SIGNATURE, TYP } from './format.ts'
import { listen, publish, type Server } from './http.ts'
import { createPharmacy, newKey } from './pharmacy.ts'

const CORNER = 'corner-pharmacy'
const NIGHT = 'night-pharmacy'

let seconds = Math.floor(Date.now() / 1000)
const now = (): number => seconds

let steps = 0
const tell = (sentence: string): void => console.log(`\n${`${++steps}.`.padEnd(4)}${sentence}`)
const print = (label: string | number, text: string): void => console.log(`      ${String(label).padEnd(10)}${text}`)
const headerOf = (token: string): string => Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()

/** Asks a server and shows what it is asked. */
async function ask(url: string, body?: string): Promise<{ status: number; text: string }> {
  const { pathname, search } = new URL(url)
  console.log(`    POST ${pathname}${search}`)
  const response = await fetch(url, { method: 'POST', ...(body !== undefined && { body }) })
  return { status: response.status, text: await response.text() }
}

/** Has the clinic write a prescription for Alice. */
async function prescribe(clinic: Server, pharmacy = CORNER): Promise<string> {
  const { status, text } = await ask(`${clinic.origin}/prescriptions?patient=alice&pharmacy=${pharmacy}`)
  print(status, status === 201 ? `a token in ${text.split('.').length} parts, ${text.length} characters` : text)
  if (status !== 201) throw new Error('this should have gone well')
  return text
}

/** Hands a token in at the corner pharmacy. @throws where the story goes another way than it is told */
async function dispense(corner: Server, token: string, refusal?: string): Promise<void> {
  const { status, text } = await ask(`${corner.origin}/dispense`, token)
  const answer = JSON.parse(text) as Record<'code' | 'message' | 'patient' | 'dispensed' | 'openedWith', string>
  const { code, message, patient, dispensed, openedWith } = answer
  print(status, code ? `${code}: ${message}` : `${dispensed} for ${patient}, opened with the key ${openedWith}`)
  if (code !== refusal) throw new Error(`this should have ${refusal ? `been refused with ${refusal}` : 'gone well'}`)
}

async function main(): Promise<void> {
  const [clinic, corner, night] = [await listen(0), await listen(0), await listen(0)]
  const pharmacies = new Map([
    [CORNER, corner.origin],
    [NIGHT, night.origin],
  ])
  clinic.serve(createClinic({ origin: clinic.origin, key: await generateKey(SIGNATURE), pharmacies, now }))
  corner.serve(createPharmacy({ name: CORNER, clinic: clinic.origin, now }))
  const nightKey = await newKey() // a pharmacy like any other, but its private key is in Mallory's hands
  night.serve({ [`GET ${JWKS_PATH}`]: async () => publish(await publicJwks([nightKey])) })

  console.log('Alice carries a prescription to a pharmacy. What it says is for the pharmacy alone to read.')

  tell('Her app asks the clinic for it, and names the pharmacy. The clinic signs it, and encrypts it to that one.')
  const token = await prescribe(clinic)
  console.log('    All that the app can read of it, or whoever sees it on the way, is the header:')
  console.log(headerOf(token).replaceAll(/^/gm, '      '))

  tell('The pharmacy opens it, and then verifies that the clinic wrote it, and for whom.')
  await dispense(corner, token)

  tell('Mallory writes one herself. Everybody has the public key, so everybody can encrypt to the pharmacy.')
  const wanted = { iss: clinic.origin, aud: CORNER, sub: 'mallory', medicine: 'morphine 30 mg' }
  const key = remoteKeySet(`${corner.origin}${JWKS_PATH}`)
  const encrypter = createEncrypter({ key, alg: MANAGEMENT, enc: CONTENT, expiresIn: '10m', typ: TYP, now })
  await dispense(corner, await encrypter.encrypt(wanted), 'CS_NESTED')

  tell("She signs it as well, but her key is not the clinic's.")
  const asClinic = { issuer: clinic.origin, audience: CORNER, expiresIn: '10m', typ: TYP, now } as const
  const mallory = createSigner({ key: await generateKey(SIGNATURE), ...asClinic })
  const sign = createEncrypter({ key, alg: MANAGEMENT, enc: CONTENT })
  await dispense(corner, await sign.encrypt(wanted, { sign: mallory }), 'CS_NO_KEY')

  tell(
    'She has the key of the night pharmacy, and opens what was written for that one. Inside is what the clinic signed.',
  )
  const { plaintext: inner } = await decryptJwe(await prescribe(clinic, NIGHT), { keys: nightKey })
  console.log('    It is of no use without its envelope:')
  await dispense(corner, new TextDecoder().decode(inner), 'CS_MALFORMED')
  console.log('    In a new envelope it is still for the night pharmacy, since the audience is signed:')
  const options = { key, alg: MANAGEMENT, enc: CONTENT, protected: { cty: 'JWT' } }
  await dispense(corner, await encryptJwe(inner, options), 'CS_AUD')

  tell('She changes one character of a token. What exactly did not fit is not said: that would help her.')
  const at = token.lastIndexOf('.') - 10
  const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
  await dispense(corner, changed, 'CS_DECRYPTION')

  tell('Alice comes back with it half an hour later.')
  seconds += 30 * 60
  await dispense(corner, token, 'CS_EXPIRED')

  tell('A minute before the pharmacy changes its key she gets another one, and hands it in a minute after.')
  seconds += KEY_SECONDS - 31 * 60
  const underWay = await prescribe(clinic)
  seconds += 120
  await dispense(corner, underWay)

  tell('The clinic learns of the new key when the set that it has kept is too old.')
  seconds += JWKS_SECONDS
  await dispense(corner, await prescribe(clinic))

  console.log('\nOf all these, the pharmacy dispensed the three that the clinic wrote for it.')
  await Promise.all([clinic, corner, night].map((server) => server.close()))
}

main()
