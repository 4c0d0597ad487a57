// Node takes the types out of TypeScript; where yours has more than types, use ts-jest, babel or swc.
import { stripTypeScriptTypes } from 'node:module'

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
}
