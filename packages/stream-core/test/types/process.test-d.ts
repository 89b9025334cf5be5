import { expectTypeOf } from 'vitest'
import {
  aggregatingState,
  listState,
  mapState,
  output,
  pipeline,
  reducingState,
  type Stream,
  valueState,
} from '../../src/index.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
}
interface Alert {
  readonly text: string
}
interface Rule {
  readonly sensor: string
  readonly limit: number
}

const keyed = pipeline('types')
  .from<Reading>([])
  .keyBy(r => r.sensor)

// process() infers what it emits from `emits`, side outputs from `sides`, and state of every kind.
const detected = keyed.process({
  emits: output<{ readonly sensor: string; readonly total: number }>(),
  sides: { alerts: output<Alert>(), raw: output<Reading>() },
  state: {
    total: reducingState<number>((a, b) => a + b),
    mean: aggregatingState({
      create: () => ({ sum: 0, n: 0 }),
      add: ({ sum, n }, celsius: number) => ({ sum: sum + celsius, n: n + 1 }),
      finish: ({ sum, n }) => sum / n,
    }),
    names: listState<string>({ schema: 'string', ttl: { ms: 60_000, clock: 'eventTime' } }),
  },
  onRecord(reading, context) {
    context.state.total.add(1)
    expectTypeOf(context.state.total.get()).toEqualTypeOf<number | undefined>()
    expectTypeOf(context.state.mean.get()).toEqualTypeOf<number | undefined>()
    expectTypeOf(context.state.names.get()).toEqualTypeOf<readonly string[]>()
    context.emit({ sensor: context.key, total: 1 })
    context.emitTo('alerts', { text: 'hot' })
    context.emitTo('raw', reading)
    // @ts-expect-error the row has a total
    context.emit({ sensor: context.key })
    // @ts-expect-error an alert is no reading
    context.emitTo('alerts', reading)
    // @ts-expect-error there is no such side output
    context.emitTo('other', reading)
  },
})
expectTypeOf(detected.map(row => row.total)).toEqualTypeOf<Stream<number>>()
expectTypeOf(detected.side('alerts')).toEqualTypeOf<Stream<Alert>>()
expectTypeOf(detected.side('raw')).toEqualTypeOf<Stream<Reading>>()
// @ts-expect-error there is no such side output
detected.side('other')
// @ts-expect-error no schema of a number takes text
valueState(0, { schema: (text: string) => text !== '' })
// @ts-expect-error a TTL has a clock
valueState(0, { ttl: { ms: 5 } })

// Two streams are connected by the same kind of key.
const rules = pipeline('rules').from<Rule>([])
expectTypeOf(
  keyed.connect(rules.keyBy(rule => rule.sensor)).process({
    emits: output<number>(),
    state: { limit: valueState(0) },
    onFirst: (reading, context) => context.emit(reading.at),
    onSecond: (rule, context) => context.state.limit.set(rule.limit),
  }),
).toExtend<Stream<number>>()
// @ts-expect-error one key is a text, the other a number
keyed.connect(rules.keyBy(rule => rule.limit))

// Broadcast state is read by records and written by broadcast ones.
keyed.connectBroadcast(rules).process({
  broadcast: { limits: mapState<string, number>() },
  state: { last: valueState(0) },
  onRecord(reading, context) {
    expectTypeOf(context.broadcast.limits.get(reading.sensor)).toEqualTypeOf<number | undefined>()
    // @ts-expect-error records only read it
    context.broadcast.limits.set('a', 1)
    context.state.last.set(reading.at)
  },
  onBroadcast(rule, context) {
    context.broadcast.limits.set(rule.sensor, rule.limit)
    context.forEachKey((sensor, { last }) => {
      expectTypeOf(sensor).toEqualTypeOf<string>()
      last.clear()
    })
    // @ts-expect-error a broadcast record has no key
    context.key
  },
})
