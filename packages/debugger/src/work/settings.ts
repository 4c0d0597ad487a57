import type { TimeZone } from '../../../countersign/src/diagnosis/moments.ts'

/** `auto` is what the system says. */
export type Theme = 'auto' | 'light' | 'dark'
export type Zone = Extract<TimeZone, 'utc' | 'local'>

/** All that the page remembers. */
export interface Settings {
  readonly theme: Theme
  readonly zone: Zone
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Under which names they are stored. */
export const STORED: Readonly<Record<keyof Settings, string>> = {
  theme: 'countersign.theme',
  zone: 'countersign.zone',
}

/** What was chosen before; anything else that is found there counts for nothing. */
export function loadSettings(storeOf: () => Store): Settings {
  const found = (name: string): string | null => {
    try {
      return storeOf().getItem(name)
    } catch {
      return null // a browser may forbid it
    }
  }
  const theme = found(STORED.theme)
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    zone: found(STORED.zone) === 'local' ? 'local' : 'utc',
  }
}

/** Keeps what was chosen; what is as it is anyway is not stored. */
export function saveSettings({ theme, zone }: Settings, storeOf: () => Store): void {
  try {
    const store = storeOf()
    if (theme === 'auto') store.removeItem(STORED.theme)
    else store.setItem(STORED.theme, theme)
    if (zone === 'utc') store.removeItem(STORED.zone)
    else store.setItem(STORED.zone, zone)
  } catch {
    // then it holds until the page is closed
  }
}
