import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { Late, WindowResult } from '../../windows/window-result.ts'
import type {
  Inspection,
  InspectionAnswer,
  KeySelector,
  Operator,
  OperatorContext,
  OperatorSpec,
  Output,
  SnapshotScope,
  StateSweep,
} from '../operator.ts'
import type { WindowContext, WindowSpec } from '../windows/window-options.ts'
import { LATE_OUTPUT } from '../windows/window-output.ts'
import { windowProcess } from '../windows/window-process.ts'
import { type Combine, type JoinKind, keepsUnmatched } from './join-kind.ts'
import { LATE_SIDES } from './late-side.ts'

/** A record of one of two inputs, as their common windows hold it. */
export type SideRecord<L, R> =
  | { readonly side: 'left'; readonly value: L }
  | { readonly side: 'right'; readonly value: R }

/** Makes the results of a window from the records of both sides, in order of arrival; either array may be empty, but not both. */
export type CoGroupFunction<K extends Key, L, R, O> = (
  left: readonly L[],
  right: readonly R[],
  window: WindowContext<K>,
) => Iterable<O>

/**
 * Collects the records of two inputs in common windows, and makes results of both groups, as Flink's CoGroupedStreams: the union of both inputs, each record
 * with its side, in windows of any kind. A window emits when the watermark of both inputs passes its end, by whatever trigger it has.
 */
export function windowCoGroup<L, R, O>(
  keys: readonly [KeySelector<L>, KeySelector<R>],
  windows: Omit<WindowSpec<SideRecord<L, R>>, 'key'>,
  fn: CoGroupFunction<Key, L, R, O>,
): OperatorSpec<L | R, WindowResult<Key, O>> {
  const { key: _, ...spec } = windowProcess<SideRecord<L, R>, O>(
    { ...windows, key: { of: record => keyOf(keys, record), isPartitionKey: false } },
    {
      function: ((records: readonly SideRecord<L, R>[], window: WindowContext<Key>) =>
        inTwo(fn, records, window)) as never,
    },
  )
  return {
    ...spec,
    kind: 'windowJoin',
    keys,
    sideOutputs: LATE_SIDES,
    start: context =>
      new WindowCoGroupOperator<L, R, O>(inner => spec.start(inner) as Operator<SideRecord<L, R>>, context),
  }
}

/** The function of a join of a window's two groups: every pair, and what has no partner where `kind` says so. */
export function joinGroups<L, R, O>(kind: JoinKind, combine: Combine<L, R, O>): CoGroupFunction<Key, L, R, O> {
  return function* (left, right) {
    for (const one of left) for (const other of right) yield combine(one, other)
    if (right.length === 0 && keepsUnmatched(kind, 0)) for (const one of left) yield combine(one, null)
    if (left.length === 0 && keepsUnmatched(kind, 1)) for (const other of right) yield combine(null, other)
  }
}

/** Windows over the union of two inputs: it gives records their side before, and late ones back to their side behind. */
class WindowCoGroupOperator<L, R, O> implements Operator<L | R> {
  readonly #context: OperatorContext<WindowResult<Key, O>>
  readonly #windows: Operator<SideRecord<L, R>>
  readonly #tracker = new WatermarkTracker(2)

  constructor(
    start: (context: OperatorContext<WindowResult<Key, O>>) => Operator<SideRecord<L, R>>,
    context: OperatorContext<WindowResult<Key, O>>,
  ) {
    const [left, right] = LATE_SIDES.map(name => context.side(name) as Output<Late<L | R>> | undefined)
    const late = left === undefined && right === undefined ? undefined : new LateSplitter<L, R>(left, right)
    this.#context = context
    this.#windows = start({
      ...context,
      side: name => (name === LATE_OUTPUT ? (late as Output<unknown> | undefined) : undefined),
    })
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    const side = input === 0 ? 'left' : 'right'
    const { size, values } = batch as Batch<unknown>
    for (let at = 0; at < size; at++) values[at] = { side, value: values[at] }
    this.#windows.onBatch(batch as Batch<unknown> as Batch<SideRecord<L, R>>, 0)
  }

  onProcessingTime(time: number): void {
    this.#windows.onProcessingTime?.(time)
  }

  get nextProcessingTime(): number {
    return this.#windows.nextProcessingTime ?? Number.POSITIVE_INFINITY
  }

  onQuiet(): void {
    this.#windows.onQuiet?.()
  }

  inspect(question: Inspection): InspectionAnswer | undefined {
    return this.#windows.inspect?.(question)
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#windows.snapshot?.(state, scope)
  }

  sweep(): StateSweep {
    const sweep = this.#windows.sweep!()
    return {
      next: (state, most) => {
        this.#writeHead(state)
        return sweep.next(state, most)
      },
    }
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#tracker.read(state)
    this.#windows.restore?.(state)
  }

  restored(): void {
    this.#windows.restored?.()
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION)
    this.#tracker.write(state)
  }
}

/** Gives late records back to the side that they came from. */
class LateSplitter<L, R> implements Output<Late<SideRecord<L, R>>> {
  readonly #sides: Readonly<Record<'left' | 'right', Output<Late<L | R>> | undefined>>
  readonly #records = { left: new BatchBuilder<Late<L | R>>(), right: new BatchBuilder<Late<L | R>>() }

  constructor(left: Output<Late<L | R>> | undefined, right: Output<Late<L | R>> | undefined) {
    this.#sides = { left, right }
  }

  push(batch: Batch<Late<SideRecord<L, R>>>): void {
    for (let at = 0; at < batch.size; at++) {
      const { value: record, ...late } = batch.values[at]!
      const own: Late<L | R> = { ...late, value: record.value }
      this.#records[record.side].add(own, batch.times[at]!, batch.watermarks[at]!, batch.offsets[at]!)
    }
    for (const side of ['left', 'right'] as const) {
      this.#sides[side]?.push(this.#records[side].take(batch.watermark, batch.idle))
    }
  }
}

function keyOf<L, R>([left, right]: readonly [KeySelector<L>, KeySelector<R>], record: SideRecord<L, R>): Key {
  return record.side === 'left' ? left.of(record.value) : right.of(record.value)
}

function inTwo<L, R, O>(
  fn: CoGroupFunction<Key, L, R, O>,
  records: readonly SideRecord<L, R>[],
  window: WindowContext<Key>,
): Iterable<O> {
  const left: L[] = []
  const right: R[] = []
  for (const record of records) {
    if (record.side === 'left') left.push(record.value)
    else right.push(record.value)
  }
  return fn(left, right, window)
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
