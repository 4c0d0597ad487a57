'use client'
import { useState } from 'react'

interface Attempt {
  readonly label: string
  readonly path: string
  readonly item?: string
  readonly bare?: boolean
}

const ATTEMPTS: readonly Attempt[] = [
  { label: 'Without a token', path: '/api/orders', bare: true },
  { label: 'My orders', path: '/api/orders' },
  { label: 'Order tea', path: '/api/orders', item: 'tea' },
  { label: 'As an admin', path: '/api/admin' },
]

/** A button for each request that is worth trying, and what came of the last one. */
export function Try({ token }: { readonly token: string | undefined }) {
  const [answer, setAnswer] = useState('')

  async function send({ path, item, bare }: Attempt): Promise<void> {
    const response = await fetch(path, {
      method: item === undefined ? 'GET' : 'POST',
      headers: bare || token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(item !== undefined && { body: JSON.stringify({ item }) }),
    })
    const challenge = response.headers.get('www-authenticate')
    const lines = [`${response.status}`, challenge && `WWW-Authenticate: ${challenge}`, await response.text()]
    setAnswer(lines.filter(Boolean).join('\n'))
  }

  return (
    <>
      <p style={{ display: 'flex', gap: '.5rem', flexWrap: 'wrap' }}>
        {ATTEMPTS.map((attempt) => (
          <button key={attempt.label} type="button" onClick={() => send(attempt)}>
            {attempt.label}
          </button>
        ))}
      </p>
      <output style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{answer}</output>
    </>
  )
}
