import { type ExactJson, toLine } from '../../../countersign/src/diagnosis/exact-json.ts'

/** A member that two objects do not have alike. */
export interface Difference {
  readonly name: string
  readonly how: 'added' | 'changed' | 'removed'
  readonly was?: string
  readonly is?: string
}

/** What became of the members of an object: in the order of the new one, and then what is gone. */
export function differences(old: ExactJson | undefined, now: ExactJson | undefined): readonly Difference[] {
  const [was, is] = [old, now].map(
    (json) => new Map(json?.kind === 'object' ? json.members.map(([name, value]) => [name, toLine(value)]) : []),
  ) as [Map<string, string>, Map<string, string>]
  const here = [...is].flatMap(([name, value]): readonly Difference[] => {
    const before = was.get(name)
    if (before === value) return []
    return [before === undefined ? { name, how: 'added', is: value } : { name, how: 'changed', was: before, is: value }]
  })
  const gone = [...was].filter(([name]) => !is.has(name))
  return [...here, ...gone.map(([name, value]): Difference => ({ name, how: 'removed', was: value }))]
}
