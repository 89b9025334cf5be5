import type { Key } from '../../state/key.ts'
import { valueState } from '../../state/keyed-state.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import { keyedProcess } from './keyed-process.ts'

/** Combines all records of a key so far, and emits the new result for every record, as Flink's KeyedStream.reduce. */
export function rollingReduce<T>(fn: (sofar: T, value: T) => T, key: KeySelector<T>): OperatorSpec<T, T> {
  const state = { sofar: valueState<{ readonly value: T } | undefined>(undefined) }
  const spec = keyedProcess<Key, T, T, typeof state>(
    {
      state,
      onRecord(value, context) {
        const held = context.state.sofar.get()
        const result = held === undefined ? value : fn(held.value, value)
        context.state.sofar.set({ value: result })
        context.emit(result)
      },
    },
    key,
  )
  return { ...spec, kind: 'reduce' }
}
