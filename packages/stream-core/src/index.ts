/** For authors of pipelines. */

export type { Aggregate } from './aggregates/aggregate.ts'
export type { Aggregates } from './aggregates/combine.ts'
export { type CustomAggregate, collect, customAggregate, first, last } from './aggregates/custom.ts'
export { count, max, mean, min, sum } from './aggregates/numeric.ts'
export type { RetractableAggregate, RetractableAggregates } from './aggregates/retractable.ts'
export { type VarianceOptions, variance } from './aggregates/variance.ts'
export type { Change } from './batch/change.ts'
export type { CheckpointStore } from './checkpoint/checkpoint-store.ts'
export { type FileStoreOptions, fileCheckpointStore } from './checkpoint/file-store.ts'
export { type MemoryStoreOptions, memoryCheckpointStore } from './checkpoint/memory-store.ts'
export { forEachBatch } from './connectors/for-each.ts'
export { type FromIterableOptions, fromIterable } from './connectors/from-iterable.ts'
export type { Sink } from './connectors/sink.ts'
export type { BadRecord, Source } from './connectors/source.ts'
export { toArray } from './connectors/to-array.ts'
export type { AsOfJoined, LatestJoined } from './dsl/as-of-joined.ts'
export type {
  BroadcastStream,
  ConnectedKeyedStreams,
  ConnectedStreams,
  KeyedBroadcastStream,
} from './dsl/connected-streams.ts'
export type { CountWindowOptions } from './dsl/count-windows.ts'
export type { BetweenOptions, IntervalJoined, IntervalJoinStart } from './dsl/interval-joined.ts'
export type { KeyedChangeStream } from './dsl/keyed-change-stream.ts'
export type { GlobalWindowOptions, KeyByOptions, KeyedStream, OffsetWindowOptions } from './dsl/keyed-stream.ts'
export { type LookupJoined, type LookupJoinOptions, lookupCache } from './dsl/lookup-joined.ts'
export type { Named } from './dsl/named.ts'
export { from, type Pipeline, pipeline, type Readable } from './dsl/pipeline.ts'
export type { SourceStream } from './dsl/source-stream.ts'
export type {
  AsOfStream,
  ChangeStream,
  EventTimeOptions,
  JoinStream,
  MapAsyncOptions,
  ProcessedStream,
  Stream,
  TimedStream,
  WindowStream,
  WindowUpdateStream,
} from './dsl/stream.ts'
export type { StreamJoined, StreamJoinWindow } from './dsl/stream-joined.ts'
export type {
  SessionByRecordOptions,
  SlidingByRecordOptions,
  StreamTimeStage,
  StreamTimeWindowOptions,
} from './dsl/stream-time-stage.ts'
export type { UpdatingJoined, UpdatingJoinOptions } from './dsl/updating-joined.ts'
export type { WindowJoined, WindowJoinOptions, WindowJoinStart } from './dsl/window-joined.ts'
export type { TimedWindowOptions, WindowOptions } from './dsl/window-options.ts'
export type { WindowedStream, WindowResults } from './dsl/windowed-stream.ts'
export { type CoreErrorCode, type Place, StreamError, type StreamErrorOptions } from './errors.ts'
export type {
  CheckpointMetrics,
  FailureMetrics,
  JobFailure,
  JobMetrics,
  JobState,
  PartitionMetrics,
  SinkMetrics,
} from './metrics/job-metrics.ts'
export { type LogFields, type Logger, silentLogger } from './metrics/logger.ts'
export type { OperatorMetrics } from './metrics/operator-metrics.ts'
export type { AsyncCall, AsyncOptions, AsyncRetry } from './operators/async/async-options.ts'
export type { AsyncFunction } from './operators/async/map-async.ts'
export type { ChangeOptions } from './operators/changelog/change-options.ts'
export type { DeduplicateOptions } from './operators/changelog/deduplicate.ts'
export type { DistinctOptions } from './operators/changelog/distinct.ts'
export type { GroupResult } from './operators/changelog/group-aggregate.ts'
export { ascending, descending, type Orderable, type Ordering } from './operators/changelog/ordering.ts'
export type { Ranked, TopNSize } from './operators/changelog/ranked-rows.ts'
export type { TopNOptions } from './operators/changelog/top-n.ts'
export type { Lookup, LookupCache, LookupCacheOptions } from './operators/joins/lookup-cache.ts'
export type { RowOf } from './operators/joins/row-of.ts'
export type { CoGroupFunction, SideRecord } from './operators/joins/window-co-group.ts'
export { type OutputType, type OutputTypes, output } from './operators/keyed/output-type.ts'
export type {
  AllKeys,
  BroadcastDeclarations,
  BroadcastProcess,
  BroadcastReader,
  BroadcastWriter,
  CoProcess,
  KeyedBroadcastProcess,
  KeyedCoProcess,
  KeyedProcess,
  KeyedProcessContext,
  KeyedProcessOptions,
  ProcessContext,
  ProcessOptions,
  RecordProcess,
} from './operators/keyed/process-function.ts'
export type { EmitStrategy } from './operators/stream-time/emit-strategy.ts'
export {
  type Suppression,
  type TimeLimit,
  type TimeLimitOptions,
  untilTimeLimit,
  untilWindowCloses,
  type WindowClose,
  type WindowCloseOptions,
} from './operators/stream-time/suppression.ts'
export type { EventTime } from './operators/time/assign-event-time.ts'
export type { InvalidTime, InvalidTimeReason, ValidTimes } from './operators/time/valid-times.ts'
export type { Accumulation, WindowContext, WindowFunction } from './operators/windows/window-options.ts'
export type { PlanDescription, StepDescription } from './plan/describe-plan.ts'
export type { Guarantee, GuaranteeLevel, SinkGuarantee, Stage, TaskDecision } from './plan/physical-plan.ts'
export type { CheckpointTriggers } from './runtime/checkpointer.ts'
export type { Job, JobResult } from './runtime/job.ts'
export type { RestartPolicy } from './runtime/restart-policy.ts'
export { type Runnable, type RunOptions, run } from './runtime/run.ts'
export type { StateEvolutionOptions } from './runtime/state-evolution.ts'
export type { WhyAnswer, WhyPartition, WhyQuestion } from './runtime/why.ts'
export {
  type AggregatingState,
  aggregatingState,
  type ReducingState,
  reducingState,
} from './state/folding-state.ts'
export type { Key, KeyPart } from './state/key.ts'
export type { KeyTtl } from './state/key-ttl.ts'
export { type ListState, listState } from './state/list-state.ts'
export { type MapState, mapState, type ReadonlyMapState } from './state/map-state.ts'
export type {
  StateDeclaration,
  StateDeclarations,
  StateHandles,
  StateMigration,
  StateOptions,
  StateSchema,
  TypeTag,
} from './state/state-declaration.ts'
export type { StateTtl, TtlClock } from './state/state-ttl.ts'
export { type ValueState, valueState } from './state/value-state.ts'
export { type Clock, systemClock } from './time/clock.ts'
export { days, formatDuration, hours, milliseconds, minutes, seconds } from './time/duration.ts'
export { punctuated, type WatermarkRules, watermarkPolicy } from './time/own-watermarks.ts'
export {
  ascendingTimes,
  boundedOutOfOrderness,
  sourceWatermarks,
  type WatermarkAlignment,
  type WatermarkPolicy,
  withAlignment,
  withIdleness,
} from './time/watermark-policy.ts'
export { type CalendarOptions, type CalendarUnit, calendar, type Weekday } from './windows/calendar.ts'
export { cumulate } from './windows/cumulate.ts'
export type { EvictionTime, Evictor, TimedRecord } from './windows/evictors/evictor.ts'
export { keepCount } from './windows/evictors/keep-count.ts'
export { keepNear } from './windows/evictors/keep-near.ts'
export { keepTime } from './windows/evictors/keep-time.ts'
export { global } from './windows/global.ts'
export { type SessionGap, sessions } from './windows/session.ts'
export { sliding } from './windows/sliding.ts'
export { afterEndOfWindow, type EarlyAndLate } from './windows/triggers/after-end-of-window.ts'
export { atEnd } from './windows/triggers/at-end.ts'
export { delta } from './windows/triggers/delta.ts'
export { everyCount, everyRecord } from './windows/triggers/every-count.ts'
export { everyEventTime } from './windows/triggers/every-event-time.ts'
export { afterProcessingTime, everyProcessingTime } from './windows/triggers/every-processing-time.ts'
export { never } from './windows/triggers/never.ts'
export { onlyFinal } from './windows/triggers/only-final.ts'
export { purging } from './windows/triggers/purging.ts'
export {
  type MergingTrigger,
  statesOfPart,
  type Trigger,
  type TriggerContext,
  type TriggerDecision,
} from './windows/triggers/trigger.ts'
export { tumbling } from './windows/tumbling.ts'
export type { TimeDomain, TimeWindow, WindowAssigner } from './windows/window-assigner.ts'
export type { Late, LateReason, Pane, PaneTiming, WindowResult } from './windows/window-result.ts'
export type { UpdatedWindow, WindowTombstone, WindowUpdate, WindowValue } from './windows/window-update.ts'
