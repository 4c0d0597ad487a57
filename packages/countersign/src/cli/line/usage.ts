import { nearNames } from '../../diagnosis/near-text.ts'
import { CommandError } from '../../diagnosis/told.ts'

/** A command line that says nothing that can be done. It repeats no value that it was given, which may be a secret. */
export function usage(message: string, command = '', hint?: string): CommandError {
  const help = `\`countersign help${command === '' ? '' : ` ${command}`}\` says what there is.`
  return new CommandError('CS_USAGE', message, { hint: hint === undefined ? help : hint })
}

/** `, did you mean X?` where one of the names is near enough to the word, or longer; or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const meant = nearNames(word, names)
  return meant.length === 0 ? '' : `, did you mean ${meant.join(' or ')}?`
}
