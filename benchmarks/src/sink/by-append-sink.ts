import { float8, int4, int8, jsonb, postgres, timestamptz } from '@rtp/sinks-postgres'
import { fromIterable, pipeline, run } from '@rtp/stream-core'
import type { Batch, SealedOutput, Sink } from '@rtp/stream-core/extend'
import { BATCH_RECORDS } from '../harness/batches.ts'
import { sinkContext } from '../harness/sink-context.ts'
import { type Taken, timed } from '../harness/stopwatch.ts'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { ROW_TABLE } from './row-table.ts'

/** The columns as a user of the package writes them. */
export const ROW_SINK_COLUMNS = {
  event_time: timestamptz((row: Row) => row.eventTime),
  sensor_id: int8((row: Row) => row.sensorId),
  value: float8((row: Row) => row.value),
  payload: jsonb((row: Row) => row.payload, { raw: true }),
  kafka_partition: int4((row: Row) => row.partition),
  kafka_offset: int8((row: Row) => row.offset),
}

/** The sink as the engine drives it, each cut committed by itself, while the next is filled. */
export async function byAppendSink(url: string, batches: readonly Batch<Row>[]): Promise<Taken> {
  const writer = await postgres({ url }).append<Row>(ROW_TABLE, ROW_SINK_COLUMNS).open(sinkContext())
  const taken = await timed(() => inCuts(batches, writer, part => part.flush()))
  await writer.close()
  return taken
}

/** A whole job over the rows, from its start to its end: the engine, the sink and the store with its compare-and-set. */
export async function byPipeline(url: string, rows: readonly Row[]): Promise<Taken> {
  const db = postgres({ url })
  const job = pipeline(`bench-pipeline-${process.pid}-${nextJob++}`)
  job.from(fromIterable(rows, { batchSize: BATCH_RECORDS })).sink(db.append<Row>(ROW_TABLE, ROW_SINK_COLUMNS))
  return timed(() => run(job, { store: db.checkpoints(), checkpoint: { records: TRANSACTION_ROWS } }).done)
}

/** Writes batches and commits every cut of TRANSACTION_ROWS; one commit is under way while the next cut is written. */
export async function inCuts(
  batches: readonly Batch<Row>[],
  writer: Awaited<ReturnType<Sink<Row>['open']>>,
  commit: (part: SealedOutput) => Promise<void>,
): Promise<void> {
  let underWay: Promise<void> = Promise.resolve()
  for (const [i, batch] of batches.entries()) {
    writer.write(batch)
    await writer.ready()
    if ((i + 1) % (TRANSACTION_ROWS / BATCH_RECORDS) !== 0 && i + 1 < batches.length) continue
    const part = writer.seal()
    await underWay
    if (part !== undefined) underWay = commit(part)
  }
  await underWay
}

let nextJob = 0
