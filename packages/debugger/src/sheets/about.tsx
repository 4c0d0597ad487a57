import type { JSX } from 'preact'
import { Copy } from '../shown/copy-button.tsx'
import { Sheet } from '../shown/dialog.tsx'
import { type Settings, STORED } from '../work/settings.ts'

interface AboutProps {
  readonly version: string
  /** The Content-Security-Policy that stands in the file. */
  readonly policy: string
  readonly settings: Settings
  readonly onForget: () => void
  readonly onClose: () => void
}

const HASHES: readonly (readonly [where: string, command: string])[] = [
  ['macOS, Linux', 'shasum -a 256 debugger.html'],
  ['Windows', 'certutil -hashfile debugger.html SHA256'],
  ['that of the command', 'shasum -a 256 "$(countersign debug --print-path)"'],
]
const TRY = "fetch('https://example.com/')"

/** What the page does not do, and how anybody can see that it does not. */
export function About({ version, policy, settings, onForget, onClose }: AboutProps): JSX.Element {
  const isOffline = policy.includes("connect-src 'none'")
  const stored = [
    ...(settings.theme === 'auto' ? [] : [`${STORED.theme} = ${settings.theme}`]),
    ...(settings.zone === 'utc' ? [] : [`${STORED.zone} = ${settings.zone}`]),
  ]
  return (
    <Sheet title="About this page" name="about" onClose={onClose}>
      <h3>{isOffline ? 'It cannot send anything' : 'It sends nothing by itself'}</h3>
      <p>
        {isOffline
          ? 'This policy stands in the file, ahead of everything else, and the browser holds the page to it: no connection, no form, no image, no other script.'
          : 'Its policy lets it fetch keys over https, which it does only when a button that names the host is pressed. Tokens and keys that you give are never sent.'}
      </p>
      <pre class="code-block">{policy.split('; ').join(';\n')}</pre>
      <h3>See for yourself</h3>
      <ol>
        <li>Switch the network off. Everything goes on working{isOffline ? '' : ', but for fetching keys'}.</li>
        <li>
          Open the tools of the browser (F12), Network, and reload: the only request is the page itself. Whatever you do
          here adds none{isOffline ? '' : ' but those that you press a button for'}.
        </li>
        {isOffline && (
          <li>
            In their console, try <code>{TRY}</code> <Copy label="the line to try" text={() => TRY} /> and see it
            refused.
          </li>
        )}
      </ol>
      <h3>Is it the file that was published?</h3>
      <p>The page cannot read its own file. A command can, and says its SHA-256:</p>
      <dl class="facts">
        {HASHES.map(([where, command]) => (
          <div>
            <dt>{where}</dt>
            <dd>
              <code>{command}</code> <Copy label={`the command: ${where}`} text={() => command} />
            </dd>
          </div>
        ))}
      </dl>
      <h3>What it keeps</h3>
      <p>
        The theme and the time zone, where they were chosen, and nothing else: no token, no key, no history. Tokens are
        gone when the page is closed.
      </p>
      <p class="row">
        <span>
          Stored now:{' '}
          {stored.length === 0 ? 'nothing' : stored.map((line, index) => [index > 0 && ', ', <code>{line}</code>])}
        </span>
        {stored.length > 0 && (
          <button type="button" onClick={onForget}>
            Forget it
          </button>
        )}
      </p>
      <p class="hint">countersign {version}, under the MIT licence.</p>
    </Sheet>
  )
}
