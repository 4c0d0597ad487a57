import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Header } from './header.tsx'
import { Level } from './level.tsx'
import { Build } from './panels/build.tsx'
import { useKeys } from './panels/use-keys.ts'
import { About } from './sheets/about.tsx'
import { type Command, Commands } from './sheets/commands.tsx'
import { CopyAs } from './sheets/copy-as.tsx'
import { Help } from './sheets/help.tsx'
import { Keys } from './sheets/keys.tsx'
import { Share } from './sheets/share.tsx'
import { focusPanel, focusVerdict, useShortcuts } from './shortcuts.ts'
import { type Draft, lines } from './work/build.ts'
import { headerFor, type Shown } from './work/convert.ts'
import type { Expected } from './work/judge.ts'
import { type GivenKeys, type GivenText, keysIn } from './work/keys.ts'
import { type Reading, read } from './work/read.ts'
import { loadSettings, type Settings, saveSettings } from './work/settings.ts'
import { type Arrival, isOpen } from './work/share.ts'

export type Mode = 'decode' | 'build'
export type SheetName = 'keys' | 'convert' | 'copy' | 'share' | 'about' | 'help' | 'commands'

interface AppProps {
  readonly version: string
  /** The Content-Security-Policy of the page. */
  readonly policy: string
  /** Takes what the address brought. */
  readonly arrive: () => Arrival
}

const NO_KEY: GivenText = { text: '', spelling: 'utf8', allowWeak: false }
const NOTHING_EXPECTED: Expected = { iss: '', aud: '', typ: '', leeway: 30 }

/** The whole page. */
export function App({ version, policy, arrive }: AppProps): JSX.Element {
  const [arrival, setArrival] = useState(arrive)
  const [mode, setMode] = useState<Mode>('decode')
  const [text, setText] = useState(arrival.token ?? '')
  const [given, setGiven] = useState(NO_KEY)
  const [expected, setExpected] = useState(NOTHING_EXPECTED)
  const [draft, setDraft] = useState<Draft>({ header: '', payload: '' })
  /** The token that was built. */
  const [built, setBuilt] = useState('')
  const [settings, setSettings] = useSettings()
  const [sheet, setSheet] = useState<SheetName>()
  const [notice, setNotice] = useState<string>()
  /** What stands in the field for a key, and what a link has put there. */
  const field = useRef(given.text)
  const linked = useRef<string>(undefined)
  field.current = given.text
  const { theme, zone } = settings
  const current = mode === 'build' ? built : text

  const change = (next: Mode): void => {
    if (next === 'build' && mode !== 'build') setDraft(draftOf(text, Date.now() / 1000))
    setMode(next)
  }
  // A sheet that was left for another one is closed as well, and says so later.
  const close = (own: SheetName) => () => setSheet((open) => (open === own ? undefined : open))

  useEffect(() => {
    const listen = (): void => setArrival(arrive())
    addEventListener('hashchange', listen)
    return () => removeEventListener('hashchange', listen)
  }, [arrive])
  useEffect(() => {
    const { token, key, isRefused, rest } = arrival
    if (rest === undefined) return
    if (token !== undefined) {
      setMode('decode')
      setText(token)
    }
    void keyOf(key).then((read) => {
      // The key of an earlier link is no better than that of this one.
      const isLinked = read === 'open' || linked.current === field.current
      if (read === 'open') {
        linked.current = key
        setGiven({ ...NO_KEY, text: key ?? '' })
      }
      setNotice(noticeOf(token !== undefined, read, isLinked, isRefused))
    })
  }, [arrival])

  useShortcuts({
    isCovered: sheet !== undefined,
    onCommands: () => setSheet('commands'),
    onCopyAs: () => setSheet('copy'),
    onHelp: () => setSheet('help'),
  })
  const commands = (): readonly Command[] => [
    { title: 'Verify: go to what became of the token', keys: 'Mod Enter', run: focusVerdict },
    { title: 'Copy as command, TypeScript, Python or Go', keys: 'Mod Shift C', run: () => setSheet('copy') },
    { title: 'Share by a link', run: () => setSheet('share') },
    { title: 'Make a key', run: () => setSheet('keys') },
    { title: 'Convert a key: PEM, JWK, thumbprint', run: () => setSheet('convert') },
    mode === 'decode'
      ? { title: 'Build a token', run: () => change('build') }
      : { title: 'Decode a token', run: () => change('decode') },
    ...[...document.querySelectorAll<HTMLElement>('main h2[data-panel]')]
      .filter(({ dataset }, index, all) => all.findIndex((one) => one.dataset['panel'] === dataset['panel']) === index)
      .sort((a, b) => Number(a.dataset['panel']) - Number(b.dataset['panel']))
      .map(({ dataset, firstChild }) => ({
        title: `Go to ${firstChild?.textContent?.trim() ?? ''}`,
        keys: `Alt ${dataset['panel']}`,
        run: () => focusPanel(dataset['panel'] ?? ''),
      })),
    { title: 'Clear token and key', run: () => [setText(''), setGiven(NO_KEY), setExpected(NOTHING_EXPECTED)] },
    ...(['auto', 'light', 'dark'] as const)
      .filter((name) => name !== theme)
      .map((name) => ({ title: `Theme: ${name}`, run: () => setSettings({ theme: name, zone }) })),
    zone === 'utc'
      ? { title: 'Times in local time', run: () => setSettings({ theme, zone: 'local' }) }
      : { title: 'Times in UTC', run: () => setSettings({ theme, zone: 'utc' }) },
    { title: 'About: what proves that nothing is sent', run: () => setSheet('about') },
    { title: 'Keyboard', keys: '?', run: () => setSheet('help') },
  ]

  return (
    <>
      <Header
        policy={policy}
        mode={mode}
        settings={settings}
        onMode={change}
        onSettings={setSettings}
        onSheet={setSheet}
      />
      {notice !== undefined && (
        <div class="notice" role="alert">
          <p>{notice}</p>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => setNotice(undefined)}>
            <span aria-hidden="true">✕</span>
          </button>
        </div>
      )}
      <main>
        {mode === 'decode' ? (
          <Level
            text={text}
            given={given}
            expected={expected}
            onText={setText}
            onGiven={setGiven}
            onExpected={setExpected}
            zone={zone}
          />
        ) : (
          <Build draft={draft} given={given} pasted={text} onDraft={setDraft} onGiven={setGiven} onBuilt={setBuilt} />
        )}
      </main>
      <footer>
        <p>
          countersign {version}. At the terminal: <code>countersign verify --jwks URL --aud S</code>
        </p>
      </footer>
      {(sheet === 'keys' || sheet === 'convert') && (
        <Keys
          key={sheet}
          start={sheet === 'keys' ? 'new' : 'convert'}
          onUse={(key, next, shown) => {
            setGiven({ ...NO_KEY, text: key })
            if (next === 'build') setDraft(withKey(mode === 'build' ? draft : draftOf(text, Date.now() / 1000), shown))
            setMode(next)
            setSheet(undefined)
          }}
          onClose={close(sheet)}
        />
      )}
      {(sheet === 'copy' || sheet === 'share') && (
        <OfToken text={current} given={given}>
          {(reading, keys) =>
            sheet === 'copy' ? (
              <CopyAs reading={reading} keys={keys} given={given} expected={expected} onClose={close('copy')} />
            ) : (
              <Share
                reading={reading}
                keys={keys}
                hasKey={given.text.trim() !== ''}
                zone={zone}
                onClose={close('share')}
              />
            )
          }
        </OfToken>
      )}
      {sheet === 'about' && (
        <About
          version={version}
          policy={policy}
          settings={settings}
          onForget={() => setSettings({ theme: 'auto', zone: 'utc' })}
          onClose={close('about')}
        />
      )}
      {sheet === 'help' && <Help onClose={close('help')} />}
      {sheet === 'commands' && <Commands commands={commands()} onClose={close('commands')} />}
    </>
  )
}

interface OfTokenProps {
  readonly text: string
  readonly given: GivenText
  readonly children: (reading: Reading, keys: GivenKeys | undefined) => JSX.Element
}

/** What is read of token and key, for a sheet about them. */
function OfToken({ text, given, children }: OfTokenProps): JSX.Element {
  const reading = useMemo(() => read(text), [text])
  const [, keys] = useKeys(given)
  return children(reading, keys.kind === 'keys' ? keys.keys : undefined)
}

/** What was chosen, kept and put to use. */
function useSettings(): [Settings, (settings: Settings) => void] {
  const [settings, setSettings] = useState(() => loadSettings(() => localStorage))
  useLayoutEffect(() => {
    if (settings.theme === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = settings.theme
  }, [settings.theme])
  const set = (next: Settings): void => {
    saveSettings(next, () => localStorage)
    setSettings(next)
  }
  return [settings, set]
}

/** Whether a key from the address may be taken: a secret there is one that others have seen. */
async function keyOf(text: string | undefined): Promise<'none' | 'open' | 'secret'> {
  const read = await keysIn({ ...NO_KEY, text: text ?? '' })
  if (read.kind === 'none') return 'none'
  return read.kind === 'keys' && isOpen(read.keys) ? 'open' : 'secret'
}

function noticeOf(hasToken: boolean, key: 'none' | 'open' | 'secret', isLinked: boolean, isRefused: boolean): string {
  const said: readonly (string | false)[] = [
    isRefused &&
      'The address had a token or a key behind its question mark. It was not taken: that part goes to servers, which write it into their logs. Behind # it stays in the browser.',
    hasToken &&
      isLinked &&
      'Token and key came with a link, so whoever made it chose both: a valid signature says that they belong together, and not who signed.',
    hasToken && !isLinked && 'The token came with the link, and was taken out of the address.',
    key === 'secret' &&
      'What the link has as its key is no public key, so it was not taken. If it is a secret, whoever saw the link has it.',
    !hasToken && key === 'open' && 'The key came with the link, so whoever made it chose the key.',
  ]
  return said.filter(Boolean).join(' ')
}

/** A draft for another key: its header names the algorithm of the key. */
function withKey(draft: Draft, shown: Shown): Draft {
  return { ...draft, header: headerFor(draft.header, shown) }
}

/** What a token says, to be edited; where there is none, something to begin with. */
function draftOf(text: string, now: number): Draft {
  const reading = read(text)
  if (reading.kind !== 'token') {
    const iat = Math.floor(now)
    return {
      header: '{\n  "alg": "ES256",\n  "typ": "JWT"\n}',
      payload: `{\n  "iss": "https://id.example.com",\n  "aud": "https://api.example.com",\n  "sub": "ada",\n  "iat": ${iat},\n  "exp": ${iat + 900}\n}`,
    }
  }
  const { header, payload } = reading.token
  return { header: lines(header), payload: payload?.json ? lines(payload.json) : (payload?.text ?? '') }
}
