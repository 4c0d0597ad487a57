/**
 * What every process of the tests is started with: of their own environment nothing but PATH, and where `npm test` has Node
 * keep what it has compiled.
 */
export const PROCESS_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)
