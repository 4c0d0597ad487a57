import type { ReactNode } from 'react'

export const metadata = { title: 'Orders: an API behind a guard' }

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en" style={{ colorScheme: 'light dark' }}>
      <body
        style={{
          font: '16px/1.5 system-ui, sans-serif',
          maxWidth: '48rem',
          margin: '2rem auto',
          padding: '0 1rem',
        }}
      >
        {children}
      </body>
    </html>
  )
}
