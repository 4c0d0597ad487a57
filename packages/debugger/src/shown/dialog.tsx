import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface SheetProps {
  readonly title: string
  /** Names it for the stylesheet. */
  readonly name: string
  /** It was closed: by its button, by Esc, or by a click beside it. */
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** A sheet above the page, which waits beneath it. Where the keyboard was, it is again once the sheet is closed. */
export function Sheet({ title, name, onClose, children }: SheetProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    // Closed before it is taken away, or else the browser forgets where the keyboard was.
    return () => shown?.close()
  }, [])
  const close = (): void => dialog.current?.close()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Esc and the button
    <dialog
      ref={dialog}
      class={`sheet ${name}`}
      aria-labelledby="sheet-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="sheet-body">
        <div class="bar">
          <h2 id="sheet-title">{title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={close}>
            <span aria-hidden="true">✕</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
