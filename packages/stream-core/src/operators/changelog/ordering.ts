import { StreamError } from '../../errors.ts'

/** What rows are ordered by: numbers but NaN, strings (by code unit), bigints, booleans. */
export type Orderable = number | string | bigint | boolean

/** One criterion of an order. Made by `ascending` and `descending`. */
export interface Ordering<in T> {
  readonly of: (row: T) => Orderable
  readonly isDescending: boolean
}

/** Smallest first: `ascending(bid => bid.price)`. */
export function ascending<T>(of: (row: T) => Orderable): Ordering<T> {
  return { of, isDescending: false }
}

/** Largest first: `descending(player => player.score)`. */
export function descending<T>(of: (row: T) => Orderable): Ordering<T> {
  return { of, isDescending: true }
}

/** What a row is ordered by, taken from it once: one value per criterion. */
export type SortKey = readonly Orderable[]

/** The criteria of an order, the first one first. */
export class RowOrder<T> {
  readonly #criteria: readonly Ordering<T>[]

  constructor(orderBy: Ordering<T> | readonly Ordering<T>[]) {
    const criteria: readonly Ordering<T>[] = 'of' in orderBy ? [orderBy] : orderBy
    if (criteria.length === 0)
      throw new StreamError(
        'ORDER_INVALID',
        'orderBy: [] orders nothing. Name at least one criterion: descending(...).',
      )
    this.#criteria = criteria
  }

  /** Throws ORDER_INVALID for what has no place in an order. */
  keyOf(row: T): SortKey {
    return this.#criteria.map(({ of }) => checkOrderable(of(row)))
  }

  /** Negative when `a` comes first, 0 when neither does. */
  compare(a: SortKey, b: SortKey): number {
    for (let i = 0; i < this.#criteria.length; i++) {
      const [one, other] = [a[i]!, b[i]!]
      if (typeof one !== typeof other) {
        throw new StreamError(
          'ORDER_INVALID',
          `orderBy returned a ${typeof one} for one row and a ${typeof other} for another. Return one type.`,
        )
      }
      if (one === other) continue
      return one < other === this.#criteria[i]!.isDescending ? 1 : -1
    }
    return 0
  }
}

function checkOrderable(value: unknown): Orderable {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  throw new StreamError(
    'ORDER_INVALID',
    `orderBy returned ${value === null ? 'null' : typeof value === 'number' ? 'NaN' : typeof value}, which has no place in an order. Return a number, string, bigint or boolean, for missing values a smallest or largest one.`,
  )
}
