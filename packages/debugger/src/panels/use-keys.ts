import { useEffect, useState } from 'preact/hooks'
import { type GivenText, type KeysRead, keysIn, NO_KEYS } from '../work/keys.ts'

/** The keys in the field, read once for each change. */
export function useKeys({ text, spelling, allowWeak, kid, passphrase }: GivenText): KeysRead {
  const [read, setRead] = useState(NO_KEYS)
  useEffect(() => {
    let isOver = false
    void keysIn({ text, spelling, allowWeak, kid, passphrase }).then((one) => {
      if (!isOver) setRead(one)
    })
    return () => {
      isOver = true
    }
  }, [text, spelling, allowWeak, kid, passphrase])
  return read
}
