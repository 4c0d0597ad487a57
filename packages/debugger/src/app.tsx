import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { backend } from '../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../countersign/src/diagnosis/decode-token.ts'
import { member, printable, textOf } from '../../countersign/src/diagnosis/exact-json.ts'
import type { TimeZone } from '../../countersign/src/diagnosis/moments.ts'
import { type Finding, lintSubject } from '../../countersign/src/lint/lint.ts'
import { toTokenSubject } from '../../countersign/src/lint/subject.ts'
import { Findings } from './panels/findings.tsx'
import { KeyPanel } from './panels/key.tsx'
import { Members } from './panels/members.tsx'
import { PayloadText } from './panels/payload.tsx'
import { Timeline } from './panels/timeline.tsx'
import { Token } from './panels/token.tsx'
import { Verdict } from './panels/verdict.tsx'
import { Choice } from './shown/panel.tsx'
import { type Expected, judgeText, type Outcome } from './work/judge.ts'
import type { GivenText } from './work/keys.ts'
import { useNow } from './work/now.ts'
import { read } from './work/read.ts'

/** The whole page. */
export function App({ version }: { readonly version: string }): JSX.Element {
  const [text, setText] = useState('')
  const [key, setKey] = useState<GivenText>({ text: '', spelling: 'utf8', allowWeak: false })
  const [expected, setExpected] = useState<Expected>({ iss: '', aud: '', typ: '', leeway: 30 })
  const [zone, setZone] = useState<'utc' | 'local'>('utc')
  const now = useNow()
  const reading = useMemo(() => read(text), [text])
  const outcome = useOutcome(text, key, expected, now)
  const token = reading.kind === 'token' ? reading.token : undefined
  const findings = useFindings(token)
  return (
    <>
      <header>
        <h1>
          countersign <span>debugger</span>
        </h1>
        <p class="offline">● offline: a policy inside this file lets it send nothing</p>
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
        <Verdict reading={reading} outcome={outcome} />
        <div class="given">
          <Token text={text} reading={reading} onText={setText} />
          <KeyPanel given={key} expected={expected} outcome={outcome} onGiven={setKey} onExpected={setExpected} />
        </div>
        <div class="result">
          {token && <Contents token={token} zone={zone} now={now} />}
          {token && <Findings findings={findings} />}
        </div>
      </main>
      <footer>
        <p>
          countersign {version}. At the terminal: <code>countersign verify --jwks URL --aud S</code>
        </p>
      </footer>
    </>
  )
}

interface ContentsProps {
  readonly token: DecodedToken
  readonly zone: TimeZone
  readonly now: number
}

function Contents({ token, zone, now }: ContentsProps): JSX.Element {
  const { header, payload } = token
  const alg = textOf(member(header, 'alg'))
  return (
    <>
      <Members
        number={2}
        title="Header"
        {...(alg !== undefined && { about: printable(alg) })}
        json={header}
        place="header"
        zone={zone}
        now={now}
      />
      {payload?.json ? (
        <Members number={3} title="Claims" json={payload.json} place="claim" zone={zone} now={now} />
      ) : (
        <PayloadText token={token} />
      )}
      {payload?.json && <Timeline claims={payload.json} zone={zone} now={now} />}
    </>
  )
}

/** What became of token and key. Times are judged again when their second comes. */
function useOutcome(text: string, key: GivenText, expected: Expected, now: number): Outcome {
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'no key' })
  const second = key.text === '' ? 0 : Math.floor(now)
  useEffect(() => {
    let isOver = false
    void judgeText(text, key, expected, second).then((one) => {
      if (!isOver) setOutcome(one)
    })
    return () => {
      isOver = true
    }
  }, [text, key, expected, second])
  return outcome
}

/** What lint finds, which takes a moment: secrets that everybody knows are tried. */
function useFindings(token: DecodedToken | undefined): readonly Finding[] | undefined {
  const [findings, setFindings] = useState<readonly Finding[]>()
  useEffect(() => {
    let isOver = false
    setFindings(undefined)
    if (token)
      void lintSubject(toTokenSubject(token), { now: Date.now() / 1000 }, backend).then((found) => {
        if (!isOver) setFindings(found)
      })
    return () => {
      isOver = true
    }
  }, [token])
  return findings
}
