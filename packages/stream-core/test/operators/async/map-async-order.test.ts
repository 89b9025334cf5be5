import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import { mapAsync } from '../../../src/operators/async/map-async.ts'
import { until } from '../../runtime/until.ts'
import { heldCalls, sometime } from './calls.ts'

describe('mapAsync without order', () => {
  it('passes results on as their calls end', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 3, ordered: false }))
    harness.batch(batchOf([1, 2, 3]))
    running[2]!.end('three')
    await until(() => harness.metrics !== undefined && running[2]!.isOver)
    running[0]!.end('one')
    running[1]!.end('two')
    await harness.drain()
    expect(harness.take().map(item => ('value' in item ? item.value : item))).toEqual(['three', 'one', 'two'])
  })

  it('lets nothing cross a watermark, forwards or back', async () => {
    const spec = mapAsync((x: number) => sometime(x, (x * 7) % 5), { concurrency: 4, ordered: false })
    await verifyOperator(spec, {
      order: 'betweenWatermarks',
      input: [
        { value: 1, time: 1 },
        { value: 2, time: 2 },
        { value: 3, time: 3 },
        { watermark: 2 },
        { value: 4, time: 4 },
        { value: 5, time: 5 },
        { watermark: 4 },
        { idle: true },
        { value: 6, time: 6 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [
        { value: 1, time: 1 },
        { value: 2, time: 2 },
        { value: 3, time: 3 },
        { watermark: 2 },
        { value: 4, time: 4 },
        { value: 5, time: 5 },
        { watermark: 4 },
        { idle: true },
        { active: true },
        { value: 6, time: 6 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  it('holds a record of a later watermark back also where the batch does not end there', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 3, ordered: false }))
    harness.batch({ ...batchOf([1, 2, 3], { watermarks: [Number.NEGATIVE_INFINITY, 5, 5] }), watermark: 5 })
    running[2]!.end('three')
    running[1]!.end('two')
    await sometime(undefined, 3)
    expect(harness.take()).toEqual([])
    running[0]!.end('one')
    await harness.drain()
    expect(harness.take().map(item => ('value' in item ? item.value : item))).toEqual([
      'one',
      { watermark: 5 },
      'two',
      'three',
    ])
  })
})

describe('the capacity of mapAsync', () => {
  it('bounds the results that wait behind a slow call', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2, capacity: 3 }))
    harness.batch(batchOf([1, 2, 3, 4, 5]))
    running[1]!.end('two')
    await until(() => running.length === 3)
    running[2]!.end('three')
    await sometime(undefined, 3)
    expect(running.map(call => call.value)).toEqual([1, 2, 3])
    running[0]!.end('one')
    await until(() => running.length === 5)
    expect(harness.take().map(item => ('value' in item ? item.value : item))).toEqual(['one', 'two', 'three'])
  })

  it('is at least the concurrency', () => {
    expect(() => mapAsync(async (x: number) => x, { concurrency: 4, capacity: 3 })).toThrow('CONCURRENCY_INVALID')
  })
})

describe('records in flight', () => {
  it('are in the snapshot, and their calls are made again in order after a restore', async () => {
    for (const ordered of [true, false]) {
      const { running, fn } = heldCalls()
      const harness = operatorHarness(mapAsync(fn, { concurrency: 2, ordered }))
      harness.batch({ ...batchOf([1, 2, 3], { times: [10, 20, 30] }), watermark: 15 })
      running[0]!.end('one')
      await until(() => running.length === 3)
      expect(harness.take()).toEqual([{ value: 'one', time: 10 }])
      expect(harness.snapshotsInFlight()).toBe(true)
      const snapshot = harness.snapshot('changes')
      harness.restart([snapshot])
      expect(running[1]!.call.signal.aborted).toBe(true)
      void harness.drain()
      expect(running.slice(3).map(call => call.value)).toEqual([2, 3])
      for (const call of running) call.end(`#${call.value}`)
      await harness.drain()
      expect(harness.take()).toEqual([{ value: '#2', time: 20 }, { value: '#3', time: 30 }, { watermark: 15 }])
    }
  })

  it('keep the partition and offset of each, for results and errors', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2 }))
    const origin = { source: 'calls', partition: 'calls/3', index: 3 }
    harness.batch({ ...batchOf([7], { offsets: [102] }), origin })
    harness.restart([harness.snapshot('all')])
    const drained = harness.drain()
    running[1]!.fail(new Error('no seven'))
    await expect(drained).rejects.toMatchObject({ place: { partition: 'calls/3', offset: 102 } })
  })

  it('more of them than the capacity take their turns', async () => {
    const before = operatorHarness(mapAsync(() => new Promise<number>(() => {}), { concurrency: 10, capacity: 10 }))
    before.batch(batchOf(Array.from({ length: 11 }, (_, i) => i)))
    const after = operatorHarness(mapAsync(async (x: number) => x, { concurrency: 2, capacity: 2 }))
    after.restart([before.snapshot('all')])
    await after.drain()
    expect(after.take().map(item => ('value' in item ? item.value : item))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('whose values are no plain data are waited for instead', async () => {
    class Reading {}
    const { running, fn } = heldCalls<Reading>()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2 }))
    harness.batch(batchOf([new Reading()]))
    expect(harness.snapshotsInFlight()).toBe(false)
    running[0]!.end('done')
    await harness.drain()
    expect(() => harness.snapshot('all')).not.toThrow()
  })

  it('are never written by a copy of which a call has failed', async () => {
    const { running, fn } = heldCalls()
    const harness = operatorHarness(mapAsync(fn, { concurrency: 2 }))
    harness.batch(batchOf([1, 2]))
    running[0]!.fail(new Error('no one'))
    await sometime(undefined, 2)
    expect(() => harness.snapshot('all')).toThrow('no one')
    expect(() => harness.snapshotsInFlight()).toThrow('no one')
  })
})

describe('any script of records, watermarks, calls and restores', () => {
  const item = fc.oneof(
    { weight: 4, arbitrary: fc.record({ value: fc.nat(99), partition: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ advance: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.constant({ restore: true as const }) },
  )

  it('gives every record once, in order or at least between its two watermarks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (script, concurrency, ordered) => {
          const spec = mapAsync((x: number) => sometime(x, (x * 7) % 3), {
            concurrency,
            capacity: concurrency + 1,
            ordered,
          })
          const harness = operatorHarness(spec, { origins: ORIGINS })
          const expected: (number | { watermark: number })[][] = [[]]
          let watermark = 0
          for (const step of script) {
            await harness.ready()
            if ('value' in step) {
              harness.record(step.value, step.value, { partition: step.partition })
              expected.at(-1)!.push(step.value)
            } else if ('restore' in step) {
              harness.restart([harness.snapshot('changes')])
            } else {
              const next = watermark + step.advance
              harness.watermark(next)
              if (next > watermark) expected.push([])
              watermark = next
            }
          }
          await harness.drain()
          const got: number[][] = [[]]
          for (const out of harness.take()) {
            if ('value' in out) got.at(-1)!.push(out.value)
            else if ('watermark' in out && out.watermark > 0) got.push([])
          }
          const stretch = (list: readonly unknown[]) => (ordered ? list : list.toSorted())
          expect(got.map(stretch)).toEqual(expected.map(stretch))
        },
      ),
      { numRuns: propertyRuns(62) },
    )
  })
})

const ORIGINS = [0, 1].map(index => ({ source: 'calls', partition: `calls/${index}`, index }))
