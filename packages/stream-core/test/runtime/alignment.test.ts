import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { ascendingTimes, pipeline, run, seconds, withAlignment, withIdleness } from '../../src/index.ts'
import { until } from './until.ts'

const together = withAlignment(ascendingTimes(), { group: 'day', maxDriftMs: 100 })

/** Numbers that are their own times. */
const times = (from: number, to: number, step: number) =>
  records(Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step))

describe('aligned partitions', () => {
  it('are not read further ahead of the slowest than the bound and a batch', async () => {
    const rows = recordingSink<number>()
    const slow = pause()
    const job = pipeline('aligned')
    job
      .from(
        scriptedSource([times(0, 1_000, 10), [...times(0, 50, 10), slow, ...times(60, 1_000, 10)]], { batchSize: 1 }),
      )
      .withEventTime(time => time, together)
      .sink(rows)
    const running = run(job)
    await slow.reached
    await until(() => running.metrics().sources[0]!.waitsForAlignment)
    const [ahead, behind] = running.metrics().sources
    expect(behind).toMatchObject({ watermark: 49, idle: false, waitsForAlignment: false })
    expect(ahead).toMatchObject({ watermark: 159, waitsForAlignment: true })
    slow.release()
    await running.done
    expect(rows.written).toHaveLength(202)
  })

  it('of several sources wait for each other in one group', async () => {
    const rows = recordingSink<number>()
    const slow = pause()
    const job = pipeline('sources')
    const fast = job
      .from(scriptedSource([times(0, 500, 10)], { name: 'fast', batchSize: 1 }))
      .withEventTime(time => time, together)
    job
      .from(scriptedSource([[...times(0, 20, 10), slow, ...times(30, 500, 10)]], { name: 'slow', batchSize: 1 }))
      .withEventTime(time => time, together)
      .union(fast)
      .sink(rows)
    const running = run(job)
    await slow.reached
    await until(() => running.metrics().sources[0]!.waitsForAlignment)
    expect(running.metrics().sources[0]).toMatchObject({ watermark: 129 })
    slow.release()
    await running.done
    expect(rows.written).toHaveLength(102)
  })

  it('do not wait for one that has ended, or is idle', async () => {
    const clock = manualClock()
    const rows = recordingSink<number>()
    const [silent, last] = [pause(), pause()]
    const job = pipeline('idle')
    job
      .from(
        scriptedSource([[...times(0, 1_000, 10), last], times(0, 10, 10), [...times(0, 10, 10), silent]], {
          batchSize: 1,
        }),
      )
      .withEventTime(time => time, withIdleness(together, seconds(1)))
      .sink(rows)
    const running = run(job, { clock })
    await silent.reached
    await until(() => running.metrics().sources[0]!.waitsForAlignment)
    expect(running.metrics().sources[0]!.records).toBeLessThan(20)
    clock.advance(2_000)
    await last.reached
    expect(running.metrics().sources).toMatchObject([
      { records: 101, watermark: 999 },
      { records: 2, watermark: Number.POSITIVE_INFINITY },
      { records: 2, watermark: 9, idle: true },
    ])
    silent.release()
    last.release()
    await running.done
  })

  it('stop and fail like any others while one is held', async () => {
    const slow = pause()
    const job = pipeline('stopped')
    job
      .from(scriptedSource([times(0, 1_000, 10), [...times(0, 10, 10), slow]], { batchSize: 1 }))
      .withEventTime(time => time, together)
      .sink(recordingSink())
    const running = run(job)
    await slow.reached
    await until(() => running.metrics().sources[0]!.waitsForAlignment)
    expect((await running.stop()).state).toBe('stopped')
  })

  it('of any number and any times all come to their end, none ever further ahead than the bound', async () => {
    const steps = fc.array(fc.nat(30), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(steps, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 60 }),
        async (sources, maxDriftMs) => {
          const rows = recordingSink<{ readonly id: string; readonly at: number }>()
          const job = pipeline('any')
          const left = new Map<string, number>()
          for (const [number, partitions] of sources.entries()) {
            const script = partitions.map((growth, index) => {
              const id = `${number}/${index}`
              left.set(id, growth.length)
              let at = 0
              return records(growth.map(by => ({ id, at: (at += by) })))
            })
            job
              .from(scriptedSource(script, { name: `source ${number}`, batchSize: 1 }))
              .withEventTime(row => row.at, withAlignment(ascendingTimes(), { group: 'all', maxDriftMs }))
              .sink(rows, { name: `rows ${number}` })
          }
          await run(job).done
          const marks = new Map([...left.keys()].map(id => [id, Number.NEGATIVE_INFINITY]))
          for (const { value } of rows.written) {
            const others = [...marks].filter(([id]) => id !== value.id && left.get(id)! > 0).map(([, mark]) => mark)
            const lead = marks.get(value.id)! - Math.min(...others)
            if (!Number.isNaN(lead)) expect(lead).toBeLessThanOrEqual(maxDriftMs)
            marks.set(value.id, value.at - 1)
            left.set(value.id, left.get(value.id)! - 1)
          }
          expect([...left.values()].every(count => count === 0)).toBe(true)
        },
      ),
      { numRuns: propertyRuns(62) },
    )
  })

  it('are in one group at most, or two groups could wait for each other', () => {
    const job = pipeline('twice')
    const source = job.from([1, 2])
    for (const group of ['a', 'b']) {
      source
        .withEventTime(time => time, withAlignment(ascendingTimes(), { group, maxDriftMs: 5 }))
        .sink(recordingSink<number>())
    }
    expect(() => run(job)).toThrow('GRAPH_INVALID')
  })
})
