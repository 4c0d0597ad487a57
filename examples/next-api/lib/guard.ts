import { remoteKeySet } from 'countersign'
import { createGuard } from 'countersign/guard'
import { accessToken } from 'countersign/profile'

/** A variable of the environment; `next build` loads this, too, and a build that lacks one should fail. */
function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new TypeError(`the environment variable ${name} is missing`)
  return value
}

const verifier = accessToken.createVerifier({
  keys: remoteKeySet(variable('JWKS_URL')), // nothing is fetched before the first token comes
  issuer: variable('ISSUER'),
  audience: variable('AUDIENCE'),
})

export const guard = createGuard({ verifier, realm: 'orders' })
export const reading = guard.requires({ scope: 'orders:read' })
export const writing = guard.requires({ scope: 'orders:write' })
export const admins = guard.requires({ roles: 'admin' })
