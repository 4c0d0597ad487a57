import type { JSX } from 'preact'
import type { SecretSpelling } from '../../../countersign/src/diagnosis/near-misses.ts'
import { Panel } from '../shown/panel.tsx'
import { ToldText } from '../shown/told.tsx'
import type { Expected, Outcome } from '../work/judge.ts'
import { type GivenText, isSecret } from '../work/keys.ts'

interface KeyProps {
  readonly given: GivenText
  readonly expected: Expected
  readonly outcome: Outcome
  /** A key is asked for that decrypts. */
  readonly isEncrypted: boolean
  readonly onGiven: (given: GivenText) => void
  readonly onExpected: (expected: Expected) => void
}

const SPELLINGS: readonly (readonly [spelling: SecretSpelling, text: string])[] = [
  ['utf8', 'text'],
  ['base64', 'base64'],
  ['base64url', 'base64url'],
  ['hex', 'hex'],
]

/** The key to verify with, and what is expected of the claims. */
export function KeyPanel({ given, expected, outcome, isEncrypted, onGiven, onExpected }: KeyProps): JSX.Element {
  const about = outcome.kind === 'judged' || outcome.kind === 'opened' ? { about: outcome.given.title } : {}
  return (
    <Panel number={4} title="Key" {...about}>
      <textarea
        id="key"
        aria-label="Key"
        aria-describedby="key-hint"
        rows={5}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        translate={false}
        value={given.text}
        onInput={(event) => onGiven({ ...given, text: event.currentTarget.value })}
      />
      <p id="key-hint" class="hint">
        {isEncrypted
          ? 'The private key of the recipient, as PEM or JWK, a shared secret or a password.'
          : 'A PEM, a certificate, a JWK, a JWK Set, or a shared secret.'}{' '}
        It stays in this page.
      </p>
      {isSecret(given.text) && (
        <fieldset>
          <legend>The secret is written as</legend>
          {SPELLINGS.map(([spelling, text]) => (
            <label>
              <input
                type="radio"
                name="spelling"
                checked={given.spelling === spelling}
                onChange={() => onGiven({ ...given, spelling })}
              />{' '}
              {text}
            </label>
          ))}
          <label>
            <input
              type="checkbox"
              checked={given.allowWeak}
              onChange={(event) => onGiven({ ...given, allowWeak: event.currentTarget.checked })}
            />{' '}
            accept a weak one
          </label>
        </fieldset>
      )}
      {outcome.kind === 'unusable' && outcome.of === 'key' && <ToldText told={outcome.told} />}
      {!isEncrypted && <Expectations expected={expected} onExpected={onExpected} />}
    </Panel>
  )
}

function Expectations({ expected, onExpected }: Pick<KeyProps, 'expected' | 'onExpected'>): JSX.Element {
  return (
    <fieldset class="expected">
      <legend>What is expected; empty is not checked</legend>
      {(['iss', 'aud', 'typ'] as const).map((name) => (
        <label>
          {name}{' '}
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            value={expected[name]}
            onInput={(event) => onExpected({ ...expected, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
    </fieldset>
  )
}
