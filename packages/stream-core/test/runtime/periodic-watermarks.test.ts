import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { pipeline, run, watermarkPolicy } from '../../src/index.ts'
import { until } from './until.ts'

describe('a watermark that moves by the wall clock', () => {
  it('comes with the tick behind the record, and no tick comes while there is nothing new', async () => {
    const clock = manualClock()
    const silent = pause()
    const job = pipeline('ticks')
    const policy = watermarkPolicy<number, { last: number | undefined }>({
      name: 'last time',
      state: () => ({ last: undefined }),
      onRecord(_, time, state) {
        state.last = time
        return undefined
      },
      periodic: { periodMs: 50, watermark: ({ last }) => last },
    })
    job
      .from(scriptedSource<number>([[...records([7]), silent]]))
      .withEventTime(time => time, policy)
      .sink(recordingSink())
    const running = run(job, { clock, checkpoint: { intervalMs: 1_000_000 } })
    await silent.reached
    await until(() => running.metrics().sources[0]?.records === 1)
    const watermark = () => running.metrics().operators[0]?.watermark
    clock.advance(49)
    expect(watermark()).toBe(Number.NEGATIVE_INFINITY)
    clock.advance(1)
    await until(() => watermark() === 7)
    silent.release()
    await running.done
  })
})
