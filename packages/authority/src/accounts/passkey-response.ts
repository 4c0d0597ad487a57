import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'

/** How long the parts of an answer may be, in characters of base64url: none of an authenticator comes near. */
const LONGEST = { id: 1366, client: 4096, attestation: 8192, data: 2048, signature: 2048, handle: 96 } as const
/** The whole of it. */
const MOST = 16_384
const MOST_TRANSPORTS = 10

type Members = Readonly<Record<string, unknown>>

/** What a browser gives for a new passkey (`toJSON()`), as JSON; what else is in it is left out. */
export function parseCreated(text: string): RegistrationResponseJSON | undefined {
  const outer = parseOuter(text)
  if (outer === undefined) return undefined
  const { id, response } = outer
  const clientDataJSON = parseClient(response['clientDataJSON'])
  const attestationObject = encoded(response['attestationObject'], LONGEST.attestation)
  if (clientDataJSON === undefined || attestationObject === undefined) return undefined
  const named = Array.isArray(response['transports']) ? response['transports'] : []
  const transports = named.filter((one) => typeof one === 'string' && one.length < 32).slice(0, MOST_TRANSPORTS)
  return { ...common(id), response: { clientDataJSON, attestationObject, transports } }
}

/** What a browser gives when a passkey is used, as JSON. */
export function parsePresented(text: string): AuthenticationResponseJSON | undefined {
  const outer = parseOuter(text)
  if (outer === undefined) return undefined
  const { id, response } = outer
  const clientDataJSON = parseClient(response['clientDataJSON'])
  const authenticatorData = encoded(response['authenticatorData'], LONGEST.data)
  const signature = encoded(response['signature'], LONGEST.signature)
  if (clientDataJSON === undefined || authenticatorData === undefined || signature === undefined) return undefined
  const { userHandle: handle = null } = response
  const userHandle = handle === null ? undefined : encoded(handle, LONGEST.handle)
  if (handle !== null && userHandle === undefined) return undefined
  return {
    ...common(id),
    response: { clientDataJSON, authenticatorData, signature, ...(userHandle !== undefined && { userHandle }) },
  }
}

function common(id: string): Pick<AuthenticationResponseJSON, 'id' | 'rawId' | 'type' | 'clientExtensionResults'> {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {} }
}

function parseOuter(text: string): { readonly id: string; readonly response: Members } | undefined {
  if (text.length > MOST) return undefined
  const outer = parseMembers(text)
  const id = encoded(outer?.['id'], LONGEST.id)
  const response = outer?.['response']
  if (id === undefined || outer?.['rawId'] !== id || outer['type'] !== 'public-key' || !isMembers(response))
    return undefined
  return { id, response }
}

/** What was signed of the page: not one that stood in a page of somebody else's, as none of ours may. */
function parseClient(value: unknown): string | undefined {
  const text = encoded(value, LONGEST.client)
  if (text === undefined) return undefined
  const client = parseMembers(Buffer.from(text, 'base64url').toString('utf8'))
  if (client === undefined || client['crossOrigin'] === true || client['topOrigin'] !== undefined) return undefined
  return text
}

function parseMembers(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isMembers(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function encoded(value: unknown, longest: number): string | undefined {
  return typeof value === 'string' && value.length <= longest && /^[\w-]+$/.test(value) ? value : undefined
}
