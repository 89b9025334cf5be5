import { setTimeout as wait } from 'node:timers/promises'

/** Polls until `condition` holds; false when it did not within the time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 10 }: { timeoutMs: number; everyMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) return false
    await wait(everyMs)
  }
  return true
}
