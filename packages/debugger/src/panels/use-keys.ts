import { useEffect, useMemo, useState } from 'preact/hooks'
import { type GivenText, type KeysRead, keysIn, NO_KEYS } from '../work/keys.ts'

/**
 * The keys in the field, read once for each change. Until those of a change are read, which takes a while with a passphrase,
 * the first of the two is still what stood there before, and the second is nothing.
 */
export function useKeys({
  text,
  spelling,
  allowWeak,
  kid,
  passphrase,
}: GivenText): readonly [shown: KeysRead, current: KeysRead] {
  const given = useMemo(
    () => ({ text, spelling, allowWeak, kid, passphrase }),
    [text, spelling, allowWeak, kid, passphrase],
  )
  const [read, setRead] = useState<readonly [of: GivenText, keys: KeysRead]>([given, NO_KEYS])
  useEffect(() => {
    let isOver = false
    void keysIn(given).then((one) => {
      if (!isOver) setRead([given, one])
    })
    return () => {
      isOver = true
    }
  }, [given])
  return [read[1], read[0] === given ? read[1] : NO_KEYS]
}
