import { declared, type StateCell, type StateDeclaration, type StateOptions } from './state-declaration.ts'

/** A list for each key. */
export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  set(values: readonly T[]): void
  clear(): void
}

/** With a TTL, each element expires for itself. */
export function listState<T>(options: StateOptions<T> = {}): StateDeclaration<ListState<T>> {
  const common = declared(options)
  return common.ttl === undefined ? plainList<T>(common) : timedList<T>(common, common.ttl.update === 'onRead')
}

type Common = ReturnType<typeof declared>

function plainList<T>(common: Common): StateDeclaration<ListState<T>> {
  return {
    kind: 'list',
    ...common,
    bind: cell => ({
      get: () => (cell.get() as T[] | undefined) ?? [],
      add(value) {
        cell.accept(value)
        const list = (cell.get() as T[] | undefined) ?? []
        list.push(value)
        cell.set(list)
      },
      set(values) {
        for (const value of values) cell.accept(value)
        cell.set(values.length === 0 ? undefined : [...values])
      },
      clear: () => cell.set(undefined),
    }),
    write(held, state) {
      const list = held as T[]
      state.uint(list.length)
      for (const value of list) state.value(value)
    },
    read: (state, { hasTimes, accept }) =>
      Array.from({ length: state.uint() }, () => {
        const value = state.value()
        if (hasTimes) state.float64()
        return accept(value)
      }),
    prune: held => held,
    firstAccess: () => Number.POSITIVE_INFINITY,
  }
}

/** Elements, and when each was last accessed. */
interface TimedList<T> {
  values: T[]
  times: number[]
}

function timedList<T>(common: Common, readRefreshes: boolean): StateDeclaration<ListState<T>> {
  return {
    kind: 'list',
    ...common,
    bind: cell => new TimedListState<T>(cell, readRefreshes),
    write(held, state) {
      const { values, times } = held as TimedList<T>
      state.uint(values.length)
      for (const [i, value] of values.entries()) state.value(value).float64(times[i]!)
    },
    read(state, { hasTimes, time, accept }) {
      const list: TimedList<unknown> = { values: [], times: [] }
      for (let left = state.uint(); left > 0; left--) {
        const value = state.value()
        list.times.push(hasTimes ? state.float64() : time)
        list.values.push(accept(value))
      }
      return list
    },
    prune(held, expiredUpTo) {
      const list = held as TimedList<T>
      if (list.times.every(time => time > expiredUpTo)) return list
      const { times } = list
      list.values = list.values.filter((_, i) => times[i]! > expiredUpTo)
      list.times = times.filter(time => time > expiredUpTo)
      return list.values.length === 0 ? undefined : list
    },
    firstAccess: held => (held as TimedList<T>).times.reduce((first, time) => Math.min(first, time)),
  }
}

class TimedListState<T> implements ListState<T> {
  readonly #cell: StateCell
  readonly #readRefreshes: boolean

  constructor(cell: StateCell, readRefreshes: boolean) {
    this.#cell = cell
    this.#readRefreshes = readRefreshes
  }

  get(): readonly T[] {
    const list = this.#cell.get() as TimedList<T> | undefined
    if (list === undefined) return []
    const { expiredUpTo } = this.#cell
    const values = list.values.filter((_, i) => list.times[i]! > expiredUpTo)
    if (this.#readRefreshes && values.length > 0) {
      const { accessTime } = this.#cell
      list.times = list.times.map(time => (time > expiredUpTo ? Math.max(time, accessTime) : time))
      this.#cell.set(list)
    }
    return values
  }

  add(value: T): void {
    const cell = this.#cell
    cell.accept(value)
    const list = (cell.get() as TimedList<T> | undefined) ?? { values: [], times: [] }
    list.times.push(cell.accessTime)
    list.values.push(value)
    cell.set(list)
  }

  set(values: readonly T[]): void {
    const cell = this.#cell
    for (const value of values) cell.accept(value)
    const { accessTime } = cell
    cell.set(values.length === 0 ? undefined : { values: [...values], times: values.map(() => accessTime) })
  }

  clear(): void {
    this.#cell.set(undefined)
  }
}
