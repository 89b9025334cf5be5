import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import {
  boundedOutOfOrderness,
  count,
  type Job,
  minutes,
  pipeline,
  run,
  seconds,
  type WatermarkPolicy,
  withIdleness,
} from '../../src/index.ts'
import { heldCalls } from '../operators/async/calls.ts'
import { until } from './until.ts'

interface Reading {
  readonly key: string
  readonly at: number
}

/** Two partitions: the first is a minute ahead, the second says nothing more. */
function perMinute(policy: WatermarkPolicy<Reading>) {
  const [first, second] = [pause(), pause()]
  const clock = manualClock(1_000_000)
  const job = pipeline('per minute')
  job
    .from(
      scriptedSource<Reading>(
        [
          [
            ...records([
              { key: 'a', at: 10_000 },
              { key: 'a', at: 90_000 },
            ]),
            first,
          ],
          [...records([{ key: 'b', at: 30_000 }]), second],
        ],
        { name: 'readings' },
      ),
      { name: 'readings' },
    )
    .withEventTime(reading => reading.at, policy, { name: 'time' })
    .keyBy(reading => reading.key)
    .sessionWindow(minutes(1), { name: 'window' })
    .aggregate({ n: count() })
    .sink(recordingSink())
  const running = run(job, { clock })
  const reached = Promise.all([first.reached, second.reached])
  const release = () => {
    first.release()
    second.release()
  }
  return { running, clock, reached, release }
}

const ofFirst = (job: Job) => job.why({ operator: 'window', key: 'a', windowStart: 10_000 })

describe('job.why()', () => {
  it('names the watermark that a window needs, the partition that holds it back, and what to do', async () => {
    const { running, clock, reached, release } = perMinute(boundedOutOfOrderness(0))
    await reached
    clock.advance(45_000)
    const { text, tasks, partitions } = ofFirst(running)
    expect(tasks).toMatchObject([{ task: '0', watermark: 29_999, waitsFor: 69_999 }])
    expect(text).toMatch(/^"window": the window from 1970-01-01T00:00:10.000Z/i)
    expect(text).toContain(
      'The watermark of "time" is held back by readings/1 of "readings", whose own is 1970-01-01T00:00:29.999Z; its last record came 45 s ago. If it may be silent, let it count as idle: withIdleness(policy, ms).',
    )
    expect(partitions).toMatchObject([
      { partition: 'readings/0', watermark: 89_999, idle: false, holdsBack: false, waitsFor: 'source', lag: 0 },
      { partition: 'readings/1', watermark: 29_999, idle: false, holdsBack: true, lastRecordAt: 1_000_000 },
    ])
    release()
    await running.done
  })

  it('says after which silence a partition no longer counts, and when all are idle', async () => {
    const { running, clock, reached, release } = perMinute(withIdleness(boundedOutOfOrderness(0), seconds(60)))
    await reached
    clock.advance(45_000)
    expect(ofFirst(running).text).toContain('It no longer counts once it has been silent for 1 min.')
    clock.advance(60_000)
    expect(running.why({ operator: 'window' }).text).toContain(
      'All partitions of "time" are idle, so its watermark moves with the next record only.',
    )
    release()
    await running.done
  })

  it('of an event-time step says who holds it back', async () => {
    const { running, reached, release } = perMinute(boundedOutOfOrderness(0))
    await reached
    const { text, tasks } = running.why({ operator: 'time' })
    expect(tasks).toMatchObject([{ task: '0', watermark: 29_999 }])
    expect(text).toContain('held back by readings/1')
    release()
    await running.done
  })

  it('refuses a step that the job does not have, and says when nothing runs', async () => {
    const { running, reached, release } = perMinute(boundedOutOfOrderness(0))
    await reached
    expect(() => running.why({ operator: 'windows' })).toThrow(
      'OPERATOR_UNKNOWN: job "per minute" has no step "windows". Its steps are time, window.',
    )
    release()
    await running.done
    expect(ofFirst(running).text).toBe('The job is finished, so nothing is waited for.')
  })
})

describe('a partition behind a job that was held back', () => {
  it('is not idle for the time in which nobody read it', async () => {
    const clock = manualClock()
    const { running: calls, fn } = heldCalls()
    const silent = pause()
    const job = pipeline('held back')
    job
      .from(scriptedSource<number>([[...records([1, 2]), silent]], { batchSize: 1 }))
      .withEventTime(time => time, withIdleness(boundedOutOfOrderness(0), seconds(10)), { name: 'time' })
      .mapAsync(fn, { concurrency: 1 })
      .sink(recordingSink())
    const running = run(job, { clock })
    // The second record waits for the call of the first, and so does the source.
    await until(() => running.metrics().sources[0]?.records === 2)
    clock.advance(60_000)
    expect(running.metrics().sources[0]).toMatchObject({ idle: false })
    expect(running.why({ operator: 'time' }).text).toContain('a sink or a call is slower than the source')
    calls[0]!.end('one')
    await silent.reached
    clock.advance(9_000)
    expect(running.metrics().sources[0]).toMatchObject({ idle: false })
    clock.advance(2_000)
    expect(running.metrics().sources[0]).toMatchObject({ idle: true })
    calls[1]!.end('two')
    silent.release()
    await running.done
  })
})
