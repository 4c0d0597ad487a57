import type { JSX } from 'preact'
import { KEYS, keysOf } from '../shortcuts.ts'
import { Sheet } from '../shown/dialog.tsx'

/** What the keyboard does. */
export function Help({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Sheet title="Keyboard" name="help" onClose={onClose}>
      <table>
        <tbody>
          {KEYS.map(([keys, what]) => (
            <tr>
              <th scope="row">{keysOf(keys).map((key, index) => [index > 0 && ' ', <kbd>{key}</kbd>])}</th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">
        Tab goes through everything in the order in which it is read, and out of every field. A screen reader is told
        what became of a token when that changes, and not each second.
      </p>
    </Sheet>
  )
}
