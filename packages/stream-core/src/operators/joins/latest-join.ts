import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { Operator, OperatorContext, OperatorSpec, SnapshotScope, StateSweep } from '../operator.ts'
import type { AsOfJoinOptions } from './as-of-join.ts'
import { type KeyEntry, KeyTable } from './key-table.ts'
import { isPut, opOf, type RowOf, rowOf } from './row-of.ts'

/**
 * Joins each left record, when it comes, with the row of its key that the right input has put last; with null where there is none (left join). The
 * processing-time form of `asOfJoin`: no time is looked at, and results depend on the order in which the two inputs are read.
 */
export function latestJoin<L, R, O>(options: AsOfJoinOptions<L, R, O>): OperatorSpec<L | R, O> {
  return {
    kind: 'latestJoin',
    stateful: true,
    keys: options.keys,
    detail: `${options.kind}; latest right row when the left record comes`,
    start: context => new LatestJoinOperator<L, R, O>(options, context),
  }
}

/** The row of one key. */
class LatestRow implements KeyEntry {
  readonly key: Key
  changed = false
  isEmpty = true
  value: unknown

  constructor(key: Key) {
    this.key = key
  }
}

class LatestJoinOperator<L, R, O> implements Operator<L | R> {
  readonly #options: AsOfJoinOptions<L, R, O>
  readonly #context: OperatorContext<O>
  readonly #tracker = new WatermarkTracker(2)
  readonly #table: KeyTable<LatestRow>
  readonly #results = new BatchBuilder<O>()

  constructor(options: AsOfJoinOptions<L, R, O>, context: OperatorContext<O>) {
    this.#options = options
    this.#context = context
    this.#table = new KeyTable<LatestRow>(options.keys, context, {
      make: key => new LatestRow(key),
      write: (entry, state) => void state.value(entry.value),
      read: (entry, state) => {
        entry.value = state.value()
        entry.isEmpty = false
      },
    })
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    for (let at = 0; at < batch.size; at++) {
      try {
        if (input === 0) this.#join(batch, at)
        else this.#put(batch, at)
      } catch (cause) {
        this.#context.fail(cause, batch, at)
      }
    }
    this.#context.output.push(this.#results.take(batch.watermark, batch.idle))
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#table.write(state, scope)
  }

  sweep(): StateSweep {
    return this.#table.sweep(state => this.#writeHead(state))
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION)
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#tracker.read(state)
    this.#table.read(state)
  }

  #join(batch: Batch<L | R>, at: number): void {
    const left = batch.values[at] as L
    const row = this.#table.find(this.#options.keys[0].of(left))
    if (row === undefined && this.#options.kind === 'inner') return
    const result = this.#options.combine(left, row === undefined ? null : (row.value as RowOf<R>))
    this.#results.add(result, batch.times[at]!, batch.watermarks[at]!, batch.offsets[at]!)
  }

  #put(batch: Batch<L | R>, at: number): void {
    const record = batch.values[at] as R
    const row = this.#table.entryAt(batch, at, 1)
    const isKept = isPut(opOf(record))
    row.value = isKept ? rowOf(record) : undefined
    row.isEmpty = !isKept
    if (!isKept) this.#table.remove(row)
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
