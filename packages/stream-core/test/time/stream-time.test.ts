import { describe, expect, it } from 'vitest'
import type { Origin } from '../../src/batch/batch.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { StreamTime } from '../../src/time/stream-time.ts'

const partition = (index: number): Origin => ({ source: 's', partition: `s/${index}`, index })

describe('stream time', () => {
  it('is the highest event time so far', () => {
    const time = new StreamTime([partition(0)])
    expect(time.now).toBe(Number.NEGATIVE_INFINITY)
    time.from(partition(0))
    time.observe(5)
    time.observe(3)
    expect(time.now).toBe(5)
  })

  it('is the lowest of several partitions, so that none is read ahead of', () => {
    const time = new StreamTime([partition(0), partition(1)])
    time.from(partition(0))
    time.observe(100)
    expect(time.now).toBe(Number.NEGATIVE_INFINITY)
    time.from(partition(1))
    time.observe(20)
    expect(time.now).toBe(20)
    time.observe(150)
    expect(time.now).toBe(100)
  })

  it('follows the watermark, which passes over partitions that are idle', () => {
    const time = new StreamTime([partition(0), partition(1)])
    time.from(partition(0))
    time.observe(100)
    time.follow(59)
    expect(time.now).toBe(60)
    time.follow(20)
    expect(time.now).toBe(60)
  })

  it('follows the watermark alone where it is unknown which of several partitions a record comes from', () => {
    const time = new StreamTime([partition(0), partition(1)])
    time.from(undefined)
    time.observe(100)
    expect(time.now).toBe(Number.NEGATIVE_INFINITY)
    time.follow(9)
    expect(time.now).toBe(10)
  })

  it('is restored by the names of the partitions', () => {
    const time = new StreamTime([partition(0), partition(1)])
    time.from(partition(1))
    time.observe(50)
    const state = new StateWriter()
    time.write(state)
    const restored = new StreamTime([partition(1), partition(0), partition(2)])
    restored.read(new StateReader(state.take()))
    restored.from(partition(0))
    restored.observe(70)
    expect(restored.now).toBe(Number.NEGATIVE_INFINITY)
    restored.from(partition(2))
    restored.observe(60)
    expect(restored.now).toBe(50)
  })
})
