import { useEffect, useRef, useState } from 'preact/hooks'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

const seconds = (): number => Date.now() / 1000

/** The time in epoch seconds, anew each second. Whoever shows a time asks for it, and nothing else is drawn again. */
export function useNow(): number {
  return useMoment((now) => now)
}

/** What becomes of the time, worked out each second: whoever asks is drawn again where that is something else. */
export function useMoment(of: (now: number) => number): number {
  const latest = useRef(of)
  latest.current = of
  const [, setValue] = useState(() => of(seconds()))
  useEffect(() => {
    const listener = (): void => setValue(latest.current(seconds()))
    listeners.add(listener)
    timer ??= setInterval(() => {
      for (const one of listeners) one()
    }, 1000)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return of(seconds())
}
