import { startIssuer } from './issuer.ts'
import { start } from './next.ts'

const AUDIENCE = 'https://orders.example'

/** The app with an issuer beside it to have tokens from. */
export interface Demo {
  readonly url: string
  /** How to try it, for whoever has started it. */
  readonly welcome: string
  close(): Promise<void>
}

/** Serves what was built. @param port - 0 for any that is free */
export async function startDemo(port: number): Promise<Demo> {
  const issuer = await startIssuer(AUDIENCE)
  const tokenUrl = `${issuer.url}/token`
  const { url, close } = await start(
    { ISSUER: issuer.url, AUDIENCE, JWKS_URL: `${issuer.url}/jwks.json`, DEMO_TOKEN_URL: tokenUrl },
    port,
  )
  const welcome = `
countersign: a Next app behind a guard

  open  ${url}

  TOKEN=${await (await fetch(tokenUrl, { method: 'POST' })).text()}

  curl -si ${url}/api/orders
  curl -si ${url}/api/orders -H "Authorization: Bearer $TOKEN"
  curl -si ${url}/api/orders -H "Authorization: Bearer $TOKEN" -d '{"item":"tea"}'
  curl -si ${url}/api/admin -H "Authorization: Bearer $TOKEN"

Ctrl-C ends it.
`
  return {
    url,
    welcome,
    async close() {
      issuer.close()
      await close()
    },
  }
}
