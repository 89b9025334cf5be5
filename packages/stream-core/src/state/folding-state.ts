import type { CustomAggregate } from '../aggregates/custom.ts'
import { SingleCell, singleForm } from './single-state.ts'
import { declared, type StateDeclaration, type StateOptions } from './state-declaration.ts'

/** For each key, all that was added, combined to one value of the same type. */
export interface ReducingState<T> {
  /** Undefined before the first `add`. */
  get(): T | undefined
  add(value: T): void
  clear(): void
}

/** For each key, all that was added, folded into an accumulator. */
export interface AggregatingState<In, Out> {
  /** Undefined before the first `add`. */
  get(): Out | undefined
  add(value: In): void
  clear(): void
}

/** `fn` combines what was added so far with the next value. */
export function reducingState<T>(
  fn: (sofar: T, value: T) => T,
  options: StateOptions<NoInfer<T>> = {},
): StateDeclaration<ReducingState<T>> {
  const common = declared(options)
  return {
    kind: 'reducing',
    ...common,
    ...singleForm(common.ttl !== undefined),
    bind(cell) {
      const held = new SingleCell<T>(cell, common)
      return {
        get: () => held.get()?.value,
        add(value) {
          const box = held.get()
          held.set(box === undefined ? value : fn(box.value, value))
        },
        clear: () => held.clear(),
      }
    },
  }
}

/**
 * Folds values as `customAggregate` does; the accumulator is what is kept, and what a schema in the options is of. `merge` is never called. The
 * time that `add` gets is the event time of the record or timer.
 */
export function aggregatingState<In, Accumulator, Out>(
  aggregate: CustomAggregate<In, Accumulator, Out>,
  options: StateOptions<NoInfer<Accumulator>> = {},
): StateDeclaration<AggregatingState<In, Out>> {
  const common = declared(options)
  return {
    kind: 'aggregating',
    ...common,
    ...singleForm(common.ttl !== undefined),
    bind(cell) {
      const held = new SingleCell<Accumulator>(cell, common)
      return {
        get() {
          const box = held.get()
          return box === undefined ? undefined : aggregate.finish(box.value)
        },
        add(value) {
          const box = held.get()
          held.set(aggregate.add(box === undefined ? aggregate.create() : box.value, value, cell.time))
        },
        clear: () => held.clear(),
      }
    },
  }
}
