import { fromUtf8 } from '../../bytes.ts'
import { type DecodedToken, decodeFound } from '../../diagnosis/decode-token.ts'
import { exactly, member, textOf, toValue } from '../../diagnosis/exact-json.ts'
import { findToken, notToken } from '../../diagnosis/find-token.ts'
import { type Circumstances, CommandError, type Told, tell } from '../../diagnosis/told.ts'
import { JoseError } from '../../errors.ts'
import { isObject, type JsonObject, parseObject } from '../../json.ts'
import { type VerifiedJws, type VerifiedStream, verifyJws } from '../../jws/verify-jws.ts'
import { run } from '../../op.ts'
import { JWT_LIMITS } from '../../options.ts'
import type { CallOf, Run } from '../call.ts'
import { backend } from '../engine.ts'
import { allowedAlgorithms, readVerifyingKeys, type VerifyingKeys } from '../key-sources.ts'
import type { Outcome } from '../outcome.ts'
import type { VerifyNames } from '../rows/tokens.ts'
import { tokenLines, tokenText } from '../tokens.ts'
import { usage } from '../usage.ts'
import { type Check, claimChecks, type Demands, toDemands } from './verify-checks.ts'
import { checksText } from './verify-text.ts'

type VerifyCall = CallOf<VerifyNames>

/** Checks the signature and the claims of a token, and says what was checked and what was not. */
export const verify: Run<VerifyNames> = async (call) => {
  const { values, words, sources } = call
  sources.claim(words[0] ?? '-', 'TOKEN')
  for (const name of ['key', 'secret', 'jwks', 'payload'] as const) sources.claim(values[name], `--${name}`)
  const demands = toDemands(call)
  if (values.lines && values.payload !== undefined) throw usage('--lines and --payload exclude each other', 'verify')
  if (!values.lines) {
    const text = await tokenText(call, words[0], 'verify')
    return judge(text, await readVerifyingKeys(call, values, 'verify'), demands, call)
  }
  const keys = await readVerifyingKeys(call, values, 'verify')
  const counts = { accepted: 0, rejected: 0 }
  for await (const [line, text] of tokenLines(call, words[0])) {
    const outcome = await judge(text, keys, demands, call)
    counts[outcome.error ? 'rejected' : 'accepted']++
    call.progress.show(() => `verified ${counts.accepted + counts.rejected}, rejected ${counts.rejected}`)
    await call.answer(onOneLine(line, outcome))
  }
  if (!call.settings.json)
    call.note({ code: 'CS_NOTE_UNCHECKED', message: `${counts.accepted} accepted, ${counts.rejected} rejected.` })
  return counts.accepted + counts.rejected === 0 ? { json: {}, text: '', error: notToken('').told } : undefined
}

function onOneLine(line: number, { json, error }: Outcome): Outcome {
  if (error === undefined) return { json: { line, ...json }, text: `line ${line}: accepted\n` }
  const told = { ...error, message: `line ${line}: ${error.message}` }
  return { json: { line, ...json }, text: `line ${line}: rejected (${error.code})\n`, error: told }
}

/** What is known of a token while it is being judged. */
interface Matter {
  readonly token: DecodedToken
  readonly circumstances: Circumstances
}

async function judge(text: string, keys: VerifyingKeys, demands: Demands, call: VerifyCall): Promise<Outcome> {
  let matter: Matter | undefined
  try {
    const found = findToken(text, call.settings.strict)
    if (found.kind === 'cut') throw notToken(String(found.token))
    const token = decodeFound(found, call.settings.strict)
    matter = { token, circumstances: circumstancesOf(token, keys) }
    for (const note of token.notes) call.note(note)
    if (token.kind === 'jwe')
      throw new JoseError('CS_ENCRYPTED', 'the token is encrypted, and a signed one is expected')
    return await judgeSigned(matter, keys, demands, call)
  } catch (error) {
    const told = toldOf(error, matter)
    const json = matter && { header: exactly(matter.token.header) }
    return rejected(told, [{ name: 'signature', status: 'fail', code: told.code }], json ?? {}, call)
  }
}

function circumstancesOf({ header, payload }: DecodedToken, { given }: VerifyingKeys): Circumstances {
  const members = toValue(header)
  const iss = textOf(member(payload?.json, 'iss'))
  return { header: isObject(members) ? members : {}, given, ...(iss !== undefined && { iss }) }
}

function toldOf(error: unknown, matter: Matter | undefined): Told {
  if (error instanceof CommandError) return error.told
  if (error instanceof JoseError) return tell(error, matter?.circumstances)
  throw error
}

async function judgeSigned(matter: Matter, keys: VerifyingKeys, demands: Demands, call: VerifyCall): Promise<Outcome> {
  const { token, circumstances } = matter
  const algorithms = allowedAlgorithms(keys.given, call.values.alg)
  let verified: VerifiedJws | VerifiedStream
  try {
    verified = await verifySignature(token, keys, algorithms, call)
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    const near = error.code === 'CS_SIGNATURE' ? await nearlyMatched(token, keys, circumstances) : undefined
    const told = { ...tell(error, circumstances), ...near }
    return rejected(
      told,
      [{ name: 'signature', status: 'fail', code: told.code }],
      { header: exactly(token.header) },
      call,
    )
  }
  const signature = await signatureCheck(verified, keys)
  return judgeClaims(matter, verified, signature, keys, demands, call)
}

/** Loaded only where something failed: it tries what may have been meant. */
async function nearlyMatched(
  { token }: DecodedToken,
  keys: VerifyingKeys,
  circumstances: Circumstances,
): Promise<Partial<Told> | undefined> {
  const { nearMiss } = await import('../../diagnosis/near-misses.ts')
  return nearMiss(token, keys, circumstances, backend)
}

function verifySignature(
  { token }: DecodedToken,
  { keys }: VerifyingKeys,
  algorithms: readonly string[],
  call: VerifyCall,
): Promise<VerifiedJws | VerifiedStream> {
  const { crit, payload } = call.values
  const options = {
    keys,
    ...(algorithms.length > 0 && { algorithms }),
    ...(crit !== undefined && { crit: crit.split(',').filter((name) => name !== 'b64') }),
  }
  return payload === undefined
    ? run(verifyJws(token, options, backend), backend)
    : verifyDetached(token, options, payload, call)
}

async function verifyDetached(
  token: DecodedToken['token'],
  options: Parameters<typeof verifyJws>[1],
  source: string,
  call: VerifyCall,
): Promise<VerifiedStream> {
  const { detachedPayload } = await import('../detached.ts')
  const payload = await detachedPayload(call, source, '--payload', options.algorithms ?? [], 'verifying')
  return run(verifyJws(token, { ...options, detachedPayload: payload }, backend), backend)
}

async function signatureCheck({ header, key }: VerifiedStream, { given }: VerifyingKeys): Promise<Check> {
  const { thumbprint } = await import('../../key/ops.ts')
  return {
    name: 'signature',
    status: 'pass',
    alg: header.alg,
    ...(key.kid !== undefined && { kid: key.kid }),
    source: given.name,
    // That of a secret would let others try secrets out.
    ...(key.kind !== 'secret' && { thumbprint: await run(thumbprint(key), backend) }),
  }
}

async function judgeClaims(
  { token, circumstances }: Matter,
  verified: VerifiedJws | VerifiedStream,
  signature: Check,
  keys: VerifyingKeys,
  demands: Demands,
  call: VerifyCall,
): Promise<Outcome> {
  const { header } = verified
  const claims = 'payload' in verified ? claimsIn(verified.payload, demands) : undefined
  const document = {
    header: exactly(token.header),
    ...(token.payload?.json ? { payload: exactly(token.payload.json) } : {}),
  }
  let fault: JoseError | undefined
  try {
    if (claims) await demands.hold(claims, header, keys, token.token)
    else demands.refuseWithoutClaims()
  } catch (error) {
    if (!(error instanceof JoseError)) throw error
    fault = error
  }
  const checks = [signature, ...claimChecks(claims, header, demands, fault)]
  for (const note of demands.lenience(claims)) call.note(note)
  if (fault) return rejected(tell(fault, circumstances), checks, document, call)
  const now = demands.now
  return {
    json: { verdict: 'accepted', checks, ...document },
    text: (brush) => (call.settings.quiet ? '' : checksText(checks, claims, now, call, brush)),
  }
}

/** The claims that were signed; nothing where it was something else. @throws {JoseError} for a name that is there twice */
function claimsIn(payload: Uint8Array, demands: Demands): JsonObject | undefined {
  let text: string
  try {
    text = fromUtf8(payload, 'the payload')
  } catch {
    return undefined
  }
  if (!text.trimStart().startsWith('{') && !demands.wantsClaims) return undefined
  return parseObject(text, 'the claims set', JWT_LIMITS.jsonDepth)
}

function rejected(told: Told, checks: readonly Check[], document: Outcome['json'], call: VerifyCall): Outcome {
  const isUnjudged = told.exit === 7 || told.exit === 2
  const list = isUnjudged ? checks.map(({ name }): Check => ({ name, status: 'unchecked' })) : checks
  return {
    json: { verdict: 'rejected', checks: list, ...document },
    text: (brush) => (call.settings.quiet ? '' : checksText(list, undefined, call.host.now(), call, brush)),
    error: told,
  }
}
