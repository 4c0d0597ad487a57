/**
 * Whether a timer is one of the ring's own: its pause, its patience, its deadline (milliseconds). All others belong to the
 * platform, such as those of its fetch, and to whoever runs the tests; they are left alone.
 */
export function isOurWait(ms: number): boolean {
  return [50, 5000, 20_000].includes(ms)
}
