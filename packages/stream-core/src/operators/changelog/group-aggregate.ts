import type { Accumulator, Aggregate } from '../../aggregates/aggregate.ts'
import type { RetractableAccumulator, RetractableAggregate } from '../../aggregates/retractable.ts'
import type { Change } from '../../batch/change.ts'
import { equalValues } from '../../state/equal-values.ts'
import type { Key } from '../../state/key.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import type { ChangeOptions } from './change-options.ts'
import { type PerKey, type PerKeyCall, perKey } from './per-key.ts'

/** The aggregates over all rows of a key. */
export interface GroupResult<K, R> {
  readonly key: K
  readonly value: R
}

/**
 * Aggregates over all records of each key so far, as changes, with the semantics of Flink SQL's GroupAggFunction: the first record inserts the key's
 * row, further ones update it. A result that stays the same is not repeated, unless there is a TTL: then it is, so that state downstream lives on.
 */
export function groupAggregate<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  options: ChangeOptions,
  key: KeySelector<T>,
): OperatorSpec<T, Change<GroupResult<K, R>>> {
  return perKey<T, Change<GroupResult<K, R>>, Group>(describe(aggregate, options, key), () => {
    const groups = new Groups<K, T, R>(aggregate.start(INITIAL_CAPACITY), undefined, options)
    return {
      ...groups.state,
      onRecord(group, value, call) {
        groups.change(group, value, true, call)
        return true
      },
    }
  })
}

/**
 * The same over a table that changes: a row that is taken back is taken out of the aggregates, and the last one of a key deletes the key's row. A
 * retraction for a key without rows is counted in `missingRetractions`; one of a row that never was there, for a key that has others, goes
 * unnoticed, since rows are not kept.
 */
export function retractableGroupAggregate<K extends Key, T, R>(
  aggregate: RetractableAggregate<T, R>,
  options: ChangeOptions,
  key: KeySelector<Change<T>>,
): OperatorSpec<Change<T>, Change<GroupResult<K, R>>> {
  return perKey<Change<T>, Change<GroupResult<K, R>>, Group>(describe(aggregate, options, key), () => {
    const accumulator = aggregate.startRetractable(INITIAL_CAPACITY)
    const groups = new Groups<K, T, R>(accumulator, accumulator, options)
    return {
      ...groups.state,
      onRecord(group, { op, value }, call) {
        const isAdded = op === 'insert' || op === 'updateAfter'
        if (!isAdded && group.rows === 0) {
          call.metrics.missingRetractions++
          return false
        }
        groups.change(group, value, isAdded, call)
        return true
      },
    }
  })
}

function describe<In>(aggregate: { readonly kind: string }, { ttl }: ChangeOptions, key: KeySelector<In>) {
  return { kind: 'groupAggregate', key, ttl, detail: [aggregate.kind] }
}

interface Group {
  readonly slot: number
  rows: number
}

/** The accumulators of all keys: a slot for each. */
class Groups<K, T, R> {
  readonly #accumulator: Accumulator<T, R>
  /** The same one, where it can take records back. */
  readonly #retractable: RetractableAccumulator<T, R> | undefined
  readonly #options: ChangeOptions
  readonly #free: number[] = []
  #used = 0
  #capacity = INITIAL_CAPACITY
  /** A batch of one record. */
  readonly #slot = new Int32Array(1)
  readonly #value: T[] = []
  readonly #time = new Float64Array(1)
  readonly state: Omit<PerKey<unknown, unknown, Group>, 'onRecord'>

  constructor(
    accumulator: Accumulator<T, R>,
    retractable: RetractableAccumulator<T, R> | undefined,
    options: ChangeOptions,
  ) {
    this.#accumulator = accumulator
    this.#retractable = retractable
    this.#options = options
    this.state = {
      create: () => ({ slot: this.#take(), rows: 0 }),
      isEmpty: ({ rows }) => rows === 0,
      write({ slot, rows }, to) {
        to.uint(rows)
        accumulator.write(slot, to)
      },
      read: from => {
        const group = { rows: from.uint(), slot: this.#take() }
        accumulator.read(group.slot, from)
        return group
      },
      dispose: ({ slot }) => {
        accumulator.reset(slot)
        this.#free.push(slot)
      },
    }
  }

  /** Adds a row to a group, or takes it back, and emits what that changes. */
  change(group: Group, row: T, isAdded: boolean, call: PerKeyCall<Change<GroupResult<K, R>>>): void {
    const { updateBefore = true, ttl } = this.#options
    const key = call.key as K
    const hadRows = group.rows > 0
    const before = hadRows ? this.#accumulator.result(group.slot) : undefined
    this.#update(group, row, isAdded, call.time)
    if (group.rows === 0) {
      call.emit({ op: 'delete', value: { key, value: before as R } })
      return
    }
    const value = this.#accumulator.result(group.slot)
    if (!hadRows) {
      call.emit({ op: 'insert', value: { key, value } })
      return
    }
    if (ttl === undefined && equalValues(before, value)) return
    if (updateBefore) call.emit({ op: 'updateBefore', value: { key, value: before as R } })
    call.emit({ op: 'updateAfter', value: { key, value } })
  }

  #update(group: Group, row: T, isAdded: boolean, time: number): void {
    this.#slot[0] = group.slot
    this.#value[0] = row
    this.#time[0] = time
    if (isAdded) this.#accumulator.add(this.#slot, this.#value, this.#time, 0, 1, rethrow)
    else this.#retractable?.retract(this.#slot, this.#value, this.#time, 0, 1, rethrow)
    group.rows += isAdded ? 1 : -1
  }

  #take(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#used === this.#capacity) {
      this.#capacity *= 2
      this.#accumulator.grow(this.#capacity)
    }
    return this.#used++
  }
}

/** The operator says at which record it was. */
function rethrow(cause: unknown): never {
  throw cause
}

const INITIAL_CAPACITY = 64
