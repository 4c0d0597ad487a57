import { sync } from '../../../packages/countersign/src/crypto/node.ts'
import { importKey } from '../../../packages/countersign/src/key/import.ts'
import type { Key } from '../../../packages/countersign/src/key/key.ts'
import { exportPem, thumbprint } from '../../../packages/countersign/src/key/ops.ts'
import { runSync } from '../../../packages/countersign/src/op.ts'
import { mutateDer, mutatePem } from '../mutate/der.ts'
import { havoc } from '../mutate/octets.ts'
import { hold, refused, Secrets } from '../oracle.ts'
import { DERS, PASSPHRASE, PEMS } from '../seeds.ts'
import type { Bytes, Mutate, Outcome, Target } from '../target.ts'

const WORDS = [
  ...['-----BEGIN ', '-----END ', '-----', 'PUBLIC KEY', 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY'],
  ...['EC PRIVATE KEY', 'EC PARAMETERS', 'CERTIFICATE', 'Proc-Type: 4,ENCRYPTED\n', 'DEK-Info: AES-128-CBC,', '\\n'],
  ...['\r\n', '\n', ' ', '"', "'", '\ufeff', '=', '==', 'MII', 'OPENSSH PRIVATE KEY', ':'],
]
const MOST = 8192
const inDer = mutateDer(havoc([], 2048))
const inPem = mutatePem(inDer, havoc(WORDS, MOST))
const SEQUENCE = 0x30

const mutate: Mutate = (input, random, other) => (input[0] === SEQUENCE ? inDer : inPem)(input, random, other)

/** Keys as PEM and DER: those that are encrypted, certificates and what is no key among them. */
export const target: Target = {
  name: 'pem',
  words: WORDS,
  maxLength: MOST,
  mutators: [mutate, mutate],
  seeds: () => [...PEMS, ...DERS].filter(({ length }) => length <= MOST),
  prepare: () => {
    const secrets = new Secrets([PASSPHRASE, ...PEMS.filter((pem) => pem.includes('PRIVATE')).flatMap(linesOf)])
    return (input) => read(input, secrets)
  },
}

const linesOf = (pem: string): readonly string[] => pem.split('\n').filter((line) => /^[A-Za-z0-9+/=]{24,}$/.test(line))

function read(input: Bytes, secrets: Secrets): Outcome {
  const given = input[0] === SEQUENCE ? input : Buffer.from(input).toString()
  const options = isCheap(input) ? { passphrase: PASSPHRASE } : {}
  let key: Key
  try {
    key = importKey(given, options, sync)
  } catch (error) {
    return refused(error, secrets)
  }
  try {
    const again = importKey(runSync(exportPem(key), sync), {}, sync)
    hold(again.kind === key.kind && again.bits === key.bits, 'the key that was written is another')
    if (key.kind !== 'secret')
      hold(runSync(thumbprint(again), sync) === runSync(thumbprint(key), sync), 'the key that was written is another')
  } catch (error) {
    // What was taken in can be written, and what was written can be taken in.
    hold(refused(error, secrets) === 'CS_UNSUPPORTED', `the key that was written is refused: ${String(error)}`)
  }
  return 'accepted'
}

/** scrypt (RFC 7914 §7.1). */
const SCRYPT = Buffer.from('2b06010401da47040b', 'hex')

/**
 * A passphrase may cost as much as whoever encrypted the key wanted, up to a bound that takes seconds: nothing is
 * decrypted here for which more than 65535 iterations are asked.
 */
function isCheap(input: Bytes): boolean {
  const text = Buffer.from(input).toString('latin1')
  const [, body] = /ENCRYPTED PRIVATE KEY-----([^-]*)/.exec(text) ?? []
  const der = body === undefined ? Buffer.from(input) : Buffer.from(body, 'base64')
  const head = der.subarray(0, 200)
  if (head.includes(SCRYPT)) return false
  for (let at = 0; at + 1 < head.length; at++) {
    const length = head[at + 1] as number
    if (head[at] === 0x02 && length > 2 && length < 0x85) return false
  }
  return true
}
