/** Resolves when the work is done, well or not, or the time is up. */
export async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeIsUp = new Promise<void>(resolve => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([
    work.then(
      () => undefined,
      () => undefined,
    ),
    timeIsUp,
  ])
  clearTimeout(timer)
}
