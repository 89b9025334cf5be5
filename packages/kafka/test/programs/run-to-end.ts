import { type Pipeline, run } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'

/** Runs the job of a program with a checkpoint every few records, tells the test when it runs, and lets the program end with it. */
export async function runToEnd(job: Pipeline, store: CheckpointStore): Promise<void> {
  const running = run(job, { store, checkpoint: { intervalMs: 20, records: 100 } })
  const timer = setInterval(() => {
    if (running.state !== 'running') return
    clearInterval(timer)
    process.send?.('running')
  }, 5)
  await running.done
  clearInterval(timer)
  process.disconnect?.()
}
