import type { JSX } from 'preact'
import type { DecodedToken } from '../../../countersign/src/diagnosis/decode-token.ts'
import { quoted } from '../../../countersign/src/diagnosis/exact-json.ts'
import { Copy } from '../shown/copy-button.tsx'
import { Long } from '../shown/json.tsx'
import { Panel } from '../shown/panel.tsx'

interface PayloadProps {
  readonly token: DecodedToken
  /** Its parts cannot all be read. */
  readonly isPartial: boolean
}

/** What a token carries that is no JSON, or cannot be read. */
export function PayloadText({ token: { kind, payload, signature, encrypted }, isPartial }: PayloadProps): JSX.Element {
  if (kind === 'jwe')
    return (
      <Panel number={3} title="Encrypted">
        {encrypted === undefined ? (
          <p class="bad">{isPartial ? 'cannot be read' : 'cut off'}</p>
        ) : (
          <table>
            <tbody>
              {(
                [
                  ['encrypted key', encrypted.key],
                  ['initialization vector', encrypted.iv],
                  ['ciphertext', encrypted.content],
                  ['tag', encrypted.tag],
                ] as const
              ).map(([name, bytes]) => (
                <tr>
                  <th scope="row">{name}</th>
                  <td>{bytes === 0 ? 'none' : `${bytes} bytes`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    )
  return (
    <Panel
      number={3}
      title="Payload"
      {...(payload?.text && { actions: <Copy label="the payload" text={() => payload.text ?? ''} /> })}
    >
      {payload === undefined ? (
        <p>{isPartial ? 'cannot be read' : signature ? 'detached: it travels by itself' : 'cut off'}</p>
      ) : payload.bytes.length === 0 ? (
        <p>{isPartial ? 'cannot be read' : 'empty'}</p>
      ) : payload.text === undefined ? (
        <p>{payload.bytes.length} bytes that are no text</p>
      ) : (
        <pre>
          <Long text={payload.text.split('\n').map(shownLine).join('\n')} />
        </pre>
      )}
    </Panel>
  )
}

const shownLine = (line: string): string => quoted(line).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
