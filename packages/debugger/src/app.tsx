import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Level } from './level.tsx'
import { Build } from './panels/build.tsx'
import { Choice } from './shown/panel.tsx'
import { type Draft, lines } from './work/build.ts'
import type { Expected } from './work/judge.ts'
import type { GivenText } from './work/keys.ts'
import { useNow } from './work/now.ts'
import { read } from './work/read.ts'

/** The whole page. */
export function App({ version }: { readonly version: string }): JSX.Element {
  const [mode, setMode] = useState<'decode' | 'build'>('decode')
  const [text, setText] = useState('')
  const [given, setGiven] = useState<GivenText>({ text: '', spelling: 'utf8', allowWeak: false })
  const [expected, setExpected] = useState<Expected>({ iss: '', aud: '', typ: '', leeway: 30 })
  const [draft, setDraft] = useState<Draft>({ header: '', payload: '' })
  const [zone, setZone] = useState<'utc' | 'local'>('utc')
  const now = useNow()
  const change = (next: 'decode' | 'build'): void => {
    if (next === 'build' && mode !== 'build') setDraft(draftOf(text, now))
    setMode(next)
  }
  return (
    <>
      <header>
        <h1>
          countersign <span>debugger</span>
        </h1>
        <p class="offline">
          <span aria-hidden="true">●</span> offline: a policy inside this file lets it send nothing
        </p>
        <Choice
          label="What to do"
          value={mode}
          of={[
            ['decode', 'Decode'],
            ['build', 'Build'],
          ]}
          onChange={change}
        />
        <Choice
          label="Times in"
          value={zone}
          of={[
            ['utc', 'UTC'],
            ['local', 'local time'],
          ]}
          onChange={setZone}
        />
      </header>
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
            now={now}
          />
        ) : (
          <Build draft={draft} given={given} now={now} onDraft={setDraft} onGiven={setGiven} />
        )}
      </main>
      <footer>
        <p>
          countersign {version}. At the terminal: <code>countersign verify --jwks URL --aud S</code>
        </p>
      </footer>
    </>
  )
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
