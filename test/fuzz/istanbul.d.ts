/** The part of istanbul-lib-instrument that is used; it has no types of its own. */
declare module 'istanbul-lib-instrument' {
  export interface Instrumenter {
    instrumentSync(code: string, file: string): string
  }
  export function createInstrumenter(options: {
    readonly esModules: boolean
    readonly coverageVariable: string
  }): Instrumenter
}
