import { backend } from '../../../countersign/src/crypto/web.ts'
import { exportJwk, generateKey, publicKey } from '../../../countersign/src/key/ops.ts'
import { run } from '../../../countersign/src/op.ts'
import { build, parseDraft } from './build.ts'
import { readKeys } from './keys.ts'

/** A token that was issued a minute ago, and the public key that verifies it. Its account is more than a float can hold. */
export async function example(now: number): Promise<{ readonly token: string; readonly key: string }> {
  const key = await run(generateKey('ES256', { kid: '2026-a' }), backend)
  const iat = Math.floor(now) - 60
  const draft = {
    header: '{"alg":"ES256","typ":"JWT","kid":"2026-a"}',
    payload: `{"iss":"https://id.example.com","aud":"https://api.example.com","sub":"ada","account":9007199254740993,"admin":true,"iat":${iat},"exp":${iat + 900}}`,
  }
  const [own, open] = [
    await run(exportJwk(key), backend),
    await run(exportJwk(await run(publicKey(key), backend)), backend),
  ]
  const keys = await readKeys({ text: JSON.stringify(own), spelling: 'utf8', allowWeak: false })
  const built = await build(parseDraft(draft), { kind: 'keys', keys })
  return { token: built.kind === 'token' ? built.token : '', key: JSON.stringify(open, undefined, 2) }
}
