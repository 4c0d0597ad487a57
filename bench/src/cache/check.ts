import { createVerifier, type Key } from 'countersign/sync'
import { fail } from '../contender.ts'
import { AUDIENCE, ISSUER, LIFE_SECONDS, type Scheme } from '../signing/workload.ts'

/** More than clocks may differ. */
const LEEWAY_SECONDS = 60

/** What a hit has to mind still: the hook, whether the key is there, and the time. */
export function checkCache(scheme: Scheme, key: Key, token: string): void {
  const now = Math.floor(Date.now() / 1000)
  const state = { key: key as Key | undefined, now, asked: 0, revoked: false }
  const { safeVerify } = createVerifier({
    keys: () => state.key,
    issuer: ISSUER,
    audience: AUDIENCE,
    cache: true,
    now: () => state.now,
    revoked() {
      state.asked++
      return state.revoked
    },
  })
  const codeOf = (): string => {
    const result = safeVerify(token)
    return result.ok ? 'accepted' : result.error.code
  }
  const expect = (code: string, when: string): void => {
    const found = codeOf()
    if (found !== code) fail('the cache of countersign/sync', scheme, `says ${found} ${when}`)
  }
  expect('accepted', 'to a good token')
  expect('accepted', 'to a hit')
  if (state.asked !== 2)
    fail('the cache of countersign/sync', scheme, `asked the hook ${state.asked} times in place of twice`)
  state.revoked = true
  expect('CS_REVOKED', 'to a hit that is revoked')
  state.revoked = false
  state.key = undefined
  expect('CS_NO_KEY', 'to a hit whose key is gone')
  state.key = key
  state.now += LIFE_SECONDS + LEEWAY_SECONDS + 1
  expect('CS_EXPIRED', 'to a hit that has expired')
}
