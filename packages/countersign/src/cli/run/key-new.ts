import { ALGORITHM } from '../../alg/algorithm.ts'
import { LEFT_OUT } from '../../alg/management.ts'
import { printable } from '../../diagnosis/exact-json.ts'
import { toSpan } from '../../diagnosis/moments.ts'
import { CommandError } from '../../diagnosis/told.ts'
import { importKey } from '../../key/import.ts'
import type { Key } from '../../key/key.ts'
import { exportJwk, generateKey, publicKey, thumbprint, toSpec } from '../../key/ops.ts'
import { parsePem } from '../../key/pem.ts'
import { run } from '../../op.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readNewPassphrase } from '../given/passphrases.ts'
import { sealJwk } from '../given/sealed-jwk.ts'
import { didYouMean, usage } from '../line/usage.ts'
import type { KeyNewNames } from '../rows/keys.ts'
import { dataOf, type KeyForm, memberOf, toForm, type Written } from '../shown/key-forms.ts'
import { OWN, refuseOctets, say, textOf, writeAll } from '../shown/key-output.ts'
import type { Outcome } from '../shown/outcome.ts'

type NewCall = CallOf<KeyNewNames>

/** What is to be made, once everything about it is known to be right. */
interface Plan {
  readonly alg: string
  readonly isSecret: boolean
  readonly bits: number | undefined
  readonly crv: string | undefined
  readonly kid: string | undefined
  readonly use: 'sig' | 'enc' | undefined
  readonly form: KeyForm
  /** Where the private part and the public half go: a file, or `-`. */
  readonly out: string
  readonly publicOut: string | undefined
}

/** Makes a key. Its private part goes where it is told to, and nowhere else. */
export const keyNew: Run<KeyNewNames> = async (call) => {
  const plan = toPlan(call)
  const { out, publicOut, form, alg } = plan
  const files = [
    ...(out === '-' ? [] : [{ path: out, isPrivate: true }]),
    ...(publicOut === undefined || publicOut === '-' ? [] : [{ path: publicOut, isPrivate: false }]),
  ]
  const { secretPart, openPart, document } = await writeAll(call, files, async () => {
    const passphrase = call.values.encrypt
      ? await readNewPassphrase(call, call.values.passphrase, 'key new')
      : undefined
    const key = await made(plan, call)
    const open = plan.isSecret ? undefined : await run(publicKey(key), backend)
    const secretPart = await sealed({ key, name: 'the new key' }, form, passphrase, call)
    const openPart = open && (await toForm({ key: open, name: 'its public half' }, form))
    const parts = [...(out === '-' ? [] : [secretPart]), ...(openPart ? [openPart] : [])]
    const document = {
      alg,
      ...(open && { thumbprint: await run(thumbprint(open), backend), public: await run(exportJwk(open), backend) }),
      ...(out === '-' && { private: memberOf(secretPart) }),
      files: files.map(({ path }) => path),
    }
    return { data: parts.map(dataOf), result: { secretPart, openPart, document } }
  })
  await sayWhat(plan, form.startsWith('jwk') ? (document.public?.kid ?? plan.kid) : undefined, call)
  const printed = out === '-' ? secretPart : publicOut === '-' ? openPart : undefined
  return { json: document, text: printed ? textOf(printed) : '', isWritten: true } satisfies Outcome
}

async function sayWhat({ alg, out, publicOut }: Plan, kid: string | undefined, call: NewCall): Promise<void> {
  const what = `${alg} key${kid === undefined ? '' : `, kid ${printable(kid)}`}`
  if (out !== '-') await say(call, `wrote ${printable(out)} (${OWN}): ${what}`)
  if (publicOut !== undefined && publicOut !== '-') await say(call, `wrote ${printable(publicOut)}: its public half`)
}

/** Words for keys that name no algorithm, and what may be meant by them. */
const MEANT: readonly (readonly [word: RegExp, meant: string])[] = [
  [/^(rsa|rsassa)$/i, 'countersign key new RS256 makes an RSA key that signs, RSA-OAEP-256 one to encrypt to.'],
  [/^(ec|ecc|ecdsa|p-?256|secp256r1|prime256v1)$/i, 'countersign key new ES256 makes a key on P-256.'],
  [/^(p-?384|secp384r1)$/i, 'countersign key new ES384 makes a key on P-384.'],
  [/^(p-?521|secp521r1)$/i, 'countersign key new ES512 makes a key on P-521.'],
  [/^secp256k1$/i, 'countersign key new ES256K makes a key on secp256k1.'],
  [/^okp$/i, 'countersign key new Ed25519 makes a key that signs; ECDH-ES --crv X25519 makes one to encrypt to.'],
  [/^(ecdh|x25519|x448)$/i, 'countersign key new ECDH-ES --crv X25519 makes a key to encrypt to.'],
  [/^(oct|hmac|secret)$/i, 'countersign key new HS256 makes a secret that signs.'],
  [/^(aes|aes-?\d+)$/i, 'countersign key new A256GCM makes a secret to encrypt with.'],
]

/** @throws {CommandError} `CS_USAGE` for everything that does not go together, before anything is made */
function toPlan(call: NewCall): Plan {
  const { values, words, settings } = call
  const row = rowOf(words[0] ?? '')
  const isSecret = row.generate.kty === 'oct'
  const { use, encrypt, passphrase, 'public-out': publicOut } = values
  const form = (values.format ?? 'jwk') as KeyForm
  const { out } = settings
  const part = isSecret ? 'secret' : 'private key'
  if (out === undefined)
    throw usage(`key new needs a file for the ${part}: --out FILE`, 'key new', `--out FILE, or --out - to print it.`)
  if (isSecret && publicOut !== undefined)
    throw usage(`${row.id} takes a secret, which has no public half: leave out --public-out`, 'key new')
  if (isSecret && (form === 'pem' || form === 'der'))
    throw usage(`${row.id} takes a secret, which has no form ${form}: leave out --format`, 'key new')
  if (out === '-' && publicOut === '-')
    throw usage('--out and --public-out both are the standard output', 'key new', 'write one of them to a file.')
  if (encrypt && form === 'jwks')
    throw usage('a JWK Set is not encrypted as a whole', 'key new', 'leave out --format jwks, or --encrypt.')
  const lost = (['kid', 'use'] as const).find((name) => values[name] !== undefined && form !== 'jwk' && form !== 'jwks')
  if (lost !== undefined) throw usage(`--${lost} is a member of a JWK, and ${form} has no place for it`, 'key new')
  if (passphrase !== undefined && !encrypt)
    throw usage('--passphrase is what --encrypt encrypts with, and --encrypt is not there', 'key new')
  if (use !== undefined && use !== row.use)
    throw usage(`--use ${use} contradicts ${row.id}, whose use is ${row.use}`, 'key new')
  // Octets that are encrypted are octets, too.
  refuseOctets(call, form, out === '-' || publicOut === '-' ? '-' : out, 'key new')
  const bits = values.bits === undefined ? undefined : Number(values.bits)
  checkSpec(row.id, bits, values.crv)
  return {
    alg: row.id,
    isSecret,
    bits,
    crv: values.crv,
    kid: kidOf(values.kid, isSecret),
    use: use as Plan['use'],
    form,
    out,
    publicOut,
  }
}

type Row = typeof ALGORITHM extends ReadonlyMap<string, infer R> ? R : never

function rowOf(name: string): Row & { readonly generate: NonNullable<Row['generate']> } {
  const [, meant] = MEANT.find(([word]) => word.test(name) && !ALGORITHM.has(name)) ?? []
  if (meant !== undefined) throw usage('ALG names a kind of key, and a key is made for an algorithm', 'key new', meant)
  const row = ALGORITHM.get(name) ?? unknown(name)
  const { id, family, generate } = row
  if (generate) return row as Row & { readonly generate: NonNullable<Row['generate']> }
  if (family === 'password')
    throw usage(`${id} takes a password, and no key`, 'key new', 'choose one: countersign encrypt --password prompt:')
  throw usage(
    `${id} uses the key of a content encryption as it is`,
    'key new',
    'make that: countersign key new A256GCM --out secret.jwk',
  )
}

function unknown(name: string): never {
  const why = LEFT_OUT.get(name)
  if (why !== undefined) throw new CommandError('CS_UNSUPPORTED', `${name} is left out on purpose: ${why}`)
  const hint = '`countersign algs` lists what there is.'
  if (name === 'none') throw usage('none takes no key, and what nobody signed is never made', 'key new', hint)
  const names = [...ALGORITHM.keys()]
  const same = names.find((own) => own.toLowerCase() === name.toLowerCase())
  const near = same === undefined ? didYouMean(name, names) : `, did you mean ${same}?`
  throw usage(`ALG names no algorithm that is known${near}`, 'key new', hint)
}

function kidOf(kid: string | undefined, isSecret: boolean): string | undefined {
  if (kid !== 'thumbprint') return kid
  // An asymmetric key has it anyhow.
  if (!isSecret) return undefined
  throw usage(
    'a secret is not named by its thumbprint, which would let others try secrets out',
    'key new',
    'give it a name: --kid ID',
  )
}

/** What the library says of its options, said of those of the command. */
function checkSpec(alg: string, bits: number | undefined, crv: string | undefined): void {
  try {
    toSpec(alg, { ...(bits !== undefined && { bits }), ...(crv !== undefined && { crv }) })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const plain = error.message.replace(/^(bits|crv) /, '--$1 ').replace('leave bits out', 'leave out --bits')
    throw usage(plain.replace(/ is left out$/, ' has no choice: leave it out'), 'key new')
  }
}

async function made({ alg, bits, crv, kid, use }: Plan, { progress, host }: NewCall): Promise<Key> {
  const began = host.now()
  const size = bits === undefined ? '' : ` of ${bits} bits`
  const tick = (): void => progress.show(() => `making a key for ${alg}${size}: ${toSpan(host.now() - began)}`)
  tick()
  const timer = setInterval(tick, 100)
  try {
    const options = {
      ...(bits !== undefined && { bits }),
      ...(crv !== undefined && { crv }),
      ...(kid !== undefined && { kid }),
    }
    const key = await run(generateKey(alg, options), backend)
    return use === undefined ? key : importKey(await run(exportJwk(key), backend), { use }, backend)
  } finally {
    clearInterval(timer)
    progress.clear()
  }
}

/** The private part in its form, encrypted where there is a passphrase. */
async function sealed(
  given: { readonly key: Key; readonly name: string },
  form: KeyForm,
  passphrase: string | undefined,
  { host }: NewCall,
): Promise<Written> {
  if (passphrase === undefined) return toForm(given, form)
  if (form === 'jwk') return { text: `${await sealJwk(await run(exportJwk(given.key), backend), passphrase)}\n` }
  const plain = await toForm(given, 'pem')
  const text = await host.encryptPem('text' in plain ? plain.text : '', passphrase)
  return form === 'pem' ? { text } : { octets: parsePem(text).der }
}
