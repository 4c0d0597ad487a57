import { decryptJwe } from 'countersign/jwe'
import * as jose from 'jose'
import { fail } from '../contender.ts'
import { protectedText } from './bare.ts'
import { joseKeys, ourKeys, type Tool } from './contenders.ts'
import { type Keys, type Sample, type Scheme, type Sealed, tampered, toSample } from './workload.ts'

/** Before a contender is timed it opens the good token, and refuses the tampered one. */
export async function checkDecrypt(name: string, scheme: Scheme, tool: Tool, sample: Sample): Promise<void> {
  if (!(await opens(tool, sample))) fail(name, scheme, 'refuses a good token')
  if (await opens(tool, tampered(sample))) fail(name, scheme, 'opens a tampered token')
}

/** What a contender makes opens with all of them: a token as it is, bare octets as a JWE in JSON with the libraries. */
export async function checkEncrypt(
  name: string,
  scheme: Scheme,
  tool: Tool,
  { plaintext }: Sample,
  keys: Keys,
  judges: Iterable<Tool>,
): Promise<void> {
  const made = await tool.encrypt({ plaintext })
  const openings =
    typeof made === 'string' ? ofToken(made, plaintext, judges) : await ofOctets(made as Sealed, scheme, keys)
  for (const open of openings) {
    if (!(await gives(plaintext, open))) fail(name, scheme, 'makes what does not open')
  }
}

/** A way to open what was made. */
type Opening = () => unknown

function ofToken(token: string, plaintext: Buffer, judges: Iterable<Tool>): readonly Opening[] {
  const sample = toSample(plaintext, token)
  return Array.from(judges, (judge) => () => judge.decrypt(sample))
}

async function ofOctets(sealed: Sealed, scheme: Scheme, keys: Keys): Promise<readonly Opening[]> {
  const jwe = toFlattened(scheme, sealed)
  const [ours, theirs] = [ourKeys(scheme, keys), await joseKeys(scheme, keys)]
  return [
    async () => (await decryptJwe(jwe, { keys: ours.decrypt })).plaintext,
    async () => (await jose.flattenedDecrypt(jwe, theirs.decrypt)).plaintext,
  ]
}

const opens = (tool: Tool, sample: Sample): Promise<boolean> => gives(sample.plaintext, () => tool.decrypt(sample))

async function gives(plaintext: Buffer, open: Opening): Promise<boolean> {
  try {
    const opened = await open()
    return opened instanceof Uint8Array && plaintext.equals(opened)
  } catch {
    return false
  }
}

function toFlattened(scheme: Scheme, { epk, encryptedKey, iv, ciphertext, tag }: Sealed): jose.FlattenedJWE {
  return {
    protected: protectedText(scheme),
    ...(epk && { header: { epk } }),
    ...(encryptedKey.length > 0 && { encrypted_key: encryptedKey.toString('base64url') }),
    iv: iv.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
    tag: tag.toString('base64url'),
  }
}
