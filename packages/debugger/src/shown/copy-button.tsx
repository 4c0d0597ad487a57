import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'

interface CopyProps {
  /** What is copied, in words. */
  readonly label: string
  readonly text: () => string
  readonly isOff?: boolean
}

/** Copies a text, and says whether that worked. */
export function Copy({ label, text, isOff = false }: CopyProps): JSX.Element {
  const [said, setSaid] = useState('Copy')
  useEffect(() => {
    if (said === 'Copy') return undefined
    const timer = setTimeout(() => setSaid('Copy'), 2000)
    return () => clearTimeout(timer)
  }, [said])
  const copy = (): void => {
    navigator.clipboard.writeText(text()).then(
      () => setSaid('Copied'),
      () => setSaid('No access'),
    )
  }
  return (
    <button type="button" class="copy" aria-label={`${said} ${label}`} disabled={isOff} onClick={copy}>
      {said}
    </button>
  )
}
