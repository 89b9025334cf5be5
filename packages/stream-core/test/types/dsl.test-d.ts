import { expectTypeOf } from 'vitest'
import type { BadRecord, OperatorSpec } from '../../src/extend.ts'
import {
  boundedOutOfOrderness,
  collect,
  count,
  first,
  type InvalidTime,
  type KeyedStream,
  type Late,
  last,
  mapState,
  mean,
  type Pipeline,
  pipeline,
  punctuated,
  type Sink,
  type Stream,
  sum,
  toArray,
  valueState,
  type WatermarkPolicy,
  type WindowResult,
} from '../../src/index.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly celsius: number | undefined
}
interface Hot {
  readonly sensor: string
  readonly at: number
  readonly celsius: number
}

declare const readings: Iterable<Reading>
declare const rows: Sink<{ sensor: string; mean: number }>
declare const hasCelsius: (reading: { readonly celsius: number | undefined }) => boolean
declare const isHot: (reading: Reading) => reading is Hot

const stream = pipeline('types').from(readings)
const timed = stream.withEventTime(r => r.at, boundedOutOfOrderness(0))
const keyed = timed.keyBy(r => r.sensor)
const windowed = keyed.tumblingWindow(60_000)

// Callbacks know their records.
expectTypeOf(stream).toExtend<Stream<Reading>>()
expectTypeOf(stream.map(r => r.at)).toEqualTypeOf<Stream<number>>()
expectTypeOf(stream.flatMap(r => [r.sensor, r.at])).toEqualTypeOf<Stream<string | number>>()
expectTypeOf(stream.mapAsync(async r => r.celsius)).toEqualTypeOf<Stream<number | undefined>>()
expectTypeOf(
  stream.mapAsync(async (r, { signal, attempt }) => (signal.aborted ? attempt : r.at), {
    onTimeout: r => r.at,
    timeoutMs: 5,
    retry: { attempts: 2, ifResult: found => found > 1 },
  }),
).toEqualTypeOf<Stream<number>>()
expectTypeOf(stream.mapAsync(async r => r.at, { timeoutMs: 5, onTimeout: () => undefined })).toEqualTypeOf<
  Stream<number | undefined>
>()
expectTypeOf(timed.invalidTimes()).toEqualTypeOf<Stream<InvalidTime<Reading>>>()
stream.withEventTime(
  r => r.at,
  punctuated<Reading>(r => r.celsius),
)
declare const ofOthers: WatermarkPolicy<Reading & { readonly mark: number }>
// @ts-expect-error a policy looks at the stream's records, which have no such field
stream.withEventTime('record', ofOthers)
// @ts-expect-error a reading has no such field
stream.map(r => r.fahrenheit)

// filter keeps the type with a predicate over a supertype, and narrows with a guard.
expectTypeOf(stream.filter(hasCelsius)).toEqualTypeOf<Stream<Reading>>()
expectTypeOf(stream.filter(r => r.at > 0)).toEqualTypeOf<Stream<Reading>>()
expectTypeOf(stream.filter(isHot)).toEqualTypeOf<Stream<Hot>>()

// The stage decides what may follow: a window needs a key, and says what to compute before anything else.
expectTypeOf<Stream<Reading>>().not.toHaveProperty('tumblingWindow')
expectTypeOf<KeyedStream<string, Reading>>().not.toHaveProperty('map')
expectTypeOf<KeyedStream<string, Reading>>().not.toHaveProperty('sink')
expectTypeOf(windowed).not.toHaveProperty('sink')
// @ts-expect-error there is no window without a key
timed.tumblingWindow(60_000)

// keyBy takes what can be a key, and refuses objects.
expectTypeOf(keyed).toEqualTypeOf<KeyedStream<string, Reading>>()
expectTypeOf(timed.keyBy(r => r.at)).toEqualTypeOf<KeyedStream<number, Reading>>()
expectTypeOf(timed.keyBy(r => [r.sensor, r.at] as const)).toEqualTypeOf<
  KeyedStream<readonly [string, number], Reading>
>()
// @ts-expect-error an object is no key
timed.keyBy(r => ({ sensor: r.sensor }))
// @ts-expect-error undefined is no key
timed.keyBy(r => r.celsius)
// @ts-expect-error a Date is no key
timed.keyBy(r => new Date(r.at))

// The result of aggregates is typed by the object.
const aggregated = windowed.aggregate({
  n: count(),
  total: sum(r => r.at),
  mean: mean(r => r.celsius ?? 0),
  sensors: collect(r => r.sensor),
  opened: first(),
  closed: last(r => r.celsius),
})
expectTypeOf(aggregated).toExtend<
  Stream<
    WindowResult<
      string,
      {
        n: number
        total: number
        mean: number
        sensors: string[]
        opened: Reading
        closed: number | undefined
      }
    >
  >
>()
expectTypeOf(aggregated.map(({ key, start, value }) => ({ key, start, n: value.n }))).toEqualTypeOf<
  Stream<{ key: string; start: number; n: number }>
>()
// @ts-expect-error there is no aggregate of that name
aggregated.map(({ value }) => value.median)
// @ts-expect-error a sum is of numbers
windowed.aggregate({ total: sum(r => r.sensor) })
expectTypeOf(windowed.reduce((a, b) => (a.at > b.at ? a : b))).toExtend<Stream<WindowResult<string, Reading>>>()

// Late and bad records are typed streams.
expectTypeOf(aggregated.late()).toEqualTypeOf<Stream<Late<Reading>>>()
expectTypeOf(stream.badRecords()).toEqualTypeOf<Stream<BadRecord>>()
expectTypeOf(timed).not.toHaveProperty('badRecords')

// A sink takes the right row, and ends the stream in the pipeline.
expectTypeOf(stream.map(r => ({ sensor: r.sensor, mean: r.at })).sink(rows)).toEqualTypeOf<Pipeline>()
// A sink of a wider row takes a narrower one.
stream.sink(toArray<{ readonly sensor: string }>([]))
// @ts-expect-error the rows have no mean
stream.map(r => ({ sensor: r.sensor })).sink(rows)

// Branches are named by the predicates.
const { hot, rest } = stream.split({ hot: r => r.at > 30 })
expectTypeOf(hot).toEqualTypeOf<Stream<Reading>>()
expectTypeOf(rest).toEqualTypeOf<Stream<Reading>>()
// @ts-expect-error there is no such branch
stream.split({ hot: r => r.at > 30 }).cold

// Merged streams are of one type.
stream.union(timed)
// @ts-expect-error these are of two types
stream.union(stream.map(r => r.at))

// process() infers the records of an operator spec, and the state and results of user code.
declare const dedupe: <T>(of: (value: T) => string) => OperatorSpec<T, T>
declare const ofHot: OperatorSpec<Hot, Hot>
// @ts-expect-error not every reading is hot
stream.process(ofHot)
expectTypeOf(stream.process(dedupe(r => r.sensor))).toEqualTypeOf<Stream<Reading>>()
const alarms = keyed.process({
  state: { total: valueState(0), seen: mapState<string, boolean>() },
  onRecord(reading, context) {
    expectTypeOf(reading).toEqualTypeOf<Reading>()
    expectTypeOf(context.key).toEqualTypeOf<string>()
    expectTypeOf(context.state.total.get()).toEqualTypeOf<number>()
    expectTypeOf(context.state.seen.get('a')).toEqualTypeOf<boolean | undefined>()
    // @ts-expect-error no such state is declared
    context.state.other
    // @ts-expect-error the total is a number
    context.state.total.set('one')
    context.setTimer(reading.at + 1_000)
    context.emit({ sensor: context.key, at: context.time })
  },
  onTimer(time, context) {
    context.emit({ sensor: context.key, at: time })
  },
})
expectTypeOf(alarms).toExtend<Stream<unknown>>()

// A piece of pipeline has the type of what it returns.
expectTypeOf(stream.through(s => s.map(r => r.at))).toEqualTypeOf<Stream<number>>()

// Every stream is an async iterable of its records.
expectTypeOf(stream).toExtend<AsyncIterable<Reading>>()
