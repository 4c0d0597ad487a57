import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { ExactJson } from '../../../countersign/src/diagnosis/exact-json.ts'
import { type TimeZone, toSpan } from '../../../countersign/src/diagnosis/moments.ts'
import { timesOf } from '../../../countersign/src/diagnosis/odd-times.ts'
import { Panel } from '../shown/panel.tsx'
import { useNow } from '../work/now.ts'
import { toMarks, toScale } from '../work/scale.ts'
import { Moment } from './members.tsx'

interface TimelineProps {
  readonly claims: ExactJson
  readonly zone: TimeZone
}

/** The life of a token on a line, with the moment that it is now; and the same as a list. */
export function Timeline({ claims, zone }: TimelineProps): JSX.Element | null {
  const times = useMemo(() => timesOf(claims).filter(([name]) => name !== 'updated_at'), [claims])
  if (times.length === 0) return null
  const [exp, iat] = ['exp', 'iat'].map((name) => times.find(([own]) => own === name)?.[1])
  const life = exp === undefined || iat === undefined || exp < iat ? undefined : toSpan(exp - iat)
  return (
    <Panel number={5} title="Timeline" {...(life !== undefined && { about: `life ${life}` })}>
      <Line times={times} />
      <ul class="times">
        {times.map(([name, seconds]) => (
          <li>
            <span class="claim">{name}</span> <Moment name={name} seconds={seconds} zone={zone} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

type Times = readonly (readonly [name: string, seconds: number])[]

function Line({ times }: { readonly times: Times }): JSX.Element {
  const now = useNow()
  const of = (name: string): number | undefined => times.find(([own]) => own === name)?.[1]
  const all = times.map(([, seconds]) => seconds)
  const exp = of('exp')
  const begin = of('nbf') ?? of('iat') ?? Math.min(...all)
  const isLife = exp !== undefined && exp > begin
  const scale = isLife ? toScale(begin, exp) : toScale(Math.min(...all, now), Math.max(...all, now))
  const marks = toMarks(times.map(([name, seconds]) => [name, scale(seconds)] as const))
  const lanes = Math.max(...marks.map(({ lane }) => lane)) + 1
  const [from, to, at] = [scale(begin), scale(exp ?? begin), scale(now)]
  const state = exp !== undefined && now >= exp ? 'over' : now < begin ? 'ahead' : 'running'
  const percent = (value: number): string => `${value.toFixed(2)}%`
  return (
    <div class={`line ${state}`} aria-hidden="true" style={{ paddingTop: `${lanes * 1.25}rem` }}>
      {marks.map((mark) => (
        <div class={`mark ${mark.side}`} style={{ left: percent(mark.at), height: `${mark.lane * 1.25 + 1.5}rem` }}>
          <span>{mark.text}</span>
        </div>
      ))}
      <div class="rail">
        {isLife && <div class="life" style={{ left: percent(from), width: percent(to - from) }} />}
        {isLife && (
          <div class="spent" style={{ left: percent(from), width: percent(Math.max(0, Math.min(at, to) - from)) }} />
        )}
      </div>
      <div class={`now ${at > 55 ? 'left' : 'right'}`} style={{ left: percent(at) }}>
        <span>now</span>
      </div>
    </div>
  )
}
