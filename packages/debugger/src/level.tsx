import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { backend } from '../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../countersign/src/diagnosis/decode-token.ts'
import { member, parseExact, printable, textOf } from '../../countersign/src/diagnosis/exact-json.ts'
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
import { type Expected, judgeText, type Outcome } from './work/judge.ts'
import type { GivenText } from './work/keys.ts'
import { type Reading, read } from './work/read.ts'

/** When and where times are told. */
export interface Clock {
  readonly zone: TimeZone
  readonly now: number
}

export interface LevelProps extends Clock {
  readonly text: string
  readonly given: GivenText
  readonly expected: Expected
  /** Left out for a token that was found inside of another. */
  readonly onText?: (text: string) => void
  readonly onGiven: (given: GivenText) => void
  readonly onExpected: (expected: Expected) => void
}

/** A token with all that there is to say about it; one that was found inside stands below as a level of its own. */
export function Level(props: LevelProps): JSX.Element {
  const { text, given, expected, onText, onGiven, onExpected, zone, now } = props
  const reading = useMemo(() => read(text), [text])
  const outcome = useOutcome(text, reading, given, expected, now)
  const token = reading.kind === 'token' ? reading.token : undefined
  const findings = useFindings(token)
  return (
    <div class="level">
      <Verdict reading={reading} outcome={outcome} findings={findings} />
      <div class="given">
        <Token text={text} reading={reading} {...(onText && { onText })} />
        <KeyPanel
          given={given}
          expected={expected}
          outcome={outcome}
          isEncrypted={token?.kind === 'jwe'}
          onGiven={onGiven}
          onExpected={onExpected}
        />
      </div>
      <div class="result">
        {token && <Contents token={token} zone={zone} now={now} />}
        {token && <Findings findings={findings} />}
      </div>
      {outcome.kind === 'opened' && <Inside plaintext={outcome.plaintext} zone={zone} now={now} />}
    </div>
  )
}

/** What was encrypted: another token, claims that nobody signed, or anything. */
function Inside({ plaintext, zone, now }: Clock & { readonly plaintext: Uint8Array }): JSX.Element {
  const text = useMemo(() => textIn(plaintext), [plaintext])
  const [given, setGiven] = useState<GivenText>({ text: '', spelling: 'utf8', allowWeak: false })
  const [expected, setExpected] = useState<Expected>({ iss: '', aud: '', typ: '', leeway: 30 })
  const json = useMemo(() => jsonIn(text), [text])
  const isToken = text !== undefined && json === undefined && read(text).kind === 'token'
  return (
    <section class="inside" aria-labelledby="inside-title">
      <h2 id="inside-title">Inside, decrypted</h2>
      {isToken ? (
        <Level
          text={text ?? ''}
          given={given}
          expected={expected}
          onGiven={setGiven}
          onExpected={setExpected}
          zone={zone}
          now={now}
        />
      ) : json ? (
        <>
          <p class="hint">Nobody signed this: whoever has the public key of the recipient can have written it.</p>
          <Members number={3} title="Claims" json={json} place="claim" zone={zone} now={now} />
          <Timeline claims={json} zone={zone} now={now} />
        </>
      ) : (
        <pre>{text === undefined ? `${plaintext.length} bytes that are no text` : printable(text)}</pre>
      )}
    </section>
  )
}

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function jsonIn(text: string | undefined): ReturnType<typeof parseExact> | undefined {
  if (text === undefined || !/^\s*\{/.test(text)) return undefined
  try {
    const json = parseExact(text, 'the content')
    // A token in JSON is one to take apart.
    return ['payload', 'ciphertext', 'signatures'].some((name) => member(json, name)) ? undefined : json
  } catch {
    return undefined
  }
}

function Contents({ token, zone, now }: Clock & { readonly token: DecodedToken }): JSX.Element {
  const { header, headers, payload } = token
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
      {headers.slice(1).map((other, index) => (
        <Members number={2} title={`Header ${index + 2}`} json={other} place="header" zone={zone} now={now} />
      ))}
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
function useOutcome(text: string, reading: Reading, key: GivenText, expected: Expected, now: number): Outcome {
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'no key' })
  const isTimed = key.text !== '' && reading.kind === 'token' && reading.token.kind === 'jws'
  const second = isTimed ? Math.floor(now) : 0
  useEffect(() => {
    let isOver = false
    void judgeText(text, reading, key, expected, second).then((one) => {
      if (!isOver) setOutcome(one)
    })
    return () => {
      isOver = true
    }
  }, [text, reading, key, expected, second])
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
