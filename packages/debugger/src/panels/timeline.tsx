import type { JSX } from 'preact'
import { timesOf } from '../../../countersign/src/diagnosis/decode-token.ts'
import type { ExactJson } from '../../../countersign/src/diagnosis/exact-json.ts'
import { inZone, type TimeZone, toIso, toSpan, toWhen } from '../../../countersign/src/diagnosis/moments.ts'
import { Panel } from '../shown/panel.tsx'

interface TimelineProps {
  readonly claims: ExactJson
  readonly zone: TimeZone
  readonly now: number
}

const [WIDTH, EDGE] = [1000, 60]

/** The life of a token on a line, with the moment that it is now; and the same as a list. */
export function Timeline({ claims, zone, now }: TimelineProps): JSX.Element | null {
  const times = timesOf(claims).filter(([name]) => name !== 'updated_at')
  if (times.length === 0) return null
  const moments = [...times.map(([, seconds]) => seconds), now]
  const [from, to] = [Math.min(...moments), Math.max(...moments)]
  const at = (seconds: number): number =>
    to === from ? WIDTH / 2 : EDGE + ((seconds - from) / (to - from)) * (WIDTH - 2 * EDGE)
  const [exp, iat] = ['exp', 'iat'].map((name) => times.find(([own]) => own === name)?.[1])
  const life = exp === undefined || iat === undefined || exp < iat ? undefined : toSpan(exp - iat)
  const begin = times.find(([name]) => name === 'nbf')?.[1] ?? iat ?? from
  return (
    <Panel number={5} title="Timeline" {...(life !== undefined && { about: `life ${life}` })}>
      <svg class="timeline" viewBox={`0 0 ${WIDTH} 90`} aria-hidden="true">
        <line class="line" x1={EDGE} x2={WIDTH - EDGE} y1="45" y2="45" />
        {exp !== undefined && exp > begin && <line class="life" x1={at(begin)} x2={at(exp)} y1="45" y2="45" />}
        {times.map(([name, seconds], index) => (
          <g class={name}>
            <circle cx={at(seconds)} cy="45" r="7" />
            <text x={at(seconds)} y={index % 2 === 0 ? 24 : 78} text-anchor="middle">
              {name}
            </text>
          </g>
        ))}
        <g class="now">
          <path d={`M ${at(now)} 33 l -9 -14 h 18 z`} />
        </g>
      </svg>
      <ul class="times">
        {times.map(([name, seconds]) => (
          <li>
            <span class="claim">{name}</span>
            <time dateTime={toIso(seconds) ?? ''}>{inZone(seconds, zone)}</time>
            <span class={name === 'exp' && seconds <= now ? 'when bad' : 'when'}>({toWhen(seconds, now)})</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
