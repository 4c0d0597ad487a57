import { type Command, command, JSON_OUTPUT } from './command.ts'
import type { MasterRotation } from './host.ts'
import { toColumns } from './text.ts'

const MORE = `The secrets and the private keys in the database are encrypted with one key. Where that is in a file, this puts a new one
into the file and wraps everything anew; no server may run meanwhile. Where it is in COUNTERSIGN_KEK, this prints a new
one and says in which order to bring it in; with COUNTERSIGN_KEK_PREVIOUS set it wraps what is left. Nobody loses a login
or a token by it.`

export const MASTER_ROTATE: Command = command({
  name: 'master rotate',
  about: 'Replaces the key that encrypts keys',
  more: MORE,
  options: { json: JSON_OUTPUT },
  async run({ host, settings }) {
    const { rotateMaster } = await host.upkeep()
    const rotation = await rotateMaster(settings)
    return { json: rotation, text: toText(rotation) }
  },
})

function toText(rotation: MasterRotation): string {
  if (rotation.how === 'proposed') {
    const { kek, kekId, steps } = rotation
    const rows = toColumns([
      ['new key', kek],
      ['id', kekId],
    ])
    const numbered = steps.map((step, at) => `${at + 1}. ${step}`)
    return [rows, '', ...numbered, '', 'The new key is kept nowhere: it is not shown again.'].join('\n')
  }
  const { kekId, moved, under } = rotation
  const rows = Object.entries(under).map(([id, count]) => [
    id,
    `${count}`,
    id === kekId ? 'the current key' : 'another',
  ])
  const first = `${moved} sealed texts were wrapped anew`
  const last =
    rotation.how === 'replaced'
      ? [
          `The new key is in ${rotation.file}: keep a copy elsewhere. The one before it is in ${rotation.previousFile},`,
          'for backups of before; delete it once you need none of them.',
        ]
      : Object.keys(under).some((id) => id !== kekId)
        ? ['Something is under another key: leave COUNTERSIGN_KEK_PREVIOUS set.']
        : ['Once every instance has these settings, COUNTERSIGN_KEK_PREVIOUS may go.']
  return [first, '', toColumns([['key', 'texts', ''], ...rows]), '', ...last].join('\n')
}
