import { float8, int8, postgres, timestamptz } from '@rtp/sinks-postgres'
import type { Batch } from '@rtp/stream-core/extend'
import { toBatches } from '../harness/batches.ts'
import { sinkContext } from '../harness/sink-context.ts'
import { type Taken, timed } from '../harness/stopwatch.ts'
import { inCuts, ROW_SINK_COLUMNS } from './by-append-sink.ts'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { ROW_TABLE } from './row-table.ts'
import { type SensorWindow, STATE, WINDOW_TABLE, windowsOf } from './window-result.ts'

/** Rows, with or without the upserts and the state of a job with windows, in one transaction with the positions: what a checkpoint is. */
export async function byCheckpoints(
  url: string,
  batches: readonly Batch<Row>[],
  contents: 'rows and positions' | 'rows, positions, upserts and state',
): Promise<Taken> {
  const isWhole = contents === 'rows, positions, upserts and state'
  const db = postgres({ url })
  const context = { ...sinkContext(), job: `bench-${process.pid}-${nextJob++}` }
  const rows = await db.append<Row>(ROW_TABLE, ROW_SINK_COLUMNS).open(context)
  const windows = await db
    .upsert<SensorWindow>(WINDOW_TABLE, WINDOW_COLUMNS, { key: ['sensor_id', 'window_start'] })
    .open(context)
  const store = db.checkpoints()
  await store.open(context)
  const [task] = await store.acquire(['0'])
  const snapshot = isWhole ? STATE : Buffer.alloc(0)
  let sequence = task!.sequence
  let previous = task!.positions
  const taken = await timed(() =>
    inCuts(batches, rows, part => {
      if (isWhole) for (const batch of toBatches(windowsOf(sequence))) windows.write(batch)
      const results = windows.seal()
      sequence++
      const positions = new Map([['rows/0', sequence * TRANSACTION_ROWS]])
      const layout = { mode: 'single', partitions: { rows: 1 } } as const
      const moved = { task: '0', epoch: task!.epoch, sequence, previous, positions, layout, snapshot, needs: 0 }
      previous = positions
      return store.commit({ job: context.job, tasks: [moved] }, results === undefined ? [part] : [part, results])
    }),
  )
  await rows.close()
  await windows.close()
  await store.close()
  return taken
}

const WINDOW_COLUMNS = {
  sensor_id: int8((window: SensorWindow) => window.sensorId),
  window_start: timestamptz((window: SensorWindow) => window.windowStart),
  count: int8((window: SensorWindow) => window.count),
  mean: float8((window: SensorWindow) => window.mean),
}

let nextJob = 0
