import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { backend } from '../../../countersign/src/crypto/web.ts'
import { exportPem } from '../../../countersign/src/key/ops.ts'
import { run } from '../../../countersign/src/op.ts'
import { Copy } from '../shown/copy-button.tsx'
import { Sheet } from '../shown/dialog.tsx'
import { Choice } from '../shown/panel.tsx'
import { codeFor, DIALECTS, type Dialect, installFor } from '../work/copy/dialects.ts'
import { placeOf, toSubject } from '../work/copy/subject.ts'
import type { Expected } from '../work/judge.ts'
import type { GivenKeys, GivenText } from '../work/keys.ts'
import type { Reading } from '../work/read.ts'
import { publicText } from '../work/share.ts'

interface CopyAsProps {
  readonly reading: Reading
  readonly keys: GivenKeys | undefined
  readonly given: GivenText
  readonly expected: Expected
  readonly onClose: () => void
}

/** What the page has just done, as a command line and as code. */
export function CopyAs({ reading, keys, given, expected, onClose }: CopyAsProps): JSX.Element {
  const [dialect, setDialect] = useState<Dialect>('command')
  const [withToken, setWithToken] = useState(false)
  const file = usePublicFile(keys)
  if (reading.kind !== 'token')
    return (
      <Sheet title="Copy as" name="copy-as" onClose={onClose}>
        <p>There is no token to write code for: paste one first.</p>
      </Sheet>
    )
  const { subject, assumed } = toSubject(reading.token, keys, given, expected)
  const { token, ...bare } = subject
  const snippet = codeFor(dialect, withToken ? subject : bare)
  const title = DIALECTS.find(([name]) => name === dialect)?.[1] ?? ''
  const place = placeOf(subject)
  const isOpenFile = /^(public|jwks)/.test(place)
  return (
    <Sheet title="Copy as" name="copy-as" onClose={onClose}>
      <Choice label="Language" value={dialect} of={DIALECTS} onChange={setDialect} />
      {'lack' in snippet ? (
        <p class="caution">{snippet.lack}</p>
      ) : (
        <>
          <div class="part">
            <div class="row">
              <code class="hint">{installFor(dialect, subject)}</code>
              <div class="actions">
                <label>
                  <input
                    type="checkbox"
                    checked={withToken}
                    onChange={(event) => setWithToken(event.currentTarget.checked)}
                  />{' '}
                  with the token in it
                </label>
                <Copy label={`the code for ${title}`} text={() => snippet.code} />
              </div>
            </div>
            <pre class="code-block">{snippet.code}</pre>
          </div>
          <ul class="notes">
            {!withToken && (
              <li>
                The token is taken from the environment variable <code>TOKEN</code>.
              </li>
            )}
            <li>
              {isOpenFile ? (
                <>
                  The key is taken from the file <code>{place}</code>
                  {file === undefined ? '.' : ': '}
                  {file !== undefined && (
                    <Copy label={place} text={() => (place.endsWith('json') ? file.json : file.pem)} />
                  )}
                </>
              ) : place.endsWith('.pem') ? (
                <>
                  The private key is taken from the file <code>{place}</code>; it never stands in code.
                </>
              ) : (
                <>
                  The secret is taken from the environment variable <code>{place}</code>
                  {subject.spelling === 'utf8' ? '' : `, in ${subject.spelling}`}; it never stands in code.
                </>
              )}
            </li>
            {assumed.length > 0 && subject.form === 'jwt' && (
              <li class="warn">
                <strong>!</strong> {listed(assumed)} as the token says itself, since nothing is expected under Key: see
                that it is what you expect.
              </li>
            )}
          </ul>
        </>
      )}
    </Sheet>
  )
}

const listed = (names: readonly string[]): string => {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? `${last} is` : `${names.slice(0, -1).join(', ')} and ${last} are`
}

interface PublicFile {
  readonly json: string
  readonly pem: string
}

/** What stands in the file that the code reads; nothing for what is not to be handed on. */
function usePublicFile(keys: GivenKeys | undefined): PublicFile | undefined {
  const [file, setFile] = useState<PublicFile>()
  useEffect(() => {
    let isOver = false
    setFile(undefined)
    if (keys)
      void fileOf(keys).then((one) => {
        if (!isOver) setFile(one)
      })
    return () => {
      isOver = true
    }
  }, [keys])
  return file
}

async function fileOf(keys: GivenKeys): Promise<PublicFile | undefined> {
  const [first] = keys.judging.all ?? []
  const json = await publicText(keys)
  if (first === undefined || json === undefined) return undefined
  try {
    return { json, pem: await run(exportPem(first), backend) }
  } catch {
    return { json, pem: json }
  }
}
