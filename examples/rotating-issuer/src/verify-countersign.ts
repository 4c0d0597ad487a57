// A verifier on countersign. The set of keys is fetched ahead of its time, and serves on while the issuer is away.
import { createVerifier, remoteKeySet } from 'countersign'
import { verifyAll } from './child.ts'
import { ALG, CLAIMS, now } from './terms.ts'

let requests = 0

// It goes by the max-age of the answers. The timeout is due to the fast clock: 5 s of that are a twelfth of a second.
const keys = remoteKeySet(process.argv[2] ?? '', { now, timeout: '5m' })
keys.subscribe(() => requests++) // refreshed or failed; for real this is a line in a log

const verifier = createVerifier({ keys, ...CLAIMS, algorithms: [ALG], now })

verifyAll(
  async (token) => {
    const result = await verifier.safeVerify(token)
    if (result.ok) return { kid: result.key.kid ?? '' }
    return result.error.unavailable ? undefined : { refused: result.error.code }
  },
  () => requests,
)
