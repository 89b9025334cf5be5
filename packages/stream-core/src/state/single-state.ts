import type { StateCell, StateDeclaration, StoredForm } from './state-declaration.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

/** What a state of one value holds. In a box, so that a stored undefined is not the same as nothing stored. */
interface Box {
  value: unknown
}

/** A box that is the newer or older the later it was accessed. */
interface TimedBox extends Box {
  at: number
}

/** One value of the current key, as every state that is a single value keeps it. */
export class SingleCell<T> {
  readonly #cell: StateCell
  readonly #isTimed: boolean
  readonly #readRefreshes: boolean

  constructor(cell: StateCell, { ttl }: Pick<StateDeclaration<unknown>, 'ttl'>) {
    this.#cell = cell
    this.#isTimed = ttl !== undefined
    this.#readRefreshes = ttl?.update === 'onRead'
  }

  /** The box with the value; undefined where there is none, or it has expired. */
  get(): { readonly value: T } | undefined {
    const box = this.#cell.get() as Box | undefined
    if (box === undefined || !this.#isTimed) return box as { value: T } | undefined
    const timed = box as TimedBox
    if (timed.at <= this.#cell.expiredUpTo) return undefined
    if (this.#readRefreshes && timed.at < this.#cell.accessTime) {
      timed.at = this.#cell.accessTime
      this.#cell.set(timed)
    }
    return timed as unknown as { value: T }
  }

  set(value: T): void {
    const cell = this.#cell
    cell.accept(value)
    const box = cell.get() as Box | undefined
    if (box === undefined) {
      cell.set(this.#isTimed ? { value, at: cell.accessTime } : { value })
      return
    }
    box.value = value
    if (this.#isTimed) (box as TimedBox).at = cell.accessTime
    cell.set(box)
  }

  clear(): void {
    this.#cell.set(undefined)
  }
}

/** The stored form of a state that is a single value. */
export const singleForm = (
  isTimed: boolean,
): Pick<StateDeclaration<unknown>, 'write' | 'read' | 'prune' | 'firstAccess'> => ({
  write(held: unknown, state: StateWriter): void {
    state.value((held as Box).value)
    if (isTimed) state.float64((held as TimedBox).at)
  },
  read(state: StateReader, { hasTimes, time, accept }: StoredForm): unknown {
    const stored = state.value()
    const at = hasTimes ? state.float64() : time
    const value = accept(stored)
    return isTimed ? { value, at } : { value }
  },
  prune: (held, expiredUpTo) => ((held as TimedBox).at <= expiredUpTo ? undefined : held),
  firstAccess: held => (held as TimedBox).at,
})
