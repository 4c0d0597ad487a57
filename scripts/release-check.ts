// Whether a tag may be published: both packages have its version, and the authority asks for that library.
//   npm run release:check -- v0.1.0
import { readFileSync } from 'node:fs'

export interface Manifests {
  readonly countersign: { readonly version: string }
  readonly authority: { readonly version: string; readonly dependencies: Readonly<Record<string, string>> }
}

/** @returns what does not agree with the tag */
export function faultsOf(tag: string, { countersign, authority }: Manifests): readonly string[] {
  const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(tag) ?? []
  if (version === undefined) return [`"${tag}" is no tag of a version, such as v1.2.3`]
  const said = {
    'the version of countersign': countersign.version,
    'the version of @countersign/authority': authority.version,
    'the countersign that @countersign/authority depends on': authority.dependencies['countersign'],
  }
  return Object.entries(said).flatMap(([what, value]) =>
    value === version ? [] : [`${what} is ${value}, not ${version}`],
  )
}

export function readManifests(): Manifests {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../packages/${name}/package.json`, import.meta.url), 'utf8'))
  return { countersign: read('countersign'), authority: read('authority') } as Manifests
}

if (import.meta.main) {
  const [tag = ''] = process.argv.slice(2)
  const faults = faultsOf(tag, readManifests())
  if (faults.length > 0) {
    console.error(faults.join('\n'))
    process.exitCode = 1
  } else {
    console.log(`${tag}: the versions agree`)
  }
}
