import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as extend from '../src/extend.ts'
import * as index from '../src/index.ts'

/** Names of an entry as its file lists them, `type` before those that exist for the compiler alone. */
function exportsOf(file: string): string[] {
  const text = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
  return [...text.matchAll(/export (type )?\{([^}]*)\}/g)]
    .flatMap(([, type = '', names = '']) =>
      names
        .split(',')
        .map(name => name.trim())
        .filter(name => name !== '')
        .map(name => (name.startsWith('type ') ? name : `${type}${name}`)),
    )
    .sort()
}

/** Adding a name is a minor release, taking one away or renaming it a major one: change this list on purpose. */
describe('the public names', () => {
  it('of the entry for authors of pipelines are these', () => {
    expect(exportsOf('index.ts')).toMatchInlineSnapshot(`
      [
        "StreamError",
        "ascendingTimes",
        "boundedOutOfOrderness",
        "collect",
        "count",
        "customAggregate",
        "days",
        "fileCheckpointStore",
        "first",
        "forEachBatch",
        "formatDuration",
        "from",
        "fromIterable",
        "hours",
        "last",
        "listState",
        "mapState",
        "max",
        "mean",
        "memoryCheckpointStore",
        "milliseconds",
        "min",
        "minutes",
        "pipeline",
        "punctuated",
        "run",
        "seconds",
        "silentLogger",
        "sum",
        "systemClock",
        "toArray",
        "type Aggregate",
        "type Aggregates",
        "type BadRecord",
        "type Change",
        "type CheckpointMetrics",
        "type CheckpointStore",
        "type CheckpointTriggers",
        "type Clock",
        "type CoreErrorCode",
        "type CustomAggregate",
        "type EventTime",
        "type EventTimeOptions",
        "type FileStoreOptions",
        "type FromIterableOptions",
        "type Guarantee",
        "type GuaranteeLevel",
        "type InvalidTime",
        "type InvalidTimeReason",
        "type Job",
        "type JobMetrics",
        "type JobResult",
        "type JobState",
        "type Key",
        "type KeyByOptions",
        "type KeyPart",
        "type KeyedProcess",
        "type KeyedProcessContext",
        "type KeyedStream",
        "type Late",
        "type LateReason",
        "type ListState",
        "type LogFields",
        "type Logger",
        "type MapAsyncOptions",
        "type MapState",
        "type Named",
        "type OperatorMetrics",
        "type Pane",
        "type PaneTiming",
        "type PartitionMetrics",
        "type Pipeline",
        "type Place",
        "type Readable",
        "type RestartPolicy",
        "type RunOptions",
        "type Runnable",
        "type Sink",
        "type SinkMetrics",
        "type Source",
        "type SourceStream",
        "type Stream",
        "type StreamErrorOptions",
        "type TimedStream",
        "type TumblingWindowOptions",
        "type ValidTimes",
        "type ValueState",
        "type VarianceOptions",
        "type WatermarkAlignment",
        "type WatermarkPolicy",
        "type WatermarkRules",
        "type WindowResult",
        "type WindowStream",
        "type WindowedStream",
        "valueState",
        "variance",
        "watermarkPolicy",
        "withAlignment",
        "withIdleness",
      ]
    `)
  })

  it('of the entry for authors of connectors, operators and stores are these', () => {
    expect(exportsOf('extend.ts')).toMatchInlineSnapshot(`
      [
        "BatchBuilder",
        "IdlenessTimer",
        "StateReader",
        "StateWriter",
        "StreamError",
        "WatermarkMultiplexer",
        "WatermarkTracker",
        "checkKey",
        "copyBatch",
        "createOperatorMetrics",
        "decodeKey",
        "encodeKey",
        "isRetryable",
        "messageOf",
        "silentLogger",
        "systemClock",
        "type Accumulator",
        "type Aggregate",
        "type AsyncOperator",
        "type BadRecord",
        "type Batch",
        "type Checkpoint",
        "type CheckpointStore",
        "type Clock",
        "type Fail",
        "type Inspection",
        "type InspectionAnswer",
        "type Key",
        "type KeyPart",
        "type KeySelector",
        "type LogFields",
        "type Logger",
        "type Operator",
        "type OperatorContext",
        "type OperatorMetrics",
        "type OperatorSpec",
        "type Origin",
        "type Output",
        "type PartitionProgress",
        "type PartitionReader",
        "type Place",
        "type Position",
        "type RestoredTask",
        "type SealedOutput",
        "type Sink",
        "type SinkContext",
        "type SinkWriter",
        "type SlicedWindows",
        "type SnapshotScope",
        "type Source",
        "type SourceBatch",
        "type SourceContext",
        "type SourceSession",
        "type StoreContext",
        "type StreamErrorOptions",
        "type TaskCheckpoint",
        "type TaskLayout",
        "type TimeDomain",
        "type TimeWindow",
        "type TransactionScope",
        "type WatermarkGenerator",
        "type WatermarkSink",
        "type WindowAssigner",
        "watermarkBatch",
      ]
    `)
  })

  it('are there at run time too, and no others', () => {
    for (const [file, entry] of [
      ['index.ts', index],
      ['extend.ts', extend],
    ] as const) {
      expect(Object.keys(entry).sort()).toEqual(exportsOf(file).filter(name => !name.startsWith('type ')))
    }
  })
})
