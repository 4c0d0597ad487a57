import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { inZone, type TimeZone, toSpan } from '../../../countersign/src/diagnosis/moments.ts'
import { timesOf } from '../../../countersign/src/diagnosis/odd-times.ts'
import { Copy } from '../shown/copy-button.tsx'
import { Sheet } from '../shown/dialog.tsx'
import type { GivenKeys } from '../work/keys.ts'
import { useNow } from '../work/now.ts'
import type { Reading } from '../work/read.ts'
import { linkTo, publicText, tokenText } from '../work/share.ts'

interface ShareProps {
  readonly reading: Reading
  readonly keys: GivenKeys | undefined
  readonly hasKey: boolean
  readonly zone: TimeZone
  readonly onClose: () => void
}

/** A link that opens the page with this token, and with the public key. */
export function Share({ reading, keys, hasKey, zone, onClose }: ShareProps): JSX.Element {
  const now = useNow()
  const risk = riskOf(reading, now, zone)
  // What nobody can use any more may go into a link at once; for the rest somebody has to say so.
  const [withToken, setWithToken] = useState(risk === undefined)
  const [withKey, setWithKey] = useState(true)
  const [isOpenKnown, open] = usePublicText(keys)
  const token = reading.kind === 'token' ? reading.token.token : undefined
  if (token === undefined)
    return (
      <Sheet title="Share" name="share" onClose={onClose}>
        <p>There is no token to share: paste one first.</p>
      </Sheet>
    )
  const parts = {
    ...(withToken && { token: tokenText(token) }),
    ...(withKey && open !== undefined && { key: open }),
  }
  const link = linkTo(location.href, parts)
  const isEmpty = Object.keys(parts).length === 0
  return (
    <Sheet title="Share" name="share" onClose={onClose}>
      <p>
        What stands behind the <code>#</code> of a link is not sent to any server. It is seen by whoever has the link,
        and may stay in their history.
      </p>
      {risk !== undefined && (
        <p class="caution">
          <span class="sign">!</span> {risk}
        </p>
      )}
      <fieldset class="stacked">
        <legend>In the link</legend>
        <label>
          <input type="checkbox" checked={withToken} onChange={(event) => setWithToken(event.currentTarget.checked)} />{' '}
          the token
        </label>
        <label>
          <input
            type="checkbox"
            checked={withKey && open !== undefined}
            disabled={open === undefined}
            aria-describedby="share-key"
            onChange={(event) => setWithKey(event.currentTarget.checked)}
          />{' '}
          the public key
        </label>
      </fieldset>
      <p id="share-key" class="hint">
        {isOpenKnown && keyHint(keys, hasKey, open)}
      </p>
      <div class="part">
        <div class="row">
          <h3>Link {!isEmpty && <small>{link.length} characters</small>}</h3>
          {!isEmpty && <Copy label="the link" text={() => link} />}
        </div>
        <textarea aria-label="Link" rows={5} readOnly value={isEmpty ? '' : link} placeholder="Nothing is ticked." />
      </div>
      {location.protocol === 'file:' && (
        <p class="hint">
          This page is a file here, and elsewhere it may lie in another place: the part from <code>#</code> on goes
          behind any address of it.
        </p>
      )}
    </Sheet>
  )
}

function keyHint(keys: GivenKeys | undefined, hasKey: boolean, open: string | undefined): string {
  if (keys === undefined) return hasKey ? 'What stands under Key is no key that can be read.' : 'No key was given.'
  if (open === undefined) return 'The key is a secret, which never goes into a link.'
  return keys.keys.some(({ kind }) => kind === 'private')
    ? 'The key is private: its public half alone goes into the link.'
    : 'Of the key only its public members go into the link.'
}

/** Why a token had better not be shared; nothing where it has expired. */
function riskOf(reading: Reading, now: number, zone: TimeZone): string | undefined {
  if (reading.kind !== 'token') return undefined
  const { kind, payload } = reading.token
  if (kind === 'jwe') return 'When this token expires cannot be seen: whoever gets the link may be able to use it.'
  const exp = payload?.json && timesOf(payload.json).find(([name]) => name === 'exp')?.[1]
  if (exp === undefined) return 'This token never expires: whoever gets the link may use it as long as its key lives.'
  if (exp <= now) return undefined
  return `This token is valid for another ${toSpan(exp - now)}, until ${inZone(exp, zone)}: whoever gets the link can use it.`
}

/** What of the keys may go into a link, and whether that is known yet. */
function usePublicText(keys: GivenKeys | undefined): readonly [isKnown: boolean, text: string | undefined] {
  const [known, setKnown] = useState<readonly [of: GivenKeys | undefined, text?: string]>([undefined])
  useEffect(() => {
    let isOver = false
    if (keys)
      void publicText(keys).then(
        (text) => !isOver && setKnown(text === undefined ? [keys] : [keys, text]),
        () => !isOver && setKnown([keys]),
      )
    return () => {
      isOver = true
    }
  }, [keys])
  const [of, text] = known
  if (keys === undefined) return [true, undefined]
  return of === keys ? [true, text] : [false, undefined]
}
