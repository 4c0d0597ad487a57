// Stands for node:fs on runtimes without files: the vectors, which the bundle brings along.
const VECTORS: Readonly<Record<string, string>> = {} // VECTORS

export const readdirSync = (): readonly string[] => Object.keys(VECTORS)

export function readFileSync(url: URL): string {
  const [, path = ''] = url.href.split('/vectors/')
  const text = VECTORS[path]
  if (text === undefined) throw new Error(`this runtime has no file ${url.href}`)
  return text
}

function absent(): never {
  throw new Error('this runtime has no files')
}

export const createReadStream = absent
export const existsSync = (): boolean => false
export const mkdirSync = absent
export const mkdtempSync = absent
export const rmSync = absent
export const writeFileSync = absent
