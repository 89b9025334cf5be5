import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { forEachBatch, memoryCheckpointStore, pipeline, run, StreamError } from '../../../../src/index.ts'
import { defineThread } from '../../../../src/threads.ts'
import { numbers } from './numbers.ts'

/** A job whose start needs something that is there at the third attempt, or never will be. */
export const thread = defineThread<{ readonly directory: string; readonly retryable: boolean }>(
  async ({ data: { directory, retryable }, stopping }) => {
    const file = join(directory, 'attempts')
    appendFileSync(file, '.')
    if (readFileSync(file, 'utf8').length < 3)
      throw new StreamError('SERVER_AWAY', 'nobody answers', { retryable, place: { source: 'numbers' } })
    stopping.throwIfAborted()
    const job = pipeline('late')
    job.from(numbers({ partitions: 1, numbers: 10, assigned: [0], bounded: true })).sink(forEachBatch(() => {}))
    return run(job, { store: memoryCheckpointStore() })
  },
)
