import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalValues } from '../../src/state/equal-values.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { plainValues } from './plain-values.ts'

describe('equalValues', () => {
  it('holds for a plain value and its copy from a checkpoint', () => {
    fc.assert(
      fc.property(plainValues(), value => {
        expect(equalValues(value, new StateReader(new StateWriter().value(value).take()).value())).toBe(true)
      }),
    )
  })

  it('tells values apart', () => {
    const different = [
      undefined,
      null,
      0,
      1n,
      1,
      '1',
      Number.NaN,
      true,
      [],
      [1],
      ['1'],
      {},
      { a: 1 },
      { a: undefined },
      { b: undefined },
      new Date(0),
      new Date(Number.NaN),
      new Map(),
      new Map([[1, 2]]),
      new Map([[2, 1]]),
      new Set(),
      new Set([1]),
      Uint8Array.of(),
      Uint8Array.of(1),
    ]
    for (const [i, a] of different.entries())
      for (const [j, b] of different.entries()) expect(equalValues(a, b), `${i} and ${j}`).toBe(i === j)
  })

  it('does not mind the order of fields', () => {
    expect(equalValues({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true)
  })
})
