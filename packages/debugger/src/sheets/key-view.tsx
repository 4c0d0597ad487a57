import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { SIGNATURE } from '../../../countersign/src/alg/signature.ts'
import { printable } from '../../../countersign/src/diagnosis/exact-json.ts'
import type { Mode } from '../app.tsx'
import { Copy } from '../shown/copy-button.tsx'
import { Choice } from '../shown/panel.tsx'
import type { Forms, Shown } from '../work/convert.ts'

/** Takes a key to where it is used. */
export type Use = (text: string, mode: Mode, key: Shown) => void

interface KeyViewProps {
  readonly shown: Shown
  readonly onUse: Use
}

/** A key in its forms. Its private part shows only once somebody asks for it. */
export function KeyView({ shown, onUse }: KeyViewProps): JSX.Element {
  const [form, setForm] = useState<'jwk' | 'pem'>('jwk')
  const { title, kind, kid, thumbprint, algorithms, open, hidden } = shown
  const hasPem = (open ?? hidden)?.pem !== undefined
  const chosen = hasPem ? form : 'jwk'
  const signs = algorithms.some((name) => SIGNATURE.has(name))
  const encrypts = algorithms.some((name) => !SIGNATURE.has(name))
  const use = (forms: Forms, mode: Mode, label: string): JSX.Element => (
    <button type="button" onClick={() => onUse(textIn(forms, chosen), mode, shown)}>
      {label}
    </button>
  )
  const facts: readonly (readonly [name: string, text: string])[] = [
    ...(kid === undefined ? [] : [['kid', printable(kid)] as const]),
    ...(thumbprint === undefined ? [] : [['thumbprint', thumbprint] as const]),
  ]
  return (
    <section class="key-view" aria-label={title}>
      <div class="row">
        <h3>{title.replace(/^an? /, '')}</h3>
        {hasPem && (
          <Choice
            label="Form of the key"
            value={chosen}
            of={[
              ['jwk', 'JWK'],
              ['pem', 'PEM'],
            ]}
            onChange={setForm}
          />
        )}
      </div>
      <dl class="facts">
        {facts.map(([name, text]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <code>{text}</code> <Copy label={name} text={() => text} />
            </dd>
          </div>
        ))}
        <div>
          <dt>serves</dt>
          <dd>{algorithms.length === 0 ? 'nothing that is known here' : algorithms.join(', ')}</dd>
        </div>
      </dl>
      {open && (
        <Part title="Public key" text={textIn(open, chosen)}>
          {signs && use(open, 'decode', 'Use to verify')}
          {encrypts && use(open, 'build', 'Use to encrypt')}
        </Part>
      )}
      {hidden && (
        <Part title={kind === 'secret' ? 'Secret' : 'Private key'} text={textIn(hidden, chosen)} isHidden>
          {kind === 'secret' && signs && use(hidden, 'decode', 'Use to verify')}
          {encrypts && use(hidden, 'decode', 'Use to decrypt')}
          {(signs || kind === 'secret') && use(hidden, 'build', 'Use to build')}
        </Part>
      )}
    </section>
  )
}

const textIn = ({ jwk, pem }: Forms, form: 'jwk' | 'pem'): string => (form === 'pem' && pem !== undefined ? pem : jwk)

interface PartProps {
  readonly title: string
  readonly text: string
  readonly isHidden?: boolean
  readonly children: ComponentChildren
}

function Part({ title, text, isHidden = false, children }: PartProps): JSX.Element {
  const [isShown, setShown] = useState(!isHidden)
  const what = title.toLowerCase()
  return (
    <div class="part">
      <div class="row">
        <h4>{title}</h4>
        <div class="actions">
          {isHidden && (
            <button
              type="button"
              aria-label={`${isShown ? 'Hide' : 'Show'} the ${what}`}
              onClick={() => setShown(!isShown)}
            >
              {isShown ? 'Hide' : 'Show'}
            </button>
          )}
          <Copy label={what} text={() => text} />
          {children}
        </div>
      </div>
      {isShown ? (
        <pre class="code-block">{text}</pre>
      ) : (
        <p class="code-block veiled">Hidden until you ask for it. Copy takes it without showing it.</p>
      )}
    </div>
  )
}
