import { CommandError } from '../../diagnosis/told.ts'
import { type ThumbprintHash, thumbprint, thumbprintUri } from '../../key/ops.ts'
import { run } from '../../op.ts'
import type { Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readKey } from '../given/keys.ts'
import type { KeyThumbprintNames } from '../rows/keys.ts'

/** Prints the thumbprint of a key, which is the same for both of its halves. */
export const keyThumbprint: Run<KeyThumbprintNames> = async (call) => {
  const { values, words, sources } = call
  const [source = '-'] = words
  sources.claim(source, 'SRC')
  sources.claim(values.passphrase, '--passphrase')
  const { key, name } = await readKey(call, source, { what: 'SRC', passphrase: values.passphrase })
  // RFC 7638 §7: it is a hash of the secret, and of nothing else, by which guesses can be checked.
  if (key.kind === 'secret')
    throw new CommandError(
      'CS_KEY_TYPE',
      `${name} is a secret, and its thumbprint would let everyone who sees it try secrets out.`,
      { hint: 'name it by a kid of its own.', spec: 'RFC 7638 §7' },
    )
  const hash = (values.hash ?? 'sha256').replace('sha', 'sha-') as ThumbprintHash
  const text = await run(thumbprint(key, hash), backend)
  const uri = await run(thumbprintUri(key, hash), backend)
  return { json: { hash, thumbprint: text, uri }, text: `${values.uri ? uri : text}\n` }
}
