import { headers } from 'next/headers'
import { Try } from './try.tsx'

/** How to try the API, with a token of the demonstration's issuer, where it runs. */
export default async function Page() {
  const host = (await headers()).get('host') ?? '127.0.0.1:3000'
  const token = await demoToken()
  return (
    <main>
      <h1>Orders</h1>
      <p>
        Each route of this API stands behind a guard. Its token is for <code>ada</code>, who may read and write orders,
        and is no admin.
      </p>
      <Try token={token} />
      <h2>By hand</h2>
      <pre style={{ overflow: 'auto' }}>{`TOKEN=${token ?? '…'}

curl -si http://${host}/api/orders
curl -si http://${host}/api/orders -H "Authorization: Bearer $TOKEN"
curl -si http://${host}/api/orders -H "Authorization: Bearer $TOKEN" -d '{"item":"tea"}'
curl -si http://${host}/api/admin -H "Authorization: Bearer $TOKEN"`}</pre>
    </main>
  )
}

async function demoToken(): Promise<string | undefined> {
  const url = process.env['DEMO_TOKEN_URL']
  if (url === undefined) return undefined
  const response = await fetch(url, { method: 'POST', cache: 'no-store' })
  return response.text()
}
