import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileCheckpointStore, forEachBatch, pipeline, run } from '../../../../src/index.ts'
import { defineThread } from '../../../../src/threads.ts'
import { type Incident, meet } from './incident.ts'
import { numbers } from './numbers.ts'

export interface CountingSettings {
  readonly directory: string
  readonly partitions: number
  readonly numbers: number
  readonly bounded: boolean
  readonly incident?: Incident
  /** Index of a thread that exits instead of draining. */
  readonly exitsWhenStopped?: number
}

/** Counts the numbers of each partition, with state in files of the thread's own, and writes every count down. */
export const thread = defineThread<CountingSettings>(({ index, threads, data, stopping, logger }) => {
  if (data.exitsWhenStopped === index) stopping.addEventListener('abort', () => process.exit(3))
  const { directory, partitions, numbers: count, bounded, incident } = data
  const assigned = Array.from({ length: partitions }, (_, i) => i).filter(i => i % threads === index)
  const counting = pipeline('counting')
  counting
    .from(numbers({ partitions, numbers: count, assigned, bounded }), { name: 'numbers' })
    .map(({ partition, n }) => {
      if (incident !== undefined) meet(incident, { directory, index, partition, n })
      return { partition, count: 1 }
    })
    .keyBy(({ partition }) => partition, { partitionKey: true })
    .reduce((sum, one) => ({ partition: one.partition, count: sum.count + one.count }), { name: 'count' })
    .sink(
      forEachBatch(rows => {
        const text = rows.map(row => `${row.partition} ${row.count}\n`).join('')
        appendFileSync(join(directory, 'counts'), text)
      }),
      { name: 'counts' },
    )
  // Nobody else reads the partitions of this thread, so nobody else needs its files.
  const store = { ...fileCheckpointStore({ directory: join(directory, `thread-${index}`) }), shareable: true }
  logger.info('started')
  return run(counting, { store, checkpoint: { intervalMs: 10, records: 500 }, logger })
})
