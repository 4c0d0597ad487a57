/**
 * How much a run goes through of what is drawn at random or gone through at length: all of it in `npm test`. On another
 * runtime the same code runs, and what can differ there is a primitive or an engine, which a part shows as well; the runs of
 * all runtimes together are more than those of one. test/runtimes/bundle.ts puts the share of a runtime here.
 */
const SHARE: number = 1

/** How many of so many are gone through here. */
export const shareOf = (count: number): number => Math.ceil(count * SHARE)
