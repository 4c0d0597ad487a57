// What a published package stands on, as a bill of materials (CycloneDX 1.6): read out of the lockfile, so that the same tree
// gives the same text. `npm sbom` refuses a workspace without a version, and counts optional peers that nobody gets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Ranges = Readonly<Record<string, string>>

/** What a lockfile says of a package. */
export interface Locked {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Ranges
  readonly optionalDependencies?: Ranges
  readonly peerDependencies?: Ranges
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** The packages of a lockfile by the place where they are installed. */
export type Lockfile = Readonly<Record<string, Locked>>

export interface Component {
  readonly type: 'library' | 'application'
  readonly 'bom-ref': string
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly scope?: 'required' | 'optional'
  readonly licenses: readonly object[]
  readonly purl: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  /** What stands inside, copied by the build. */
  readonly components?: readonly Component[]
}

export interface Bom {
  readonly $schema: string
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.6'
  readonly version: 1
  readonly metadata: {
    readonly timestamp?: string
    readonly lifecycles: readonly object[]
    readonly component: Component
  }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

export function readLockfile(): Lockfile {
  return (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lockfile }).packages
}

/** The place of a package as Node finds it from another one: in the nearest `node_modules` above. A link is followed. */
function placeOf(name: string, from: string, lockfile: Lockfile): string | undefined {
  const folders = from.split('/')
  for (let depth = folders.length; depth >= 0; depth--) {
    const place = [...folders.slice(0, depth), 'node_modules', name].join('/')
    const locked = lockfile[place]
    if (locked !== undefined) return locked.link === true ? locked.resolved : place
  }
  return undefined
}

interface Edge {
  readonly to: string
  readonly optional: boolean
}

/** What npm installs along with a package. Peers belong to it unless they are optional. */
function edgesOf(place: string, lockfile: Lockfile): readonly Edge[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, ...rest } = lockfile[place] ?? {}
  const peers = Object.keys(peerDependencies).filter((name) => rest.peerDependenciesMeta?.[name]?.optional !== true)
  const names = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])
  return [...names].flatMap((name) => {
    const [to, optional] = [placeOf(name, place, lockfile), name in optionalDependencies]
    if (to === undefined && !optional) throw new Error(`the lockfile does not have ${name}, which ${place} needs`)
    return to === undefined ? [] : [{ to, optional }]
  })
}

/**
 * Every place that npm installs for a package, the package itself left out.
 *
 * @returns whether each can be done without
 */
export function productionOf(home: string, lockfile: Lockfile): ReadonlyMap<string, { readonly optional: boolean }> {
  const found = new Map<string, { optional: boolean }>()
  const visit = (place: string, isOptional: boolean): void => {
    for (const { to, optional } of edgesOf(place, lockfile)) {
      const known = found.get(to)
      const without = isOptional || optional
      if (known !== undefined && (without || !known.optional)) continue
      found.set(to, { optional: without })
      visit(to, without)
    }
  }
  visit(home, false)
  return found
}

/** The lockfile says a name where it is not that of the folder. */
const nameOf = (place: string, { name }: Locked): string =>
  name ?? place.replace(/^.*node_modules\//, '').replace(/^packages\//, '')
const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

function toComponent(place: string, lockfile: Lockfile): Component {
  const locked = lockfile[place]
  if (locked?.version === undefined) throw new Error(`the lockfile has no version of ${place}`)
  const { version, license, integrity } = locked
  const full = nameOf(place, locked)
  const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? []
  const purl = purlOf(full, version)
  const [, digest] = /^sha512-(.+)$/.exec(integrity ?? '') ?? []
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group && { group }),
    name,
    version,
    licenses:
      license === undefined ? [] : [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    purl,
    // A package of this workspace gets its hash when it is packed.
    ...(digest && { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
  }
}

interface Subject {
  /** Its folder in the workspace, such as `packages/authority`. */
  readonly home: string
  readonly type: Component['type']
  /** Names of packages of which the build puts code into files of this one. */
  readonly inside?: readonly string[]
}

/**
 * The bill of materials of a package.
 *
 * @param epoch - seconds, as SOURCE_DATE_EPOCH has them; without it the bill says no time, so that it stays the same
 */
export function toBom({ home, type, inside = [] }: Subject, lockfile: Lockfile, epoch?: string): Bom {
  const production = productionOf(home, lockfile)
  const scopes = new Map<string, 'required' | 'optional'>()
  const components = new Map<string, Component>()
  for (const [place, { optional }] of production) {
    const component = toComponent(place, lockfile)
    const ref = component['bom-ref']
    if (scopes.get(ref) !== 'required') scopes.set(ref, optional ? 'optional' : 'required')
    components.set(ref, component)
  }
  const dependsOn = new Map<string, Set<string>>()
  for (const place of [home, ...production.keys()]) {
    const ref = toComponent(place, lockfile)['bom-ref']
    const refs = dependsOn.get(ref) ?? new Set()
    for (const { to } of edgesOf(place, lockfile)) refs.add(toComponent(to, lockfile)['bom-ref'])
    dependsOn.set(ref, refs)
  }
  const byRef = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
  const parts = inside.map((name) => toComponent(`node_modules/${name}`, lockfile))
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(epoch && { timestamp: new Date(Number(epoch) * 1000).toISOString() }),
      lifecycles: [{ phase: 'build' }],
      component: { ...toComponent(home, lockfile), type, ...(parts.length > 0 && { components: parts }) },
    },
    components: [...components].sort(byRef).map(([ref, { licenses, purl, hashes, ...names }]) => ({
      ...names,
      scope: scopes.get(ref) ?? 'required',
      ...(hashes && { hashes }),
      licenses,
      purl,
    })),
    dependencies: [...dependsOn].sort(byRef).map(([ref, refs]) => ({ ref, dependsOn: [...refs].sort() })),
  }
}

export type PackageName = 'countersign' | 'authority'

/** What is published. The library depends on nothing; the page of its debugger has Preact inside. */
export const SUBJECTS: Readonly<Record<PackageName, Subject>> = {
  countersign: { home: 'packages/countersign', type: 'library', inside: ['preact'] },
  authority: { home: 'packages/authority', type: 'application' },
}

/** @returns the text of `sbom.cdx.json` of a package */
export function sbomOf(name: PackageName): string {
  return `${JSON.stringify(toBom(SUBJECTS[name], readLockfile(), process.env['SOURCE_DATE_EPOCH']), null, 2)}\n`
}
