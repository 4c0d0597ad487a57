import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const FOLDER: string = fileURLToPath(new URL('../../../schema/', import.meta.url))

/** Where the schemas are published. */
export const AT = 'https://unpkg.com/countersign/schema/'

/** The published schemas by the names of their files. */
export const SCHEMAS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(
  readdirSync(FOLDER).map((file) => [file, JSON.parse(readFileSync(FOLDER + file, 'utf8')) as Record<string, unknown>]),
)

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
for (const schema of SCHEMAS.values()) ajv.addSchema(schema)

/** What checks documents by the schema of that name; it is made when it is asked for. */
export function validatorOf(name: string): ValidateFunction {
  const validate = ajv.getSchema(`${AT}${name}.json`)
  if (validate === undefined) throw new Error(`there is no schema/${name}.json`)
  return validate
}

/** Whether a schema is one by the rules of its own. */
export const isSchema = (schema: object): boolean => ajv.validateSchema(schema) === true

/** The schema of a command's documents: that of `key new` is `key-new`. */
export const schemaFor = (cmd: string): string => (cmd === 'countersign' ? 'error' : cmd.replaceAll(' ', '-'))

/** @throws {Error} for a document that is not what its schema says, with what is wrong and where */
export function holdDocument(document: unknown): void {
  const { cmd } = document as { readonly cmd?: unknown }
  if (typeof cmd !== 'string') throw new Error(`a document without cmd: ${JSON.stringify(document)}`)
  hold(schemaFor(cmd), document)
}

/** @throws {Error} for what is not as the schema of that name says */
export function hold(name: string, document: unknown): void {
  const validate = validatorOf(name)
  if (validate(document)) return
  const faults = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  )
  throw new Error(`not what schema/${name}.json says:\n${faults.join('\n')}\n${JSON.stringify(document, null, 2)}`)
}
