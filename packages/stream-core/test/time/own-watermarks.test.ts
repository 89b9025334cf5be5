import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { ascendingTimes, punctuated, watermarkPolicy, withIdleness } from '../../src/index.ts'
import { assignEventTime } from '../../src/operators/time/assign-event-time.ts'

interface Event {
  readonly at: number
  readonly mark?: boolean
}

const byMarks = assignEventTime<Event>(
  event => event.at,
  punctuated((event, time) => (event.mark === true ? time : undefined)),
)

/** Watermark = last time - 1, by the wall clock; does not see to it by itself that it never goes back. */
const everyFifty = watermarkPolicy<Event, { last: number | undefined }>({
  name: 'last time',
  state: () => ({ last: undefined }),
  onRecord(_, time, state) {
    state.last = time
    return undefined
  },
  periodic: { periodMs: 50, watermark: ({ last }) => (last === undefined ? undefined : last - 1) },
})

const END = { watermark: Number.POSITIVE_INFINITY }

describe('punctuated watermarks', () => {
  it('take effect behind the record that carries them', async () => {
    const [a, b, c] = [{ at: 2, mark: true }, { at: 2 }, { at: 9, mark: true }]
    await verifyOperator(byMarks, {
      input: [{ value: a }, { value: b }, { value: c }, END],
      expected: [
        { value: a, time: 2 },
        { watermark: 2 },
        { value: b, time: 2 },
        { value: c, time: 9 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  it('are ignored when they are lower than one before', async () => {
    const [a, b, c] = [
      { at: 4, mark: true },
      { at: 2, mark: true },
      { at: 3, mark: true },
    ]
    await verifyOperator(byMarks, {
      input: [{ value: a }, { value: b }, { value: c }],
      expected: [{ value: a, time: 4 }, { watermark: 4 }, { value: b, time: 2 }, { value: c, time: 3 }],
    })
  })

  it('there are none without a mark, however far the records go', async () => {
    await verifyOperator(byMarks, {
      input: [{ value: { at: -5 } }, { value: { at: 1_000_000 } }],
      expected: [
        { value: { at: -5 }, time: -5 },
        { value: { at: 1_000_000 }, time: 1_000_000 },
      ],
    })
  })

  it('that are no time stop the job, and the error names the record', async () => {
    for (const mark of [Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
      const spec = assignEventTime<Event>(
        event => event.at,
        punctuated(event => (event.mark === true ? mark : undefined)),
      )
      await expect(
        verifyOperator(spec, { input: [{ value: { at: 1 } }, { value: { at: 2, mark: true } }], expected: [] }),
      ).rejects.toThrow(/WATERMARK_INVALID/)
    }
  })
})

describe('a policy of the user', () => {
  it('remembers what it needs in plain data, for each partition and over restores', async () => {
    const everyThird = watermarkPolicy<Event, { seen: number; highest: number }>({
      name: 'every third record',
      state: () => ({ seen: 0, highest: Number.NEGATIVE_INFINITY }),
      onRecord(_, time, state) {
        state.seen++
        state.highest = Math.max(state.highest, time)
        return state.seen % 3 === 0 ? state.highest : undefined
      },
    })
    const at = [5, 3, 4, 8, 9, 7, 10]
    await verifyOperator(
      assignEventTime<Event>(event => event.at, everyThird),
      {
        input: at.map(time => ({ value: { at: time } })),
        expected: [
          ...at.slice(0, 3).map(time => ({ value: { at: time }, time })),
          { watermark: 5 },
          ...at.slice(3, 6).map(time => ({ value: { at: time }, time })),
          { watermark: 9 },
          { value: { at: 10 }, time: 10 },
        ],
      },
    )
  })

  it('that throws stops the job, and the error names the record', async () => {
    const throwing = watermarkPolicy<Event, object>({
      name: 'throwing',
      state: () => ({}),
      onRecord() {
        throw new Error('no mark')
      },
    })
    const spec = assignEventTime<Event>(event => event.at, throwing)
    await expect(verifyOperator(spec, { input: [{ value: { at: 1 } }], expected: [] })).rejects.toThrow('no mark')
  })

  it('can move the watermark by the wall clock instead: with the next tick, and never back', async () => {
    const [a, b, c] = [{ at: 4 }, { at: 2 }, { at: 9 }]
    const spec = assignEventTime<Event>(event => event.at, everyFifty)
    expect(spec).toMatchObject({ usesProcessingTime: true, detail: 'last time, every 50 ms of wall clock' })
    await verifyOperator(spec, {
      input: [
        { processingTime: 10 },
        { value: a },
        { processingTime: 60 },
        { value: b },
        { processingTime: 60 },
        { processingTime: 110 },
        { value: c },
        { processingTime: 159 },
        { processingTime: 160 },
      ],
      expected: [
        { value: a, time: 4 },
        { watermark: 3 },
        { value: b, time: 2 },
        { value: c, time: 9 },
        { watermark: 8 },
      ],
    })
  })

  it('by the wall clock does not wake an idle partition', async () => {
    const origins = [0, 1].map(index => ({ source: 'events', partition: `events/${index}`, index }))
    await verifyOperator(
      assignEventTime<Event>(event => event.at, everyFifty),
      {
        origins,
        input: [
          { processingTime: 0 },
          { value: { at: 3 }, partition: 1 },
          { idle: true, partition: 1 },
          { value: { at: 20 } },
          { processingTime: 50 },
        ],
        expected: [{ value: { at: 3 }, time: 3 }, { value: { at: 20 }, time: 20 }, { watermark: 19 }],
      },
    )
  })

  it('needs a period above zero, and a name that idleness adds to', () => {
    expect(() =>
      watermarkPolicy({
        name: 'p',
        state: () => ({}),
        onRecord: () => undefined,
        periodic: { periodMs: 0, watermark: () => 1 },
      }),
    ).toThrow('DURATION_INVALID')
    expect(withIdleness(everyFifty, 1_000)).toMatchObject({ periodMs: 50, idleAfterMs: 1_000 })
    expect(ascendingTimes().periodMs).toBeUndefined()
  })
})
