/**
 * Ends the wait for some work at its deadline, even where the work does not listen to the signal.
 *
 * @param why - the message of the error, where it comes to that
 */
export async function withDeadline<T>(seconds: number, why: string, work: (signal: object) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const error = new Error(why)
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(error)
      controller.abort(error)
    }, seconds * 1000)
  })
  try {
    return await Promise.race([work(controller.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}
