import { expectTypeOf } from 'vitest'
import {
  type Change,
  type KeyedStream,
  type Late,
  lookupCache,
  type Stream,
  tumbling,
  type WindowResult,
} from '../../src/index.ts'

interface Order {
  readonly id: string
}
interface Payment {
  readonly order: string
  readonly cents: number
}

declare const orders: KeyedStream<string, Order>
declare const payments: KeyedStream<string, Payment>
declare const changes: KeyedStream<string, Change<Payment>>
declare const byNumber: KeyedStream<number, Payment>

// A side is null where an outer join may find no partner, and only there.
const interval = orders.intervalJoin(payments).between(0, 1)
interval.inner((order, payment) => {
  expectTypeOf(order).toEqualTypeOf<Order>()
  expectTypeOf(payment).toEqualTypeOf<Payment>()
})
interval.left((order, payment) => {
  expectTypeOf(order).toEqualTypeOf<Order>()
  expectTypeOf(payment).toEqualTypeOf<Payment | null>()
})
interval.right((order, payment) => {
  expectTypeOf(order).toEqualTypeOf<Order | null>()
  expectTypeOf(payment).toEqualTypeOf<Payment>()
})
const full = interval.full((order, payment) => order?.id ?? payment?.order)
expectTypeOf(full.lateLeft()).toEqualTypeOf<Stream<Late<Order>>>()
expectTypeOf(full.lateRight()).toEqualTypeOf<Stream<Late<Payment>>>()

// @ts-expect-error keys of two types are never equal
orders.intervalJoin(byNumber)
// @ts-expect-error which rows come out must be said
orders.intervalJoin(payments).between(0, 1).map

// A changelog is joined by its rows; an updating join emits changes.
const asOf = orders.asOfJoin(changes).left((order, payment) => {
  expectTypeOf(payment).toEqualTypeOf<Payment | null>()
  return order.id
})
expectTypeOf(asOf.lateVersions()).toEqualTypeOf<Stream<Late<Change<Payment>>>>()
const updating = orders.updatingJoin(changes, { rightId: payment => payment.cents }).inner((order, payment) => {
  expectTypeOf(payment).toEqualTypeOf<Payment>()
  return order.id
})
updating.map(change => expectTypeOf(change).toEqualTypeOf<Change<string>>())

const windowed = orders
  .windowJoin(payments)
  .window(tumbling(1))
  .left((order, payment) => `${order.id} ${payment?.cents}`)
windowed.map(result => expectTypeOf(result).toEqualTypeOf<WindowResult<string, string>>())

orders.stream
  .lookupJoin(async (id: string) => id.length, { key: order => order.id, cache: lookupCache<number>() })
  .inner((order, found) => {
    expectTypeOf(found).toEqualTypeOf<number>()
    return order
  })
