import { fileCheckpointStore, forEachBatch, memoryCheckpointStore, pipeline, run } from '../../../../src/index.ts'
import { defineThread } from '../../../../src/threads.ts'
import { numbers } from './numbers.ts'

/** Jobs that threads cannot share, each for a reason of its own. */
export const thread = defineThread<{
  readonly why: 'tasks' | 'source' | 'memory' | 'file'
  readonly directory: string
}>(({ data: { why, directory } }) => {
  const job = pipeline('not shareable')
  const divided = {
    ...numbers({ partitions: 2, numbers: 10, assigned: [0, 1], bounded: true }),
    shareable: why !== 'source',
  }
  const records = job.from(divided, { name: 'numbers' })
  const key = ({ partition }: { readonly partition: number }) => partition
  const counted = records.keyBy(key, { partitionKey: why !== 'tasks' }).reduce(one => one, { name: 'last' })
  counted.sink(forEachBatch(() => {}))
  return run(job, { store: why === 'file' ? fileCheckpointStore({ directory }) : memoryCheckpointStore() })
})
