import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Told } from '../../../countersign/src/diagnosis/told.ts'
import { Copy } from '../shown/copy-button.tsx'
import { useId } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import { fetchJwks, hostOf } from '../work/fetch.ts'
import { toldOf } from '../work/read.ts'

/** Whether this is the page that may fetch; the build says so. */
declare const ONLINE: boolean

interface FetchingProps {
  /** How the command gets the key. */
  readonly line: string
  /** What stands in the field for the key. */
  readonly text: string
  readonly onText: (text: string) => void
}

/** How the keys of a set or an issuer get here: fetched where this page may do that, and else by the command. */
export function Fetching({ line, text, onText }: FetchingProps): JSX.Element {
  return ONLINE ? <Online text={text} onText={onText} /> : <Offline line={line} />
}

function Offline({ line }: Pick<FetchingProps, 'line'>): JSX.Element {
  return (
    <p class="hint aside">
      <span>This page fetches nothing. The command does:</span>
      <span class="command">
        <code>{line}</code> <Copy label="the command" text={() => line} />
      </span>
    </p>
  )
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'fetching' }
  | { readonly kind: 'failed'; readonly told: Told }

function Online({ text, onText }: Pick<FetchingProps, 'text' | 'onText'>): JSX.Element {
  const id = useId('url')
  const [url, setUrl] = useState('')
  const [state, setState] = useState<State>({ kind: 'idle' })
  const latest = useRef(text)
  latest.current = text
  const host = hostOf(url)
  const fetchAs = (what: 'jwks' | 'issuer') => async (): Promise<void> => {
    setState({ kind: 'fetching' })
    try {
      const fetched = await fetchJwks(url, what)
      // Who typed a key meanwhile wants that one.
      if (latest.current === text) onText(fetched)
      setState({ kind: 'idle' })
    } catch (error) {
      setState({ kind: 'failed', told: toldOf(error) })
    }
  }
  const isOff = host === undefined || state.kind === 'fetching'
  const where = host === undefined ? '' : ` from ${host}`
  return (
    <div class="fetching">
      <label for={id}>Address of a JWK Set, or of an issuer</label>
      <input
        id={id}
        type="text"
        inputMode="url"
        spellcheck={false}
        autocomplete="off"
        value={url}
        onInput={(event) => {
          setUrl(event.currentTarget.value)
          setState({ kind: 'idle' })
        }}
      />
      <div class="actions">
        <button type="button" disabled={isOff} onClick={fetchAs('jwks')}>
          Fetch the set{where}
        </button>
        <button type="button" disabled={isOff} onClick={fetchAs('issuer')}>
          Discover the issuer{where}
        </button>
      </div>
      <p class="hint" role="status">
        {state.kind === 'fetching'
          ? `Fetching${where} …`
          : host
            ? `A click asks ${host}, which sees your address; so does whoever has the keys of an issuer that is discovered.`
            : ''}
      </p>
      {state.kind === 'failed' && <ToldText told={state.told} />}
    </div>
  )
}
