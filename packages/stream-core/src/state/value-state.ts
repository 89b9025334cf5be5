import { SingleCell, singleForm } from './single-state.ts'
import { declared, type StateDeclaration, type StateOptions } from './state-declaration.ts'

/** One value for each key. */
export interface ValueState<T> {
  get(): T
  set(value: T): void
  clear(): void
}

/** `initial` is what a key has before its first `set`, and again when what was set has expired; it must not be changed in place. */
export function valueState<T>(initial: T, options: StateOptions<NoInfer<T>> = {}): StateDeclaration<ValueState<T>> {
  const common = declared(options)
  return {
    kind: 'value',
    ...common,
    ...singleForm(common.ttl !== undefined),
    bind(cell) {
      const held = new SingleCell<T>(cell, common)
      return {
        get() {
          const box = held.get()
          return box === undefined ? initial : box.value
        },
        set: value => held.set(value),
        clear: () => held.clear(),
      }
    },
  }
}
