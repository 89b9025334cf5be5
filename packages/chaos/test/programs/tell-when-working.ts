import type { Job } from '@rtp/stream-core'

/** Tells the test when the job of a program has a checkpoint, and lets the program end with it. */
export async function tellWhenWorking(running: Job): Promise<void> {
  const timer = setInterval(() => {
    if (running.metrics().checkpoints.completed === 0) return
    clearInterval(timer)
    process.send?.('working')
  }, 5)
  await running.done
  clearInterval(timer)
  process.disconnect?.()
}
