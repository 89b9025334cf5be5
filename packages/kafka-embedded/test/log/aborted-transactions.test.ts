import { describe, expect, it } from 'vitest'
import { AbortedTransactions } from '../../src/log/aborted-transactions.ts'

describe('the list of aborted transactions', () => {
  it('gives those that overlap a range of offsets, also when they overlap each other', () => {
    const list = new AbortedTransactions()
    // Producer 1 from 0 to 10, 2 from 5 to 12, 3 from 20 to 25; the long one of 4 from 2 to 30.
    list.add(1, 0, 10, 2)
    list.add(2, 5, 12, 2)
    list.add(3, 20, 25, 2)
    list.add(4, 2, 30, 31)
    const ids = (from: number, to: number) => list.between(from, to).map(({ producerId }) => producerId)
    expect(ids(0, 1)).toEqual([1])
    expect(ids(0, 31)).toEqual([1, 2, 3, 4])
    expect(ids(11, 13)).toEqual([2, 4])
    expect(ids(13, 15)).toEqual([4])
    expect(ids(26, 40)).toEqual([4])
    expect(ids(31, 40)).toEqual([])
    list.dropBefore(13)
    expect(ids(0, 40)).toEqual([3, 4])
  })
})
