import type { JSX } from 'preact'
import type { Mode, SheetName } from './app.tsx'
import { Choice } from './shown/panel.tsx'
import type { Settings, Theme } from './work/settings.ts'

interface HeaderProps {
  readonly policy: string
  readonly mode: Mode
  readonly settings: Settings
  readonly onMode: (mode: Mode) => void
  readonly onSettings: (settings: Settings) => void
  readonly onSheet: (sheet: SheetName) => void
}

const THEMES: Readonly<Record<Theme, { readonly next: Theme; readonly title: string }>> = {
  auto: { next: 'light', title: 'as the system' },
  light: { next: 'dark', title: 'light' },
  dark: { next: 'auto', title: 'dark' },
}

/** The name of the page, what it promises, and everything that is not about the token at hand. */
export function Header({ policy, mode, settings, onMode, onSettings, onSheet }: HeaderProps): JSX.Element {
  const { theme, zone } = settings
  const isOffline = policy.includes("connect-src 'none'")
  const { next, title } = THEMES[theme]
  return (
    <header>
      <h1>
        countersign <span>debugger</span>
      </h1>
      <button type="button" class="badge" aria-haspopup="dialog" onClick={() => onSheet('about')}>
        <span class="dot" aria-hidden="true" />
        <span>
          {isOffline ? 'Offline' : 'Online'}
          <span class="more">{isOffline ? ': this page cannot send anything' : ': fetches keys when you say so'}</span>
        </span>
      </button>
      <div class="tools">
        <Choice
          label="What to do"
          value={mode}
          of={[
            ['decode', 'Decode'],
            ['build', 'Build'],
          ]}
          onChange={onMode}
        />
        <div class="set">
          <button type="button" aria-haspopup="dialog" onClick={() => onSheet('keys')}>
            Keys
          </button>
          <button
            type="button"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+Shift+C Meta+Shift+C"
            onClick={() => onSheet('copy')}
          >
            Copy as
          </button>
          <button type="button" aria-haspopup="dialog" onClick={() => onSheet('share')}>
            Share
          </button>
        </div>
        <Choice
          label="Times in"
          value={zone}
          of={[
            ['utc', 'UTC'],
            ['local', 'Local'],
          ]}
          onChange={(chosen) => onSettings({ theme, zone: chosen })}
        />
        <div class="set">
          <button
            type="button"
            class="icon"
            aria-label={`Theme: ${title}`}
            title={`Theme: ${title}`}
            onClick={() => onSettings({ theme: next, zone })}
          >
            <ThemeIcon theme={theme} />
          </button>
          <button
            type="button"
            class="icon"
            aria-label="Keyboard help"
            title="Keyboard help"
            aria-haspopup="dialog"
            aria-keyshortcuts="?"
            onClick={() => onSheet('help')}
          >
            ?
          </button>
        </div>
      </div>
    </header>
  )
}

const RAYS = 'M10 1v3M10 16v3M1 10h3M16 10h3M3.6 3.6l2.1 2.1M14.3 14.3l2.1 2.1M3.6 16.4l2.1-2.1M14.3 5.7l2.1-2.1'
const MOON = 'M16.5 12.4A7 7 0 0 1 7.6 3.5a7 7 0 1 0 8.9 8.9z'

function ThemeIcon({ theme }: { readonly theme: Theme }): JSX.Element {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      {theme === 'light' && <path d={RAYS} />}
      {theme === 'dark' ? <path d={MOON} /> : <circle cx="10" cy="10" r={theme === 'auto' ? 7.5 : 3.5} />}
      {theme === 'auto' && <path class="filled" d="M10 2.5a7.5 7.5 0 0 1 0 15z" />}
    </svg>
  )
}
