import { CommandError } from '../../diagnosis/told.ts'
import { publicKey } from '../../key/ops.ts'
import { run } from '../../op.ts'
import type { Run } from '../call.ts'
import { backend } from '../engine.ts'
import { readKey } from '../given/keys.ts'
import type { KeyPublicNames } from '../rows/keys.ts'
import type { KeyForm } from '../shown/key-forms.ts'
import { refuseOctets, written } from '../shown/key-output.ts'

/** Prints the public half of a key. */
export const keyPublic: Run<KeyPublicNames> = async (call) => {
  const { values, words, sources, settings } = call
  const [source = '-'] = words
  const form = (values.to ?? 'jwk') as KeyForm
  refuseOctets(call, form, settings.out, 'key public')
  sources.claim(source, 'SRC')
  sources.claim(values.passphrase, '--passphrase')
  const given = await readKey(call, source, { what: 'SRC', passphrase: values.passphrase })
  if (given.key.kind === 'secret')
    throw new CommandError('CS_KEY_TYPE', `${given.name} is a secret, which has no public half.`, {
      hint: 'whoever is to check what it signs needs the secret itself; or sign with a key pair: countersign key new ES256',
    })
  const key = await run(publicKey(given.key), backend)
  return written(call, { ...given, key, keys: [key] }, form, 'key public')
}
