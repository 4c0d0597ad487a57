import { useEffect, useRef } from 'preact/hooks'

/** What the keyboard does, for people. `Mod` is ⌘ on a Mac, and Ctrl elsewhere. */
export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['Mod K', 'all commands, in a list that can be searched'],
  ['Alt 1', 'the token; Alt 2 the header, 3 the claims, 4 the key, 5 the timeline, 6 the findings'],
  ['Mod Enter', 'verify: what became of the token'],
  ['Mod Shift C', 'copy as a command or as code'],
  ['Esc', 'close what is open, or leave a field for the panel around it'],
  ['?', 'this list'],
]

const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.platform)

/** Keys as they are called on this machine. */
export function keysOf(keys: string): readonly string[] {
  const mac = isMac()
  const names: Readonly<Record<string, string>> = {
    Mod: mac ? '⌘' : 'Ctrl',
    Alt: mac ? '⌥' : 'Alt',
    Shift: mac ? '⇧' : 'Shift',
  }
  return keys.split(' ').map((key) => names[key] ?? key)
}

export interface Shortcuts {
  /** Whether a sheet is open: then the page beneath it waits. */
  readonly isCovered: boolean
  readonly onCommands: () => void
  readonly onCopyAs: () => void
  readonly onHelp: () => void
}

/** Listens to the keyboard as long as the page is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts)
  latest.current = shortcuts
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && act(event, latest.current)) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}

/** @returns whether the key was one of these */
function act(event: KeyboardEvent, { isCovered, onCommands, onCopyAs, onHelp }: Shortcuts): boolean {
  const { key, code, altKey, shiftKey, target } = event
  const isMod = (event.ctrlKey || event.metaKey) && !altKey
  const field = target instanceof HTMLElement ? target.closest<HTMLElement>('input, textarea, select') : null
  if (isMod && !shiftKey && code === 'KeyK') return done(onCommands)
  if (isMod && shiftKey && code === 'KeyC') return done(onCopyAs)
  if (isCovered) return false
  if (isMod && key === 'Enter') return focusVerdict()
  if (altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-6]$/.test(code)) return focusPanel(code.slice(-1))
  if (key === 'Escape' && field) return leave(field)
  if (key === '?' && !isMod && !altKey && !isTyping(field)) return done(onHelp)
  return false
}

function done(run: () => void): boolean {
  run()
  return true
}

/** A checkbox takes no text. */
const isTyping = (field: HTMLElement | null): boolean =>
  field !== null && !(field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type))

/** Goes to what became of the token. */
export function focusVerdict(): boolean {
  const verdict = document.querySelector<HTMLElement>('[role="status"]')
  if (verdict) verdict.tabIndex = -1
  return focusOn(verdict)
}

/** Goes to the heading of a panel. @returns whether it is there */
export function focusPanel(number: string): boolean {
  return focusOn(document.querySelector<HTMLElement>(`[data-panel="${number}"]`))
}

/** Leaves a field for the heading of its panel, so that Tab goes on from there. */
function leave(field: HTMLElement): boolean {
  const heading = field.closest('section')?.querySelector<HTMLElement>('[data-panel]')
  if (!heading) field.blur()
  return heading ? focusOn(heading) : true
}

function focusOn(element: HTMLElement | null): boolean {
  element?.focus()
  element?.scrollIntoView({ block: 'nearest' })
  return element !== null
}
