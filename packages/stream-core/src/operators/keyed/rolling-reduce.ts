import type { Batch } from '../../batch/batch.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { valueState } from '../../state/value-state.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec, SnapshotScope, StateSweep } from '../operator.ts'
import { KeyTable } from './key-table.ts'

/** Combines all records of a key so far, and emits the new result for every record, as Flink's KeyedStream.reduce. */
export function rollingReduce<T>(fn: (sofar: T, value: T) => T, key: KeySelector<T>): OperatorSpec<T, T> {
  return { kind: 'reduce', stateful: true, key, start: context => new RollingReduceOperator(fn, key, context) }
}

class RollingReduceOperator<T> implements Operator<T> {
  readonly #fn: (sofar: T, value: T) => T
  readonly #keyOf: (value: T) => Key
  readonly #context: OperatorContext<T>
  readonly #table: KeyTable<typeof STATE>

  constructor(fn: (sofar: T, value: T) => T, key: KeySelector<T>, context: OperatorContext<T>) {
    this.#fn = fn
    this.#keyOf = key.of
    this.#context = context
    this.#table = new KeyTable(context.name, STATE, context.checkOwner)
  }

  onBatch(batch: Batch<T>): void {
    const { values, size } = batch
    const table = this.#table
    const { sofar } = table.handles
    let i = 0
    try {
      for (; i < size; i++) {
        const value = values[i]!
        const entry = table.enter(this.#keyOf(value))
        const result = entry.kept === 0 ? value : this.#fn(sofar.get() as T, value)
        sofar.set(result)
        // The batch is ours to rewrite: a result has its record's time and place.
        values[i] = result
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    table.current = undefined
    this.#context.output.push(batch)
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    state.uint8(STATE_VERSION).uint8(scope === 'all' ? 1 : 0)
    this.#table.write(state, scope)
  }

  sweep(): StateSweep {
    return entrySweep(this.#table.stored(), (state, entries) => {
      state.uint8(STATE_VERSION).uint8(0)
      this.#table.writeStored(state, entries)
    })
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: state of reduce()`)
    if (state.uint8() === 1) this.#table.clear()
    this.#table.read(state)
  }
}

const STATE = { sofar: valueState<unknown>(undefined) }
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 2
