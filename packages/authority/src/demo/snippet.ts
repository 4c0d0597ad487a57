/** A program that verifies an access token on any machine, by what the authority publishes. */
export const snippet = (
  issuer: string,
  audience: string,
): string => `import { createInterface } from 'node:readline/promises'
import { discover } from 'countersign'
import { accessToken } from 'countersign/profile'

const { issuer, keys } = await discover('${issuer}')
const verifier = accessToken.createVerifier({ keys, issuer, audience: '${audience}' })

const terminal = createInterface({ input: process.stdin, output: process.stdout })
const token = await terminal.question('Paste the access token: ')
terminal.close()

const { claims } = await verifier.verify(token.trim()) // throws for any other token
console.log(claims)
`
