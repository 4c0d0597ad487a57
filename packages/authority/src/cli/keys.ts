import { type Command, command, JSON_OUTPUT } from './command.ts'
import { toTable, toTime } from './text.ts'

export const KEYS_LIST: Command = command({
  name: 'keys list',
  about: 'Lists the signing keys and what each does',
  options: { json: JSON_OUTPUT },
  async run({ operate }) {
    const keys = await operate((operations) => operations.listKeys())
    const time = (seconds: number | undefined): string => (seconds === undefined ? '' : toTime(seconds))
    const rows = keys.map(({ kid, alg, state, reason = '', ...at }) => {
      const times = [at.publishedAt, at.activateAt, at.retireAt, at.purgeAt, at.revokedAt].map(time)
      return [kid, alg, state, ...times, reason]
    })
    const head = ['kid', 'alg', 'state', 'published', 'signs from', 'retires', 'gone', 'revoked', 'reason']
    return { json: keys, text: toTable(head, rows) }
  },
})

export const KEYS_ROTATE: Command = command({
  name: 'keys rotate',
  about: 'Brings the next rotation forward',
  more: 'The next key takes over as soon as every verifier has it. Nothing is refused by it. For a key that got into wrong hands there is keys revoke.',
  options: { json: JSON_OUTPUT },
  async run({ operate }) {
    const rotations = await operate((operations) => operations.rotateKeys())
    const rows = rotations.map(({ alg, kid, activateAt }) => [alg, kid, toTime(activateAt)])
    return { json: rotations, text: toTable(['alg', 'next kid', 'takes over at'], rows) }
  },
})

export const KEYS_REVOKE: Command = command({
  name: 'keys revoke',
  about: 'Takes a key out of use at once',
  more: 'What it signed is refused, and the next key signs. Verifiers keep the JWK Set for its max-age; the output says until when.',
  argument: { name: 'KID', about: 'the key, as keys list names it' },
  options: { reason: { type: 'string', value: 'TEXT', about: 'why, for keys list' }, json: JSON_OUTPUT },
  async run({ values, argument: kid, operate }) {
    const revocation = await operate((operations) => operations.revokeKey(kid, values.reason))
    const { active, revokedAt, verifiersKnowBy } = revocation
    const lines = [
      `${revocation.kid} is revoked since ${toTime(revokedAt)}, and the JWK Set no longer has it`,
      active === undefined ? 'no key signs in its place' : `${active} signs in its place`,
      `verifiers that heed max-age stop trusting it by ${toTime(verifiersKnowBy)}`,
    ]
    return { json: revocation, text: lines.join('\n') }
  },
})
