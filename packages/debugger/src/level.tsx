import type { ComponentChildren, JSX } from 'preact'
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { backend } from '../../countersign/src/crypto/web.ts'
import type { DecodedToken } from '../../countersign/src/diagnosis/decode-token.ts'
import { type ExactJson, member, parseExact, printable, textOf } from '../../countersign/src/diagnosis/exact-json.ts'
import type { TimeZone } from '../../countersign/src/diagnosis/moments.ts'
import { Key } from '../../countersign/src/key/key.ts'
import { type Finding, lintSubject } from '../../countersign/src/lint/lint.ts'
import { RULES_AT_HAND } from '../../countersign/src/lint/rules.ts'
import { toTokenSubject } from '../../countersign/src/lint/subject.ts'
import { Findings } from './panels/findings.tsx'
import { Expectations, KeyPanel } from './panels/key.tsx'
import { Members } from './panels/members.tsx'
import { PayloadText } from './panels/payload.tsx'
import { Timeline } from './panels/timeline.tsx'
import { Token } from './panels/token.tsx'
import { useKeys } from './panels/use-keys.ts'
import { Verdict } from './panels/verdict.tsx'
import { Depth, useId } from './shown/panel.tsx'
import { changedParts } from './work/blame.ts'
import { example } from './work/example.ts'
import { type Expected, judgeText, keyInside, NO_OUTCOME, type Outcome, phaseOf, tryKeyInside } from './work/judge.ts'
import type { GivenText, KeysRead } from './work/keys.ts'
import { useMoment } from './work/now.ts'
import { type Offer, offersOf } from './work/offers.ts'
import { type Reading, read } from './work/read.ts'

export interface LevelProps {
  readonly text: string
  readonly given: GivenText
  readonly expected: Expected
  readonly zone: TimeZone
  /** Left out for a token that was found inside of another. */
  readonly onText?: (text: string) => void
  readonly onGiven: (given: GivenText) => void
  readonly onExpected: (expected: Expected) => void
  /** What else can be done with the token. */
  readonly actions?: ComponentChildren
}

/** A token with all that there is to say about it; one that was found inside stands below as a level of its own. */
export function Level(props: LevelProps): JSX.Element {
  const { text, given, expected, onText, onGiven, onExpected, zone, actions } = props
  const late = useLate(text)
  const reading = useMemo(() => read(late), [late])
  const [shownKeys, keys] = useKeys(given)
  const known = useOutcome(late, reading, keys, expected)
  const outcome = late === text ? known : NO_OUTCOME
  const token = reading.kind === 'nothing' ? undefined : reading.token
  const whole = reading.kind === 'token' ? reading.token : undefined
  const isLarge = late.length > LARGE
  const [lookedAt, setLookedAt] = useState<DecodedToken>()
  const findings = useFindings(isLarge && lookedAt !== whole ? undefined : whole, keys)
  const changed = useChanged(whole, outcome, given.text)
  const contents = useMemo(
    () => token && <Contents token={token} isPartial={whole === undefined} zone={zone} />,
    [token, whole, zone],
  )
  const isWaiting = isLarge && lookedAt !== whole
  const list = useMemo(
    () => whole && <Findings findings={findings} {...(isWaiting && { onLook: () => setLookedAt(whole) })} />,
    [whole, findings, isWaiting],
  )
  const apply = (offer: Offer): void => {
    if (offer.given) onGiven(offer.given)
    if (offer.expected) onExpected(offer.expected)
  }
  const show = async (): Promise<void> => {
    const { token: made, key } = await example(Date.now() / 1000)
    onText?.(made)
    onGiven({ text: key, spelling: 'utf8', allowWeak: false })
    document.getElementById('token')?.focus()
  }
  return (
    <div class="level">
      <VerdictOf
        text={late}
        reading={reading}
        outcome={outcome}
        findings={findings}
        changed={changed}
        offers={offersFor(outcome, given, expected)}
        onOffer={apply}
      />
      <div class="given">
        <Token
          text={text}
          reading={reading}
          {...(onText && { onText, onExample: () => void show() })}
          actions={actions}
        />
        <KeyPanel
          given={given}
          read={shownKeys}
          hint={
            token?.kind === 'jwe'
              ? 'The private key of the recipient, as PEM or JWK, a shared secret or a password.'
              : 'A PEM, a certificate, a JWK, a JWK Set, or a shared secret.'
          }
          onGiven={onGiven}
          {...(token?.kind === 'jwe' ? {} : { line: jwksLine(token) })}
          isBuilding={false}
        >
          {token?.kind !== 'jwe' && <Expectations expected={expected} onExpected={onExpected} />}
        </KeyPanel>
      </div>
      <div class="result">
        {contents}
        {list}
      </div>
      {outcome.kind === 'opened' && <Inside plaintext={outcome.plaintext} as={outcome.given.as} zone={zone} />}
    </div>
  )
}

interface VerdictOfProps {
  readonly text: string
  readonly reading: Reading
  readonly outcome: Outcome
  readonly findings: readonly Finding[] | undefined
  readonly changed: string | undefined
  readonly offers: readonly Offer[]
  readonly onOffer: (offer: Offer) => void
}

/** The verdict, and what can be done about it. */
function VerdictOf({ text, reading, onOffer, offers, ...rest }: VerdictOfProps): JSX.Element {
  const [inside, setInside] = useState<readonly [text: string, said: string]>()
  const token = reading.kind === 'token' ? reading.token : undefined
  const own = token?.kind === 'jws' ? keyInside(token) : undefined
  const { outcome } = rest
  const isGood = outcome.kind === 'judged' && outcome.judgement.checks[0]?.status === 'pass'
  const address = (['jku', 'x5u'] as const).find((name) => member(token?.header, name) !== undefined)
  const said = inside?.[0] === text && !isGood ? inside[1] : undefined
  const canTry = own !== undefined && !isGood
  return (
    <Verdict {...rest} reading={reading} inside={said} hasMore={offers.length > 0 || canTry || address !== undefined}>
      {offers.length > 0 && (
        <p class="offers">
          {offers.map((offer) => (
            <button type="button" onClick={() => onOffer(offer)}>
              {offer.text}
            </button>
          ))}
        </p>
      )}
      {token && canTry && (
        <p class="offers">
          <button
            type="button"
            onClick={async () => setInside([text, await tryKeyInside(text, token, Date.now() / 1000)])}
          >
            Check with the key inside ({own})
          </button>
        </p>
      )}
      {address && (
        <p class="hint">
          Its header says where to fetch a key ({address}). Nothing was fetched: whoever writes a token chooses that
          address.
        </p>
      )}
    </Verdict>
  )
}

interface InsideProps {
  readonly plaintext: Uint8Array
  readonly as: 'key' | 'secret' | 'set'
  readonly zone: TimeZone
}

/** What was encrypted: another token, claims that nobody signed, or anything. */
function Inside(props: InsideProps): JSX.Element {
  const depth = useContext(Depth)
  return (
    <Depth.Provider value={depth + 1}>
      <Opened {...props} />
    </Depth.Provider>
  )
}

function Opened({ plaintext, as, zone }: InsideProps): JSX.Element {
  const id = useId('inside-title')
  const text = useMemo(() => textIn(plaintext), [plaintext])
  const [given, setGiven] = useState<GivenText>({ text: '', spelling: 'utf8', allowWeak: false })
  const [expected, setExpected] = useState<Expected>({ iss: '', aud: '', typ: '', leeway: 30 })
  const json = useMemo(() => jsonIn(text), [text])
  const token = useMemo(() => (text === undefined || json ? undefined : tokenIn(text)), [text, json])
  const isToken = token !== undefined
  const isAlone = isToken && (typeof token !== 'string' || token === text?.trim())
  const shown = useMemo(
    () =>
      json && (
        <>
          <Members number={3} title="Claims" json={json} place="claim" zone={zone} />
          <Timeline claims={json} zone={zone} />
        </>
      ),
    [json, zone],
  )
  return (
    <section class="inside" aria-labelledby={id}>
      <h2 id={id}>Inside, decrypted</h2>
      {!isAlone && (
        <p class="told warn">
          <span aria-hidden="true">!</span> Nobody signed {isToken ? 'what stands around the token' : 'this'}:{' '}
          {as === 'secret'
            ? 'whoever has the secret can have written it.'
            : 'whoever has the public key of the recipient can have written it.'}
        </p>
      )}
      {isToken ? (
        <Level
          text={text ?? ''}
          given={given}
          expected={expected}
          onGiven={setGiven}
          onExpected={setExpected}
          zone={zone}
        />
      ) : (
        (shown ?? <pre>{text === undefined ? `${plaintext.length} bytes that are no text` : printableLines(text)}</pre>)
      )}
    </section>
  )
}

function tokenIn(text: string): DecodedToken['token'] | undefined {
  const reading = read(text)
  return reading.kind === 'token' ? reading.token.token : undefined
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function jsonIn(text: string | undefined): ExactJson | undefined {
  if (text === undefined || !/^\s*\{/.test(text)) return undefined
  try {
    const json = parseExact(text, 'the content')
    // A token in JSON is one to take apart.
    return ['payload', 'ciphertext', 'signatures'].some((name) => member(json, name)) ? undefined : json
  } catch {
    return undefined
  }
}

interface ContentsProps {
  readonly token: DecodedToken
  readonly isPartial: boolean
  readonly zone: TimeZone
}

function Contents({ token, isPartial, zone }: ContentsProps): JSX.Element {
  const { header, headers, payload } = token
  const alg = textOf(member(header, 'alg'))
  return (
    <>
      <Members
        number={2}
        title="Header"
        {...(alg !== undefined && { about: printable(alg.slice(0, 40)) })}
        json={header}
        place="header"
        zone={zone}
      />
      {headers.slice(1).map((other, index) => (
        <Members number={2} index={index + 2} title={`Header ${index + 2}`} json={other} place="header" zone={zone} />
      ))}
      {payload?.json ? (
        <Members number={3} title="Claims" json={payload.json} place="claim" zone={zone} />
      ) : (
        <PayloadText token={token} isPartial={isPartial} />
      )}
      {payload?.json && <Timeline claims={payload.json} zone={zone} />}
    </>
  )
}

/** How the command gets the key that a token names. Nothing from a token gets into it that a shell would act upon. */
function jwksLine(token: DecodedToken | undefined): string {
  const safe = (json: ExactJson | undefined, name: string, pattern: RegExp): string | undefined => {
    const text = textOf(member(json, name))
    return text !== undefined && pattern.test(text) ? text : undefined
  }
  const iss = safe(token?.payload?.json, 'iss', /^https:\/\/[\w.:/-]{1,200}$/)
  const kid = safe(token?.header, 'kid', /^\w[\w.-]{0,99}$/)
  return `countersign jwks ${iss === undefined ? 'URL' : `--issuer ${iss}`}${kid === undefined ? '' : ` --kid ${kid} --pick`}`
}

/** Longer texts are read once somebody stops to type, so that the field stays quick. */
const QUICK = 50_000
/** What is as long as this is not looked through by every rule until somebody asks. */
const LARGE = 200_000
const PAUSE = 150

function useLate(text: string): string {
  const [late, setLate] = useState(text)
  const isQuick = text.length <= QUICK
  useEffect(() => {
    const timer = setTimeout(() => setLate(text), isQuick ? 0 : PAUSE)
    return () => clearTimeout(timer)
  }, [text, isQuick])
  return isQuick ? text : late
}

/** An outcome with what it is of. */
interface Known {
  readonly reading: Reading
  readonly keys: KeysRead
  readonly expected: Expected
  readonly outcome: Outcome
}

/** What became of token and key. It is judged again when what is said of its times may change. */
function useOutcome(text: string, reading: Reading, keys: KeysRead, expected: Expected): Outcome {
  const [outcome, setOutcome] = useState<Known>({ reading, keys, expected, outcome: NO_OUTCOME })
  const claims = reading.kind === 'token' ? reading.token.payload?.json : undefined
  const phase = useMoment((now) => (keys.kind === 'keys' ? phaseOf(claims, expected.leeway, now) : 0))
  useEffect(() => {
    let isOver = false
    void judgeText(text, reading, keys, expected, Date.now() / 1000).then((one) => {
      if (!isOver) setOutcome({ reading, keys, expected, outcome: one })
    })
    return () => {
      isOver = true
    }
  }, [text, reading, keys, expected, phase])
  // What was found out about another token, or with another key, is not said of this one.
  const isOfThese = outcome.reading === reading && outcome.keys === keys && outcome.expected === expected
  return isOfThese ? outcome.outcome : NO_OUTCOME
}

/** What lint finds, which takes a moment: secrets that everybody knows are tried. What is to be read comes first. */
function useFindings(token: DecodedToken | undefined, keys: KeysRead): readonly Finding[] | undefined {
  const [findings, setFindings] = useState<readonly [of: DecodedToken, findings: readonly Finding[]]>()
  const [key] = keys.kind === 'keys' && keys.keys.as === 'secret' ? keys.keys.keys : []
  useEffect(() => {
    if (token === undefined) return undefined
    let isOver = false
    const secret = key && Key.material(key).secret
    const setup = { rules: RULES_AT_HAND, now: Date.now() / 1000, ...(secret && { secret }) }
    const timer = setTimeout(() => {
      void lintSubject(toTokenSubject(token), setup, backend).then((found) => {
        if (!isOver) setFindings([token, found])
      })
    })
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [token, key])
  return findings !== undefined && findings[0] === token ? findings[1] : undefined
}

/** What a token that verified before, with the same key, says of one that does not. */
function useChanged(token: DecodedToken | undefined, outcome: Outcome, key: string): string | undefined {
  const good = useRef<readonly [token: string, key: string]>(undefined)
  const text = token?.token
  if (typeof text !== 'string' || outcome.kind !== 'judged') return undefined
  if (outcome.judgement.checks[0]?.status === 'pass') {
    good.current = [text, key]
    return undefined
  }
  const [verified, own] = good.current ?? []
  return verified !== undefined && own === key ? changedParts(verified, text) : undefined
}

function offersFor(outcome: Outcome, given: GivenText, expected: Expected): readonly Offer[] {
  if (outcome.kind === 'judged' && outcome.judgement.error)
    return offersOf(outcome.judgement.error, outcome.judgement.checks, given, expected)
  return outcome.kind === 'unusable' ? offersOf(outcome.told, [], given, expected) : []
}
