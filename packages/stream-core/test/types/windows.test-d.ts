import { expectTypeOf } from 'vitest'
import {
  afterEndOfWindow,
  type Change,
  count,
  delta,
  everyCount,
  everyEventTime,
  keepCount,
  keepNear,
  type Late,
  type MergingTrigger,
  purging,
  type Stream,
  sessions,
  sum,
  type Trigger,
  tumbling,
  type WindowAssigner,
  type WindowResult,
} from '../../src/index.ts'

interface Reading {
  readonly sensor: string
  readonly celsius: number
}

declare const readings: Stream<Reading>
declare const byTemperature: WindowAssigner<Reading>
const keyed = readings.keyBy(r => r.sensor)
const total = { total: sum((r: Reading) => r.celsius), n: count() }
const jump = delta<Reading>(5, (then, now) => now.celsius - then.celsius)

// The result has the types of the key and of what is computed, whatever the kind of window.
type Totals = Stream<WindowResult<string, { total: number; n: number }>>
expectTypeOf(keyed.tumblingWindow(10).aggregate(total)).toExtend<Totals>()
expectTypeOf(keyed.slidingWindow(10, 5, { trigger: everyCount(3) }).aggregate(total)).toExtend<Totals>()
expectTypeOf(keyed.sessionWindow(r => r.celsius).aggregate(total)).toExtend<Totals>()
expectTypeOf(keyed.window(byTemperature).aggregate(total)).toExtend<Totals>()
expectTypeOf(keyed.countWindow(10, 5).aggregate(total)).toExtend<Totals>()
expectTypeOf(readings.windowAll(tumbling(10)).aggregate(total)).toExtend<
  Stream<WindowResult<'all', { total: number; n: number }>>
>()
expectTypeOf(keyed.tumblingWindow(10).aggregate(total).late()).toEqualTypeOf<Stream<Late<Reading>>>()

// A function over a window knows its records or aggregates, and says what comes out.
const counted = keyed.tumblingWindow(10).process((records, window) => {
  expectTypeOf(records).toEqualTypeOf<readonly Reading[]>()
  expectTypeOf(window.key).toEqualTypeOf<string>()
  return [records.length]
})
expectTypeOf(counted).toExtend<Stream<WindowResult<string, number>>>()
const meaned = keyed.tumblingWindow(10).aggregate(total, (value, { end }) => [{ mean: value.total / value.n, end }])
expectTypeOf(meaned).toExtend<Stream<WindowResult<string, { mean: number; end: number }>>>()
// @ts-expect-error there is no such aggregate
keyed.tumblingWindow(10).aggregate(total, value => [value.median])

// Windows that retract give changes.
const changes = keyed.tumblingWindow(10, { accumulation: 'retract', trigger: everyEventTime(1) }).aggregate(total)
expectTypeOf(changes).toExtend<Stream<Change<WindowResult<string, { total: number; n: number }>>>>()
expectTypeOf(changes.late()).toEqualTypeOf<Stream<Late<Reading>>>()
expectTypeOf(keyed.tumblingWindow(10, { accumulation: 'discard' }).aggregate(total)).toExtend<Totals>()

// Sessions take triggers that can merge, made of such ones too.
expectTypeOf(purging(everyCount(3))).toExtend<MergingTrigger>()
keyed.sessionWindow(10, { trigger: purging(afterEndOfWindow({ early: everyCount(3) })) })
keyed.window(sessions<Reading>(10), { trigger: everyEventTime(5) })
keyed.tumblingWindow(10, { trigger: afterEndOfWindow({ early: jump }) })
// @ts-expect-error what it compares with cannot be merged
keyed.sessionWindow(10, { trigger: jump })
// @ts-expect-error nor inside another
keyed.sessionWindow(10, { trigger: purging(jump) })
// @ts-expect-error nor as a part
keyed.sessionWindow(10, { trigger: afterEndOfWindow({ early: jump }) })

// By the wall clock no record is late, and nothing else closes windows.
keyed.tumblingWindow(10, { time: 'processing', trigger: everyCount(3) })
// @ts-expect-error there is no lateness
keyed.tumblingWindow(10, { time: 'processing', allowedLateness: 5 })
// @ts-expect-error they are closed by the wall clock anyway
keyed.tumblingWindow(10, { time: 'processing', closeOn: 'either', wallClockDelay: 5 })

// Who lets the wall clock close windows says how long it waits.
keyed.tumblingWindow(10, { closeOn: 'either', wallClockDelay: 5 })
// @ts-expect-error the delay is missing
keyed.tumblingWindow(10, { closeOn: 'either' })
// @ts-expect-error the delay has no use
keyed.tumblingWindow(10, { wallClockDelay: 5 })

// A window without end needs somebody who says when it emits.
keyed.globalWindow({ trigger: everyCount(3), evictor: keepCount(5) })
keyed.globalWindow({ trigger: everyCount(3), evictor: keepNear<Reading>(5, (a, b) => b.celsius - a.celsius) })
// @ts-expect-error nobody does
keyed.globalWindow({})

// Triggers and evictors of your own know their records.
const hot: Trigger<Reading, number> = {
  name: 'hot',
  onRecord(reading, _time, context) {
    context.state = Math.max(context.state ?? 0, reading.celsius)
    return context.state > 30 ? 'fireAndPurge' : 'continue'
  },
}
keyed.tumblingWindow(10, { trigger: hot })
const sensors = readings.map(r => r.sensor).keyBy(sensor => sensor)
// @ts-expect-error it is about other records
sensors.tumblingWindow(10, { trigger: hot })
