/** What a name means, in a line, and where that is written. */
export interface Meaning {
  readonly title: string
  readonly spec: string
}

/** What a header member or a claim is; nothing for a name that nobody registered. */
export function meaningOf(_place: 'header' | 'claim', _name: string): Meaning | undefined {
  return undefined
}
