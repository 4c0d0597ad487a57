import { type ComponentChildren, createContext, type JSX } from 'preact'
import { useContext } from 'preact/hooks'

/** How many tokens a token is inside of: names have to be told apart. */
export const Depth = createContext(0)

/** A name that the page has once, whatever is inside of what. */
export function useId(name: string): string {
  const depth = useContext(Depth)
  return depth === 0 ? name : `${name}-${depth}`
}

interface PanelProps {
  /** By which Alt and a number lead to it. */
  readonly number: number
  readonly title: string
  /** Of several with one number, which one. */
  readonly index?: number
  /** Said beside the title. */
  readonly about?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** A part of the page, with a heading. */
export function Panel({ number, title, index = 0, about, actions, children }: PanelProps): JSX.Element {
  const id = useId(index === 0 ? `panel-${number}` : `panel-${number}-${index}`)
  const depth = useContext(Depth)
  return (
    <section class={`panel panel-${number}`} aria-labelledby={`${id}-title`}>
      <div class="bar">
        <h2 id={`${id}-title`} tabIndex={-1} data-panel={number}>
          {title}
          {depth > 0 && ` inside${depth > 1 ? ` ${depth}` : ''}`}
          {about && <small> {about}</small>}
        </h2>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  )
}

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly of: readonly (readonly [value: Value, text: string])[]
  readonly onChange: (value: Value) => void
}

/** One of few, side by side. */
export function Choice<Value extends string>({ label, value, of, onChange }: ChoiceProps<Value>): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset takes a legend that shows
    <div class="choice" role="group" aria-label={label}>
      {of.map(([one, text]) => (
        <button type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {text}
        </button>
      ))}
    </div>
  )
}
