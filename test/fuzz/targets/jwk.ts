import { sync, verifying } from '../../../packages/countersign/src/crypto/node.ts'
import { isObject, type JsonObject, own } from '../../../packages/countersign/src/json.ts'
import { importKey } from '../../../packages/countersign/src/key/import.ts'
import type { Key } from '../../../packages/countersign/src/key/key.ts'
import { exportJwk } from '../../../packages/countersign/src/key/ops.ts'
import { runSync } from '../../../packages/countersign/src/op.ts'
import { KeySet } from '../../../packages/countersign/src/source/set.ts'
import { mutateJson } from '../mutate/json.ts'
import { hold, refused, Secrets } from '../oracle.ts'
import { JWK_SETS, JWKS } from '../seeds.ts'
import type { Bytes, Outcome, Target } from '../target.ts'
import { JWK_WORDS } from '../words.ts'

/** A member that holds a part of a secret. */
const PRIVATE = ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'priv']
const inJson = mutateJson(JWK_WORDS)

/** A JWK, or a JWK Set, as a program got it from anywhere. */
export const target: Target = {
  name: 'jwk',
  words: JWK_WORDS,
  mutators: [inJson, inJson],
  seeds: () => [...JWKS, ...JWK_SETS, ...JWKS.slice(0, 8).map((jwk, index) => `{"keys":[${jwk},${JWKS[index + 9]}]}`)],
  prepare: () => {
    const secrets = new Secrets(
      JWKS.flatMap((text) => {
        const jwk = JSON.parse(text) as JsonObject
        return PRIVATE.flatMap((name) => (typeof jwk[name] === 'string' ? [jwk[name]] : []))
      }),
    )
    return (input) => read(input, secrets)
  },
}

function read(input: Bytes, secrets: Secrets): Outcome {
  const text = Buffer.from(input).toString()
  let jwk: unknown
  try {
    jwk = JSON.parse(text)
  } catch {
    return 'no JSON'
  }
  if (!isObject(jwk)) return 'no object'
  // What a stranger wrote where names stand is told, whatever it is.
  const told = JSON.stringify(jwk, (name, value: unknown) => (PRIVATE.includes(name) ? undefined : value))
  const kept = secrets.in(told) ? NOTHING : secrets
  return jwk['keys'] === undefined ? ofKey(jwk, kept) : ofSet(jwk, kept)
}

const NOTHING = new Secrets([])

function ofKey(jwk: JsonObject, secrets: Secrets): Outcome {
  let key: Key
  try {
    key = importKey(jwk, {}, sync)
  } catch (error) {
    return refused(error, secrets)
  }
  // A key that says ext: false is taken in and given out to nobody (Web Cryptography API).
  if (!key.extractable) return 'accepted'
  const members: JsonObject = runSync(exportJwk(key), sync) as object as JsonObject
  for (const [name, value] of Object.entries(members)) {
    const given = own(jwk, name)
    if (given === undefined || typeof value !== 'string') continue
    hold(given === value, `${name} of the key is another`)
  }
  const again = importKey(members, {}, sync)
  hold(
    again.kind === key.kind && again.bits === key.bits && again.alg === key.alg,
    'the key that was written is another',
  )
  return 'accepted'
}

function ofSet(jwks: JsonObject, secrets: Secrets): Outcome {
  try {
    const { keys, skipped } = new KeySet(jwks, verifying)
    const kinds = new Set(keys.map(({ kind }) => kind === 'secret'))
    hold(kinds.size < 2, 'secrets and other keys in one set')
    return keys.length === 0 && skipped.length > 0 ? 'skipped' : 'accepted'
  } catch (error) {
    return refused(error, secrets)
  }
}
