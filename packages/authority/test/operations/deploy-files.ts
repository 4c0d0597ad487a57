import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export const DEPLOY = new URL('../../deploy/', import.meta.url)
export const ROOT = new URL('../../../../', import.meta.url)

export const deployed = (file: string): string => readFileSync(new URL(file, DEPLOY), 'utf8')

/** An instruction of a Dockerfile: `--options` apart, and words where it is written as a list. */
export interface Instruction {
  readonly name: string
  readonly options: readonly string[]
  readonly text: string
  /** The list of the exec form, for CMD and others. */
  readonly words: readonly string[] | undefined
}

const KNOWN =
  /^(FROM|ARG|ENV|WORKDIR|COPY|RUN|VOLUME|EXPOSE|USER|STOPSIGNAL|HEALTHCHECK|CMD|ENTRYPOINT|LABEL)\s+((?:--[\w-]+=\S+\s+)*)(.*)$/s

/** The instructions of a Dockerfile, by stage. @throws for what is none */
export function parseDockerfile(text: string): readonly (readonly Instruction[])[] {
  const logical = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const stages: Instruction[][] = []
  for (const line of logical) {
    const [, name = '', options = '', rest = ''] = KNOWN.exec(line) ?? []
    if (name === '') throw new Error(`this is no instruction: ${line}`)
    const list = rest.replace(/^CMD\s+/, '')
    const words: unknown = list.startsWith('[') ? JSON.parse(list) : undefined
    const instruction = {
      name,
      options: options.split(/\s+/).filter(Boolean),
      text: rest,
      words: Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined,
    }
    if (name === 'FROM') stages.push([])
    const stage = stages.at(-1)
    if (stage === undefined) throw new Error(`${name} stands before the first FROM`)
    stage.push(instruction)
  }
  return stages
}

/** What ENV sets in a stage. */
export function environmentOf(stage: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = stage.filter(({ name }) => name === 'ENV').flatMap(({ text }) => text.split(/\s+/))
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** Of a file of compose, what the tests look at. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

export interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks: readonly string[]
  readonly secrets?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly stop_grace_period?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
}

type LoadYaml = (text: string) => unknown

/** A reader of YAML, which comes along with another package; or why there is none. */
export function findYaml(): LoadYaml | string {
  try {
    const { load } = createRequire(import.meta.url)('js-yaml') as { readonly load: LoadYaml }
    return load
  } catch {
    return 'there is no js-yaml here to read YAML with'
  }
}

/** A file of compose with the variables of an environment, as compose puts them in. @throws for one that is missing */
export function parseCompose(text: string, load: LoadYaml, env: Readonly<Record<string, string>>): Compose {
  const filled = text.replaceAll(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_, name: string, how = '', rest = '') => {
    const value = env[name] ?? ''
    if (value === '' && how !== '-') throw new Error(`${name} is not set: ${rest}`)
    return value === '' ? rest : value
  })
  return load(filled) as Compose
}

/** `NAME=value` lines. */
export function parseEnvFile(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      if (name === '') throw new Error(`this is no variable: ${line}`)
      return [name, value]
    }),
  )
}

/** The directives of a unit of systemd, by section, in their order. */
export function parseUnit(text: string): ReadonlyMap<string, readonly (readonly [name: string, value: string])[]> {
  const sections = new Map<string, [string, string][]>()
  let section: [string, string][] | undefined
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (title !== undefined) {
      section = []
      sections.set(title, section)
    } else if (name !== undefined && section !== undefined) section.push([name, value])
    else throw new Error(`this is no line of a unit: ${line}`)
  }
  return sections
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60 }

/** `30s`, `1m` or `30`, in seconds. */
export function toSeconds(text: string): number {
  const [, digits, unit = 's'] = /^(\d+)([sm]?)$/.exec(text) ?? []
  if (digits === undefined) throw new Error(`${text} is no time`)
  return Number(digits) * (UNITS[unit || 's'] ?? 1)
}
