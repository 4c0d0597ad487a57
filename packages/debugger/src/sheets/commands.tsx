import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { keysOf } from '../shortcuts.ts'
import { Sheet } from '../shown/dialog.tsx'

/** Something that the page does. */
export interface Command {
  readonly title: string
  /** `Mod K` */
  readonly keys?: string
  readonly run: () => unknown
}

interface CommandsProps {
  readonly commands: readonly Command[]
  readonly onClose: () => void
}

/** Everything that the page does, to be found by a few letters. */
export function Commands({ commands, onClose }: CommandsProps): JSX.Element {
  const [wanted, setWanted] = useState('')
  const [at, setAt] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => field.current?.focus(), [])
  const words = wanted.toLowerCase().split(/\s+/)
  const found = commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
  const chosen = Math.min(at, found.length - 1)
  useEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' }), [chosen])
  const run = (command: Command | undefined): void => {
    if (command === undefined) return
    onClose()
    setTimeout(command.run) // once the sheet has gone, which holds the keyboard
  }
  const press = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      Home: 0,
      End: found.length - 1,
    }
    const next = steps[event.key]
    if (event.key === 'Enter') run(found[chosen])
    else if (next !== undefined && found.length > 0) setAt((next + found.length) % found.length)
    else return
    event.preventDefault()
  }
  return (
    <Sheet title="Commands" name="commands" onClose={onClose}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label="Find a command"
        aria-expanded={true}
        aria-controls="command-list"
        aria-autocomplete="list"
        {...(found.length > 0 && { 'aria-activedescendant': `command-${chosen}` })}
        placeholder="Find a command"
        spellcheck={false}
        autocomplete="off"
        value={wanted}
        onInput={(event) => {
          setWanted(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <div ref={list} id="command-list" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard
          // biome-ignore lint/a11y/useFocusableInteractive: the field above has the keyboard
          <div
            role="option"
            id={`command-${index}`}
            aria-selected={index === chosen}
            onMouseMove={() => setAt(index)}
            onClick={() => run(command)}
          >
            <span>{command.title}</span>
            {command.keys && (
              <span class="chord" aria-hidden="true">
                {keysOf(command.keys).map((key) => (
                  <kbd>{key}</kbd>
                ))}
              </span>
            )}
          </div>
        ))}
      </div>
      <p class="hint" aria-live="polite">
        {found.length === 0 ? 'No command has these words.' : ''}
      </p>
    </Sheet>
  )
}
