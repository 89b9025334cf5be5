import type { StateWriter } from '../state/state-writer.ts'
import type { StateSweep } from './operator.ts'

/**
 * A sweep over entries that come and go meanwhile: `entries` must be live, as the iterators of Map and Set are. `write` writes some of them as a snapshot of
 * changes would.
 */
export function entrySweep<E>(
  entries: Iterable<E>,
  write: (state: StateWriter, entries: readonly E[]) => void,
): StateSweep {
  const left = entries[Symbol.iterator]()
  return {
    next(state, most) {
      const group: E[] = []
      while (group.length < most) {
        const entry = left.next()
        if (entry.done === true) break
        group.push(entry.value)
      }
      if (group.length === 0) return false
      write(state, group)
      return true
    },
  }
}

/** One sweep after the other. */
export function sweepsInTurn(...sweeps: readonly StateSweep[]): StateSweep {
  const left = [...sweeps]
  return {
    next(state, most) {
      for (; left.length > 0; left.shift()) if (left[0]!.next(state, most)) return true
      return false
    },
  }
}
