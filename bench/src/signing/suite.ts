import { BARE_NAME, known, prepareTools } from '../contender.ts'
import { type Bar, type Job, type Suite, toRunners } from '../jobs.ts'
import { checkSign, checkVerify } from './check.ts'
import { CONTENDERS, OURS, type Tool } from './contenders.ts'
import { newClaims, type Sample, SCHEMES, type Scheme, toSample } from './workload.ts'

const OPERATIONS = ['verify', 'sign'] as const
const SAMPLES = 16
const JUDGES: readonly string[] = [OURS, 'fast-jwt', 'jose (promise)']
const MOST_OF_BARE = 0.85

/** JWTs signed and verified by countersign/sync. */
export const SIGNING: Suite = {
  title: 'JWTs, signed',
  about: `Ours is ${OURS}.
Tokens of some 320 characters (with HS256) hold iss, aud, sub, name, admin, jti, iat and exp, and
kid in the header. Every contender checks the signature, iss, aud and exp, with keys imported beforehand, and no cache
of results. Those marked as promise are awaited one call at a time. \`${BARE_NAME}\` is the primitive alone, with a
prepared KeyObject, over the octets of the same signing input: no JSON, no base64url, no claims; with HS256 it compares
no MAC. With ES256 it has DER, which is the faster of its two encodings, and so the bar; \`ieee-p1363\` stands beside it.
With PS256 it is told the padding in an options object, as is usual, and that is the bar; beside it stands a key of the
type rsa-pss, which needs no options. jsonwebtoken has no Ed25519.`,
  packages: CONTENDERS.flatMap(({ from }) => from ?? []),
  schemes: SCHEMES.map(({ name }) => name),
  prepare: (name) => jobsOf(known(SCHEMES.find((scheme) => scheme.name === name))),
}

async function jobsOf(scheme: Scheme): Promise<readonly Job[]> {
  const keys = scheme.generate()
  const tools = await prepareTools(CONTENDERS, scheme, keys)
  const judges = JUDGES.map((name) => known(tools.get(name)))
  const samples = await newSamples(scheme, known(tools.get(OURS)))
  const [first] = samples
  for (const [name, tool] of tools) {
    await checkVerify(name, scheme, tool, known(first))
    await checkSign(name, scheme, tool, known(first), keys, judges)
  }
  return OPERATIONS.map((operation) => ({
    scheme: scheme.name,
    operation,
    runners: toRunners(tools, samples, (tool, sample) => tool[operation](sample)),
    bars: barsOn(scheme, operation),
  }))
}

function newSamples(scheme: Scheme, signer: Tool): Promise<readonly Sample[]> {
  const claims = Array.from({ length: SAMPLES }, (_, index) => newClaims(index))
  return Promise.all(
    claims.map(async (one) => {
      const empty = Buffer.alloc(0)
      const token = await signer.sign({ claims: one, token: '', input: empty, signature: empty, der: empty })
      return toSample(scheme, one, String(token))
    }),
  )
}

function barsOn({ name }: Scheme, operation: (typeof OPERATIONS)[number]): readonly Bar[] {
  if (name !== 'HS256') return [{ against: BARE_NAME, least: MOST_OF_BARE }]
  if (operation === 'sign') return []
  return [
    { against: 'fast-jwt', least: 1 },
    { against: 'jose (promise)', least: 8 },
  ]
}
