/**
 * Something that is made anew when it has reached an age.
 *
 * @param seconds - the age
 * @param now - the time in epoch seconds
 * @param next - makes it, and is given the one before
 * @returns what is in use at the moment: the same one until it is too old, whoever asks at the same time
 */
export function rotating<T>(
  seconds: number,
  now: () => number,
  next: (before: T | undefined) => Promise<T>,
): () => Promise<T> {
  let current: Promise<T> | undefined
  let since = 0
  return () => {
    if (current === undefined || now() >= since + seconds) {
      since = now()
      current = Promise.resolve(current).then(next)
    }
    return current
  }
}
