import type { InputItem } from '@rtp/stream-testing'
import type { Key } from '../../../src/index.ts'
import type { KeySelector } from '../../../src/operators/operator.ts'
import { byKey } from '../by-key.ts'

/** What the tests of joins put in: a key and a name to tell rows apart. */
export interface Row {
  readonly key: Key
  readonly name: string
}

export const LEFT = 0
export const RIGHT = 1
export const END = Number.POSITIVE_INFINITY

export const keysOfRows: readonly [KeySelector<Row>, KeySelector<Row>] = [
  byKey((row: Row) => row.key),
  byKey((row: Row) => row.key),
]

/** A row named after its side and time, e.g. `l5`. */
export function left(time: number, key: Key = 'k', name = `l${time}`): InputItem<Row> {
  return { value: { key, name }, time, input: LEFT }
}

export function right(time: number, key: Key = 'k', name = `r${time}`): InputItem<Row> {
  return { value: { key, name }, time, input: RIGHT }
}

/** The same watermark on both inputs. */
export function both(watermark: number): InputItem<Row>[] {
  return [
    { watermark, input: LEFT },
    { watermark, input: RIGHT },
  ]
}

/** `l5 r7`, or `l5 -` where there is no partner. */
export function pairNames(l: Row | null, r: Row | null): string {
  return `${l?.name ?? '-'} ${r?.name ?? '-'}`
}
