import { manualClock } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { TimeSlice } from '../../src/runtime/event-loop.ts'

describe('a time slice', () => {
  it('lets all loops that have used it up go on in one turn, so that none gets far ahead of the others', async () => {
    const clock = manualClock()
    const slice = new TimeSlice(clock)
    expect(slice.pause()).toBeUndefined()
    clock.advance(10)
    const [one, other] = [slice.pause(), slice.pause()]
    expect(one).toBeInstanceOf(Promise)
    expect(other).toBe(one)
    await one
    expect(slice.pause()).toBeUndefined()
  })
})
