import {
  type AsyncOperator,
  type Batch,
  createOperatorMetrics,
  type Inspection,
  type InspectionAnswer,
  type Key,
  messageOf,
  type Operator,
  type OperatorMetrics,
  type OperatorSpec,
  type Origin,
  type SnapshotScope,
  StateReader,
  type StateSweep,
  StateWriter,
  StreamError,
} from '@rtp/stream-core/extend'
import { OutputLog, spoilBatch } from './output-log.ts'
import type { InputItem, InputPlace, OutputItem } from './script.ts'

export interface HarnessOptions {
  /** The node's name. Default: the spec's kind. */
  readonly name?: string
  /** Side outputs that somebody consumes. Default: all of the spec's. */
  readonly sides?: readonly string[]
  /** Partitions that the task reads. Default: one, `input/0`. */
  readonly origins?: readonly Origin[]
  /** Stands in for the check that a key belongs to this task. Default: every key does. */
  readonly checkOwner?: (key: Key) => void
}

/** One running operator under test: what goes in, what comes out, and what happens between. */
export interface OperatorHarness<In, Out> {
  /** Feeds one item in a batch of its own. */
  feed(item: InputItem<In>): void
  /** Feeds one record, under the input's present watermark. */
  record(value: In, time?: number, place?: InputPlace): void
  /** Moves the input's watermark. */
  watermark(time: number, place?: InputPlace): void
  idle(place?: InputPlace): void
  active(place?: InputPlace): void
  /** Says that no record has come for a while. */
  quiet(): void
  /** Feeds a batch as it is; it is spoilt afterwards, as its loan ends with the call. */
  batch(batch: Batch<In>, input?: number): void
  /** Moves wall-clock time to `epochMs` and tells the operator; also that it is quiet, once its `quietAfterMs` has passed without a record. */
  processingTime(epochMs: number): void
  /** Resolves when an asynchronous operator takes more; at once for any other. */
  ready(): Promise<void>
  /** Resolves when everything fed so far has been pushed on. */
  drain(): Promise<void>
  /** True when a snapshot would hold everything that is not pushed on yet. */
  snapshotsInFlight(): boolean
  /** Main output since the last call. */
  take(): OutputItem<Out>[]
  /** Output of a side since the last call. */
  takeSide(name: string): OutputItem<unknown>[]
  snapshot(scope: SnapshotScope): Uint8Array
  /** Begins a sweep: one entry a piece, at most, with each call of what it returns; undefined behind the last. Of an operator without sweeps it is a snapshot of everything. */
  sweep(): () => Uint8Array | undefined
  /** Throws the operator away and starts a fresh copy from these snapshots, oldest first. Outputs and inputs' watermarks stay. */
  restart(snapshots: readonly Uint8Array[]): void
  /** What the operator waits for; undefined where it cannot say. */
  inspect(question?: Inspection): InspectionAnswer | undefined
  /** Counters of the copy that runs now. */
  readonly metrics: OperatorMetrics
}

/** Runs a copy of an operator item by item. `verifyOperator` is the shorter way to most tests. */
export function operatorHarness<In, Out>(
  spec: OperatorSpec<In, Out>,
  options: HarnessOptions = {},
): OperatorHarness<In, Out> {
  const name = options.name ?? spec.kind
  const origins = options.origins ?? ONE_ORIGIN
  const sideNames = options.sides ?? spec.sideOutputs ?? []
  const main = new OutputLog<Out>(name)
  const sides = new Map(sideNames.map(side => [side, new OutputLog<unknown>(`${name}.${side}`)]))
  const inputs: InputState[] = []
  let metrics = createOperatorMetrics()
  let stop = () => {}
  let operator = start()
  let now = 0
  let quietAt = Number.POSITIVE_INFINITY

  function start(): Operator<In> | AsyncOperator<In> {
    stop()
    let isLive = true
    stop = () => {
      isLive = false
      if ('close' in operator) operator.close?.()
    }
    metrics = createOperatorMetrics()
    // What an abandoned asynchronous copy still finishes reaches nobody.
    const guarded = <T>(log: OutputLog<T>) => ({ push: (batch: Batch<T>) => (isLive ? log.push(batch) : undefined) })
    return spec.start({
      name,
      output: guarded(main),
      side: side => {
        const log = sides.get(side)
        return log === undefined ? undefined : guarded(log)
      },
      origins,
      metrics,
      fail: (cause, batch, at) => fail(name, cause, batch, at),
      checkOwner: options.checkOwner ?? (() => {}),
    })
  }

  function input(index: number): InputState {
    inputs[index] ??= { watermark: Number.NEGATIVE_INFINITY, isIdle: false, offset: 0 }
    return inputs[index]
  }

  function feed(batch: Batch<In>, index: number): void {
    const state = input(index)
    state.watermark = batch.watermark
    state.isIdle = batch.idle
    state.offset += batch.size
    if (batch.size > 0) quietAt = now + (spec.quietAfterMs ?? Number.POSITIVE_INFINITY)
    tellTime()
    operator.onBatch(batch, index)
    spoilBatch(batch)
  }

  function tellTime(): void {
    if (spec.usesProcessingTime === true) operator.onProcessingTime?.(now)
  }

  function feedStatus(place: InputPlace, watermark: number, idle: boolean): void {
    feed({ ...batchOf<In>([]), watermark, idle, origin: originOf(place) }, place.input ?? 0)
  }

  function originOf(place: InputPlace): Origin | undefined {
    return origins[place.partition ?? 0]
  }

  const harness: OperatorHarness<In, Out> = {
    feed(item) {
      if ('quiet' in item) harness.quiet()
      else if ('processingTime' in item) harness.processingTime(item.processingTime)
      else if ('value' in item) harness.record(item.value, item.time, item)
      else if ('watermark' in item) harness.watermark(item.watermark, item)
      else if ('idle' in item) harness.idle(item)
      else harness.active(item)
    },
    record(value, time = Number.NaN, place = {}) {
      const { watermark, offset } = input(place.input ?? 0)
      const columns = { times: [time], watermarks: [watermark], offsets: [offset] }
      feed({ ...batchOf([value], columns), watermark, origin: originOf(place) }, place.input ?? 0)
    },
    watermark: (time, place = {}) => feedStatus(place, time, input(place.input ?? 0).isIdle),
    idle: (place = {}) => feedStatus(place, input(place.input ?? 0).watermark, true),
    active: (place = {}) => feedStatus(place, input(place.input ?? 0).watermark, false),
    quiet: () => operator.onQuiet?.(),
    batch: (batch, index = 0) => feed(batch, index),
    processingTime(epochMs) {
      now = epochMs
      tellTime()
      if (now < quietAt) return
      quietAt = Number.POSITIVE_INFINITY
      operator.onQuiet?.()
    },
    async ready() {
      if ('ready' in operator) await operator.ready()
    },
    async drain() {
      if ('drain' in operator) await operator.drain()
    },
    snapshotsInFlight: () => !('drain' in operator) || operator.snapshotsInFlight?.() === true,
    take: () => main.take(),
    takeSide(side) {
      const log = sides.get(side)
      if (log === undefined) throw new StreamError('SIDE_UNKNOWN', `${name} has no consumed side output "${side}".`)
      return log.take()
    },
    snapshot(scope) {
      const state = new StateWriter()
      operator.snapshot?.(state, scope)
      return state.take().slice()
    },
    sweep() {
      const sweep = operator.sweep?.() ?? wholeSweep(harness)
      return () => {
        const state = new StateWriter()
        return sweep.next(state, 1) ? state.take().slice() : undefined
      }
    },
    restart(snapshots) {
      operator = start()
      for (const snapshot of snapshots) restore(operator, name, snapshot)
      operator.restored?.()
    },
    inspect: (question = {}) => operator.inspect?.(question),
    get metrics() {
      return metrics
    },
  }
  return harness
}

export const ONE_ORIGIN: readonly Origin[] = [{ source: 'input', partition: 'input/0', index: 0 }]

interface InputState {
  watermark: number
  isIdle: boolean
  offset: number
}

/** A batch of these records, before any watermark; columns may be left out. */
export function batchOf<T>(
  values: readonly T[],
  columns: {
    readonly times?: readonly number[]
    readonly watermarks?: readonly number[]
    readonly offsets?: readonly number[]
  } = {},
): Batch<T> {
  const size = values.length
  return {
    values: [...values],
    times: Float64Array.from(columns.times ?? new Array<number>(size).fill(Number.NaN)),
    watermarks: Float64Array.from(columns.watermarks ?? new Array<number>(size).fill(Number.NEGATIVE_INFINITY)),
    offsets: Float64Array.from(columns.offsets ?? values.keys()),
    size,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin: undefined,
  }
}

/** What the runtime does for an operator that cannot be swept. */
function wholeSweep(harness: OperatorHarness<never, unknown>): StateSweep {
  let left = [harness.snapshot('all')]
  return {
    next(state) {
      for (const byte of left[0] ?? []) state.uint8(byte)
      const isThere = left.length > 0
      left = []
      return isThere
    },
  }
}

function restore(operator: Operator<never>, name: string, snapshot: Uint8Array): void {
  if (operator.restore === undefined) {
    if (snapshot.length === 0) return
    throw new StreamError('STATE_INVALID', `${name} writes ${snapshot.length} bytes of state and has no restore().`)
  }
  // An operator that wrote nothing may have to be told so: its restore is called all the same.
  const state = new StateReader(snapshot)
  operator.restore(state)
  if (!state.done) {
    throw new StreamError(
      'STATE_INVALID',
      `${name} wrote more state than its restore() reads. Read every field written.`,
    )
  }
}

function fail(name: string, cause: unknown, batch: Batch<unknown>, at: number): never {
  if (cause instanceof StreamError) throw cause
  const place = {
    operator: name,
    source: batch.origin?.source,
    partition: batch.origin?.partition,
    offset: batch.offsets[at],
  }
  throw new StreamError('USER_FUNCTION_FAILED', `${name}: ${messageOf(cause)}`, { cause, place })
}
