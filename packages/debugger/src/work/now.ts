import { useEffect, useState } from 'preact/hooks'

/** The time in epoch seconds, anew each second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now() / 1000)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
