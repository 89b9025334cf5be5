/** For authors of connectors, operators and stores. Built-ins enter by this door too. */

export type { Accumulator, Aggregate, Fail } from './aggregates/aggregate.ts'
export type { RetractableAccumulator, RetractableAggregate } from './aggregates/retractable.ts'
export { type Batch, copyBatch, type Origin, watermarkBatch } from './batch/batch.ts'
export { BatchBuilder } from './batch/batch-builder.ts'
export type { Change } from './batch/change.ts'
export { jobHasState, unknownCheckpoint } from './checkpoint/archive-errors.ts'
export type {
  CheckpointArchive,
  KeptCheckpoint,
  KeptTask,
  PutOptions,
  SavedCheckpoint,
  SavedTask,
} from './checkpoint/checkpoint-archive.ts'
export type {
  Checkpoint,
  CheckpointStore,
  RestoredTask,
  StoreContext,
  TaskCheckpoint,
  TaskLayout,
} from './checkpoint/checkpoint-store.ts'
export { readSavepoint, writeSavepoint } from './checkpoint/file/savepoint-file.ts'
export { checkKeep } from './checkpoint/retention.ts'
export { rewindJob } from './checkpoint/rewind.ts'
export { type OperatorState, operatorStates } from './checkpoint/snapshot-format.ts'
export { advanceTask, NEW_TASK, restoredTask, type StoredTask } from './checkpoint/stored-task.ts'
export type { SealedOutput, Sink, SinkContext, SinkTask, SinkWriter, TransactionScope } from './connectors/sink.ts'
export type {
  BadRecord,
  PartitionReader,
  Position,
  Source,
  SourceBatch,
  SourceContext,
  SourceMarks,
  SourceSession,
} from './connectors/source.ts'
export { CRASH_POINTS, type CrashPoint, type PointWatcher, reachPoint, watchPoints } from './crash-points.ts'
export { isRetryable, messageOf, type Place, StreamError, type StreamErrorOptions } from './errors.ts'
export { type LogFields, type Logger, silentLogger } from './metrics/logger.ts'
export { createOperatorMetrics, type OperatorMetrics } from './metrics/operator-metrics.ts'
export { nearestName } from './nearest-name.ts'
export type {
  AsyncOperator,
  Inspection,
  InspectionAnswer,
  KeySelector,
  Operator,
  OperatorContext,
  OperatorSpec,
  Output,
  PartitionProgress,
  SnapshotScope,
  StateSweep,
} from './operators/operator.ts'
export { checkKey, decodeKey, encodeKey, type Key, type KeyPart } from './state/key.ts'
export { StateReader } from './state/state-reader.ts'
export { StateWriter } from './state/state-writer.ts'
export { type Clock, systemClock } from './time/clock.ts'
export { IdlenessTimer } from './time/idleness-timer.ts'
export { WatermarkMultiplexer, type WatermarkSink } from './time/watermark-multiplexer.ts'
export type { WatermarkGenerator } from './time/watermark-policy.ts'
export { WatermarkTracker } from './time/watermark-tracker.ts'
export { type MergedWindows, mergeWindows, windowsIntersect } from './windows/session.ts'
export { type StreamTimeWindows, streamTimeWindows } from './windows/stream-time-windows.ts'
export type { SlicedWindows, TimeDomain, TimeWindow, WindowAssigner } from './windows/window-assigner.ts'
