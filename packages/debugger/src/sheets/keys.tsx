import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Told } from '../../../countersign/src/diagnosis/told.ts'
import { Sheet } from '../shown/dialog.tsx'
import { Choice } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import { convert, curvesFor, make, makeable, type Shown, sizesFor } from '../work/convert.ts'
import { type GivenText, isSecret } from '../work/keys.ts'
import { SPELLINGS } from '../work/offers.ts'
import { isEncryptedPem } from '../work/pkcs8.ts'
import { toldOf } from '../work/read.ts'
import { KeyView, type Use } from './key-view.tsx'

interface KeysProps {
  readonly start: 'new' | 'convert'
  readonly onUse: Use
  readonly onClose: () => void
}

/** Keys to make, and keys to write in another form. They stay in the page and go with this sheet. */
export function Keys({ start, onUse, onClose }: KeysProps): JSX.Element {
  const [task, setTask] = useState(start)
  return (
    <Sheet title="Keys" name="keys" onClose={onClose}>
      <Choice
        label="What to do with keys"
        value={task}
        of={[
          ['new', 'New key'],
          ['convert', 'Convert a key'],
        ]}
        onChange={setTask}
      />
      {task === 'new' ? <NewKey onUse={onUse} /> : <Convert onUse={onUse} />}
    </Sheet>
  )
}

type Result =
  | { readonly kind: 'none' | 'working' }
  | { readonly kind: 'keys'; readonly keys: readonly Shown[] }
  | { readonly kind: 'fault'; readonly told: Told }

const NONE: Result = { kind: 'none' }

function Outcome({ result, onUse }: { readonly result: Result; readonly onUse: Use }): JSX.Element {
  return (
    <div class="outcome" aria-live="polite" aria-busy={result.kind === 'working'}>
      {result.kind === 'working' && <p class="hint">working …</p>}
      {result.kind === 'fault' && <ToldText told={result.told} />}
      {result.kind === 'keys' &&
        result.keys.map((shown) => <KeyView key={shown.thumbprint ?? shown.hidden?.jwk} shown={shown} onUse={onUse} />)}
    </div>
  )
}

function NewKey({ onUse }: { readonly onUse: Use }): JSX.Element {
  const { groups, missing, curves } = useMemo(() => makeable(), [])
  const [alg, setAlg] = useState(groups[0]?.[1].includes('ES256') ? 'ES256' : (groups[0]?.[1][0] ?? ''))
  const [bits, setBits] = useState(2048)
  const [crv, setCrv] = useState('')
  const [kid, setKid] = useState('')
  const [result, setResult] = useState<Result>(NONE)
  const [sizes, ownCurves] = [sizesFor(alg), curvesFor(alg, curves)]
  const generate = (): void => {
    setResult({ kind: 'working' })
    const options = {
      ...(sizes.length > 0 && { bits }),
      ...(ownCurves.includes(crv) && { crv }),
      ...(kid.trim() !== '' && { kid: kid.trim() }),
    }
    make(alg, options).then(
      (shown) => setResult({ kind: 'keys', keys: [shown] }),
      (error: unknown) => setResult({ kind: 'fault', told: toldOf(error) }),
    )
  }
  return (
    <>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          generate()
        }}
      >
        <label>
          Algorithm
          <select value={alg} onChange={(event) => setAlg(event.currentTarget.value)}>
            {groups.map(([title, names]) => (
              <optgroup label={title}>
                {names.map((name) => (
                  <option value={name}>{name}</option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        {sizes.length > 0 && (
          <label>
            Size
            <select value={bits} onChange={(event) => setBits(Number(event.currentTarget.value))}>
              {sizes.map((size) => (
                <option value={size}>{size} bits</option>
              ))}
            </select>
          </label>
        )}
        {ownCurves.length > 0 && (
          <label>
            Curve
            <select
              value={ownCurves.includes(crv) ? crv : ownCurves[0]}
              onChange={(event) => setCrv(event.currentTarget.value)}
            >
              {ownCurves.map((name) => (
                <option value={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        <label>
          Name (kid)
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            placeholder="its thumbprint"
            value={kid}
            onInput={(event) => setKid(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          Make a key
        </button>
      </form>
      <Outcome result={result} onUse={onUse} />
      {missing.length > 0 && <p class="hint">This browser has no {missing.join(', ')}.</p>}
    </>
  )
}

function Convert({ onUse }: { readonly onUse: Use }): JSX.Element {
  const [given, setGiven] = useState<GivenText>({ text: '', spelling: 'utf8', allowWeak: false })
  const result = useConverted(given)
  const set = (part: Partial<GivenText>): void => setGiven({ ...given, ...part })
  return (
    <>
      <div class="fields">
        <label class="wide">
          Any key: PEM, JWK, JWK Set, certificate, DER in base64, or a secret
          <textarea
            rows={6}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            translate={false}
            value={given.text}
            onInput={(event) => set({ text: event.currentTarget.value })}
          />
        </label>
        {isEncryptedPem(given.text) && (
          <label>
            Passphrase
            <input
              type="password"
              autocomplete="off"
              value={given.passphrase ?? ''}
              onInput={(event) => set({ passphrase: event.currentTarget.value })}
            />
          </label>
        )}
      </div>
      {isSecret(given.text) && (
        <div class="row">
          <span class="hint">It is no PEM and no JSON: a secret, written as</span>
          <Choice
            label="The secret is written as"
            value={given.spelling}
            of={SPELLINGS}
            onChange={(spelling) => set({ spelling })}
          />
        </div>
      )}
      <Outcome result={result} onUse={onUse} />
    </>
  )
}

function useConverted(given: GivenText): Result {
  const [result, setResult] = useState<Result>(NONE)
  useEffect(() => {
    let isOver = false
    const done = (one: Result): void => {
      if (!isOver) setResult(one)
    }
    if (given.text.trim() === '') done(NONE)
    else
      convert(given).then(
        (keys) => done({ kind: 'keys', keys }),
        (error: unknown) => done({ kind: 'fault', told: toldOf(error) }),
      )
    return () => {
      isOver = true
    }
  }, [given])
  return result
}
