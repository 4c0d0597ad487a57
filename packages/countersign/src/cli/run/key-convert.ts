import type { Run } from '../call.ts'
import { readKey } from '../given/keys.ts'
import type { KeyConvertNames } from '../rows/keys.ts'
import type { KeyForm } from '../shown/key-forms.ts'
import { refuseOctets, written } from '../shown/key-output.ts'

/** Writes a key in another form. */
export const keyConvert: Run<KeyConvertNames> = async (call) => {
  const { values, words, sources, settings } = call
  const [source = '-'] = words
  const form = (values.to ?? 'jwk') as KeyForm
  refuseOctets(call, form, settings.out, 'key convert')
  sources.claim(source, 'SRC')
  sources.claim(values.passphrase, '--passphrase')
  return written(call, await readKey(call, source, { what: 'SRC', passphrase: values.passphrase }), form, 'key convert')
}
