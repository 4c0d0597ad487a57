// A verifier on jose, which knows nothing of countersign. It asks when the set has aged, and then the token waits.
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { verifyAll } from './child.ts'
import { ALG, CLAIMS, now, SPEED } from './terms.ts'

/** There are no keys to be had, and nothing is known about the token. */
class NoKeys extends Error {}

let requests = 0

// By default jose keeps a set for 10 minutes, whatever max-age says, and asks for a kid that is not in it no sooner than
// 30 s after it got the last one. A key may sign when every verifier has it, so with such verifiers `prepublish` is more
// than 10 minutes. Here a set is kept for a minute; jose has no clock to set, so both times are divided.
const keys = createRemoteJWKSet(new URL(process.argv[2] ?? ''), {
  cacheMaxAge: 60_000 / SPEED,
  cooldownDuration: 30_000 / SPEED,
  [customFetch]: async (url, options) => {
    requests++
    const response = await fetch(url, options).catch((cause) => {
      throw new NoKeys(url, { cause })
    })
    if (!response.ok) throw new NoKeys(`${url} answers ${response.status}`)
    return response
  },
})

verifyAll(
  async (token) => {
    try {
      const expected = { ...CLAIMS, algorithms: [ALG], currentDate: new Date(now() * 1000) }
      const { protectedHeader } = await jwtVerify(token, keys, expected)
      return { kid: protectedHeader.kid ?? '' }
    } catch (error) {
      if (error instanceof NoKeys) return undefined
      if (error instanceof errors.JOSEError) return { refused: error.code }
      throw error
    }
  },
  () => requests,
)
