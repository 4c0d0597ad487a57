import { explain, lint } from '../../../packages/countersign/src/lint.ts'
import { mutateDer, mutatePem } from '../mutate/der.ts'
import { mutateJson } from '../mutate/json.ts'
import { havoc } from '../mutate/octets.ts'
import { mutateToken } from '../mutate/token.ts'
import { hold, refused } from '../oracle.ts'
import { CERTIFICATES, JWK_SETS, JWKS, PEMS, TOKENS } from '../seeds.ts'
import type { Bytes, Mutate, Outcome, Target } from '../target.ts'
import { CLAIM_WORDS, HEADER_WORDS, JWK_WORDS } from '../words.ts'
import { NOW } from './issued.ts'

const NAMES = [...HEADER_WORDS, ...CLAIM_WORDS, ...JWK_WORDS]
const octets = havoc(NAMES, 2048)
const inJson = mutateJson(NAMES)
const inToken = mutateToken([inJson, octets])
const inDer = mutateDer(octets)
const inPem = mutatePem(inDer, octets)
const [BRACE, DASH, SEQUENCE] = [0x7b, 0x2d, 0x30]

const mutate: Mutate = (input, random, other) => {
  const [first] = input
  const own = first === BRACE ? inJson : first === DASH ? inPem : first === SEQUENCE ? inDer : inToken
  return own(input, random, other)
}

/** Whatever is shown to lint and to explain: tokens, keys, sets, certificates, words. */
export const target: Target = {
  name: 'lint',
  words: NAMES,
  mutators: [mutate, mutate],
  seeds: () => {
    const keys = PEMS.filter((pem) => !pem.includes('ENCRYPTED'))
    return [...TOKENS, ...JWKS, ...JWK_SETS, ...keys, ...CERTIFICATES, 'aud', 'ES256', 'CS_AUD', 'CSL001']
  },
  prepare: () => read,
}

async function read(input: Bytes): Promise<Outcome> {
  const shown = input[0] === SEQUENCE ? input : Buffer.from(input).toString()
  const options = { now: () => NOW }
  const linted = await attempt(async () => {
    const { findings, summary } = await lint(shown, options)
    hold(findings.length === summary.error + summary.warn + summary.info, 'findings that nobody counted')
    for (const { message } of findings) hold(message !== '' && message.length < 1500, `${message.length} characters`)
  })
  const explained = await attempt(async () => {
    const all = await explain(shown, options)
    hold(all.length > 0, 'nothing is explained')
  })
  return linted === 'accepted' ? linted : explained
}

async function attempt(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return refused(error)
  }
}
