import type { Key } from '../../state/key.ts'
import type { MapState, ReadonlyMapState } from '../../state/map-state.ts'
import type { StateDeclaration, StateDeclarations, StateHandles } from '../../state/state-declaration.ts'
import type { OutputType, OutputTypes, RecordOf } from './output-type.ts'

/** No state, or no outputs, declared. */
export type None = Readonly<Record<never, never>>

/** What user code is given in every call; valid during that call only. */
export interface ProcessContext<R, S extends OutputTypes = None> {
  /** Event time of the record, or the time of an event-time timer, epoch ms; NaN without event time and for timers of the wall clock. */
  readonly time: number
  /** The watermark in effect, epoch ms; -Infinity before any. In a timer's call, the one that released it. */
  readonly watermark: number
  /** Wall-clock time, epoch ms: never goes back. Needs `usesProcessingTime` or `onProcessingTimer`, since results then depend on when the job ran. */
  readonly processingTime: number
  /** Emits with the event time of the record or timer. */
  emit(value: R): void
  /** Emits to a side output declared in `sides`, like `emit`. */
  emitTo<Name extends keyof S & string>(side: Name, value: RecordOf<S[Name]>): void
}

/** What belongs to the key of the record or timer. */
export interface KeyedProcessContext<K extends Key, R, D extends StateDeclarations = None, S extends OutputTypes = None>
  extends ProcessContext<R, S> {
  readonly key: K
  readonly state: StateHandles<D>
  /**
   * Registers an event-time timer for this key; the same time twice is one timer. One at or behind the watermark fires at once after this call.
   */
  setTimer(time: number): void
  deleteTimer(time: number): void
  /** Registers a timer of the wall clock, epoch ms, apart from those of event time. One that is due fires at once after this call. */
  setProcessingTimer(time: number): void
  deleteProcessingTimer(time: number): void
}

/** What all process functions declare. */
export interface ProcessOptions<R, S extends OutputTypes> {
  /** The type of what `emit` takes: `output<Total>()`. Without it, the type must be given to process() or is unknown. */
  readonly emits?: OutputType<R>
  /** Side outputs by name. */
  readonly sides?: S
  /** Set to read `context.processingTime`. Default: true with `onProcessingTimer`, else false. */
  readonly usesProcessingTime?: boolean
}

/** What process functions of keyed streams have in common. */
export interface KeyedProcessOptions<Context, R, D extends StateDeclarations, S extends OutputTypes>
  extends ProcessOptions<R, S> {
  /** The state of a key, by name; names and kinds are part of checkpoints. */
  readonly state?: D
  /**
   * Called when the watermark reaches `time`, before any later record; in order of time. The end of the input is the watermark +Infinity, which
   * reaches every timer: one that always sets the next stops when `context.watermark` is +Infinity.
   */
  onTimer?(time: number, context: Context): void
  /**
   * Called when the wall clock reaches `time`; in order of time. Its results have no event time. Timers that wait when the input ends never fire.
   */
  onProcessingTimer?(time: number, context: Context): void
}

/** User code with state and timers for each key, as Flink's KeyedProcessFunction. Functions are synchronous; what they emit comes out in order. */
export interface KeyedProcess<
  K extends Key,
  T,
  R,
  D extends StateDeclarations = StateDeclarations,
  S extends OutputTypes = None,
> extends KeyedProcessOptions<KeyedProcessContext<K, R, D, S>, R, D, S> {
  onRecord(value: T, context: KeyedProcessContext<K, R, D, S>): void
}

/**
 * User code over two streams with one key, as Flink's KeyedCoProcessFunction: both share the key's state and timers. The watermark is the lower one
 * of the two inputs.
 */
export interface KeyedCoProcess<
  K extends Key,
  A,
  B,
  R,
  D extends StateDeclarations = StateDeclarations,
  S extends OutputTypes = None,
> extends KeyedProcessOptions<KeyedProcessContext<K, R, D, S>, R, D, S> {
  onFirst(value: A, context: KeyedProcessContext<K, R, D, S>): void
  onSecond(value: B, context: KeyedProcessContext<K, R, D, S>): void
}

/** User code for each record of a stream without a key. */
export interface RecordProcess<T, R, S extends OutputTypes = None> extends ProcessOptions<R, S> {
  onRecord(value: T, context: ProcessContext<R, S>): void
}

/** User code for the records of two streams without a key, as Flink's CoProcessFunction. It keeps nothing: state belongs to a key. */
export interface CoProcess<A, B, R, S extends OutputTypes = None> extends ProcessOptions<R, S> {
  onFirst(value: A, context: ProcessContext<R, S>): void
  onSecond(value: B, context: ProcessContext<R, S>): void
}

/** Broadcast state, by name: maps that all keys see. They cannot have a TTL. */
export type BroadcastDeclarations = Readonly<Record<string, StateDeclaration<MapState<unknown, unknown>>>>

/** Broadcast state as records see it. */
export type ReadonlyBroadcast<B extends BroadcastDeclarations> = {
  readonly [Name in keyof B]: B[Name] extends StateDeclaration<MapState<infer Field, infer V>>
    ? ReadonlyMapState<Field, V>
    : never
}

export interface BroadcastReader<B extends BroadcastDeclarations> {
  /** What the broadcast stream has written so far. */
  readonly broadcast: ReadonlyBroadcast<B>
}

export interface BroadcastWriter<B extends BroadcastDeclarations> {
  readonly broadcast: StateHandles<B>
}

/** Gives the state of every key to a broadcast record. */
export interface AllKeys<K extends Key, D extends StateDeclarations> {
  /**
   * Calls `visit` for each key that keeps state, which it may read and write, in an order that depends on the keys alone. As Flink's
   * applyToKeyedState; takes as long as there are keys.
   */
  forEachKey(visit: (key: K, state: StateHandles<D>) => void): void
}

/**
 * User code over a keyed stream and a stream that every key sees, e.g. of rules, as Flink's KeyedBroadcastProcessFunction. One task runs it. The
 * watermark is the lower one of the two inputs: a broadcast stream that is silent for long should be idle (`withIdleness`), or end.
 */
export interface KeyedBroadcastProcess<
  K extends Key,
  T,
  U,
  R,
  B extends BroadcastDeclarations,
  D extends StateDeclarations = StateDeclarations,
  S extends OutputTypes = None,
> extends KeyedProcessOptions<KeyedProcessContext<K, R, D, S> & BroadcastReader<B>, R, D, S> {
  readonly broadcast: B
  onRecord(value: T, context: KeyedProcessContext<K, R, D, S> & BroadcastReader<B>): void
  onBroadcast(value: U, context: ProcessContext<R, S> & BroadcastWriter<B> & AllKeys<K, D>): void
}

/** User code over a stream without a key and a broadcast stream, as Flink's BroadcastProcessFunction. One task runs it. */
export interface BroadcastProcess<T, U, R, B extends BroadcastDeclarations, S extends OutputTypes = None>
  extends ProcessOptions<R, S> {
  readonly broadcast: B
  onRecord(value: T, context: ProcessContext<R, S> & BroadcastReader<B>): void
  onBroadcast(value: U, context: ProcessContext<R, S> & BroadcastWriter<B>): void
}
