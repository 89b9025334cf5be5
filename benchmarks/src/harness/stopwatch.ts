/** What a piece of work took in this process. */
export interface Taken {
  readonly seconds: number
  /** User and system time of all threads. */
  readonly cpuSeconds: number
}

/** Starts now; the function that it returns says what has been taken since. */
export function startStopwatch(): () => Taken {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  return () => {
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    return { seconds, cpuSeconds: (user + system) / 1e6 }
  }
}

/** What `work` takes, without what is done before and after it. */
export async function timed(work: () => Promise<unknown>): Promise<Taken> {
  const stop = startStopwatch()
  await work()
  return stop()
}
