import { crash, manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, count, minutes, pipeline, run, seconds, withIdleness } from '../../src/index.ts'
import { until } from './until.ts'

const HOURS = 3_600_000

describe.each([
  ['back', -5 * HOURS],
  ['forth', 5 * HOURS],
])('a clock that is set %s by hours', (_, byMs) => {
  it('neither holds up nor hurries checkpoints', async () => {
    const clock = manualClock(100 * HOURS)
    const stops = [pause(), pause(), pause()] as const
    const job = pipeline('checkpoints')
    job
      .from(scriptedSource([[...records([1]), stops[0], ...records([2]), stops[1], ...records([3]), stops[2]]]))
      .sink(recordingSink<number>())
    const running = run(job, { clock, checkpoint: { intervalMs: 1_000 } })
    const completed = () => running.metrics().checkpoints.completed
    await stops[0].reached
    clock.advance(1_000)
    await until(() => completed() === 1)
    clock.jumpTo(clock.now() + byMs)
    stops[0].release()
    await stops[1].reached
    clock.advance(999)
    expect(completed()).toBe(1)
    clock.advance(1)
    await until(() => completed() === 2)
    expect(running.metrics().checkpoints.lastCompletedAt).toBe(clock.now())
    stops[1].release()
    await stops[2].reached
    clock.advance(1_000)
    await until(() => completed() === 3)
    stops[2].release()
    await clock.runUntil(running.done)
  })

  it('neither holds up nor hurries a restart', async () => {
    const clock = manualClock(100 * HOURS)
    const job = pipeline('restarts')
    job.from(scriptedSource([[...records([1]), crash(), ...records([2])]])).sink(recordingSink<number>())
    const running = run(job, { clock, restart: { initialDelayMs: 1_000, jitter: 0 } })
    await until(() => running.state === 'restarting')
    clock.advance(500)
    clock.jumpTo(clock.now() + byMs)
    clock.advance(499)
    expect(running.state).toBe('restarting')
    clock.advance(1)
    await until(() => running.state !== 'restarting')
    await clock.runUntil(running.done)
    expect(running.metrics().restarts).toBe(1)
  })

  it('makes no partition idle that is not, and holds none back that is', async () => {
    const clock = manualClock(100 * HOURS)
    const stop = pause()
    const rows = recordingSink<unknown>()
    const job = pipeline('idleness')
    job
      .from(
        scriptedSource([
          [...records([0]), stop],
          [...records([70_000, 200_000]), pause()],
        ]),
        { name: 'times' },
      )
      .withEventTime(at => at, withIdleness(boundedOutOfOrderness(0), seconds(10)))
      .keyBy(() => 'all')
      .tumblingWindow(minutes(1), { name: 'windows' })
      .aggregate({ n: count() })
      .sink(rows)
    const running = run(job, { clock })
    await stop.reached
    await until(() => running.metrics().sources.every(({ records }) => records > 0))
    clock.jumpTo(clock.now() + byMs)
    clock.advance(9_000)
    expect(running.metrics().sources.some(({ idle }) => idle)).toBe(false)
    clock.advance(2_000)
    await until(() => running.metrics().sources.every(({ idle }) => idle))
    await running.cancel()
  })

  it('does not make timers ring without end', async () => {
    const clock = manualClock(100 * HOURS)
    const stop = pause()
    let told = 0
    const job = pipeline('timers')
    job
      .from(scriptedSource([[...records([1]), stop]]))
      .process({
        kind: 'waits',
        usesProcessingTime: true,
        start: () => {
          let due = Number.POSITIVE_INFINITY
          return {
            get nextProcessingTime() {
              return due
            },
            onBatch() {},
            onProcessingTime(now) {
              told++
              due = now + 10_000
            },
          }
        },
      })
      .sink(recordingSink<unknown>())
    const running = run(job, { clock })
    await stop.reached
    clock.jumpTo(clock.now() + byMs)
    const before = told
    for (let i = 0; i < 100; i++) {
      clock.advance(1_000)
      await Promise.resolve()
    }
    // 100 s hold ten times of ten seconds; none at all while the clock has not come to where it was.
    expect(told - before).toBeLessThanOrEqual(11)
    stop.release()
    await clock.runUntil(running.done)
  })
})
