import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/index.ts'

describe('manualClock', () => {
  it('fires timers in the order of their times, each at its own, also those that a timer sets', () => {
    const clock = manualClock(1_000)
    const fired: string[] = []
    const at = (name: string) => () => void fired.push(`${name} at ${clock.now()}`)
    clock.after(30, at('late'))
    clock.after(10, () => {
      at('early')()
      clock.after(5, at('nested'))
      clock.after(500, at('never'))
    })
    clock.after(10, at('second'))
    clock.advance(29)
    expect(fired).toEqual(['early at 1010', 'second at 1010', 'nested at 1015'])
    clock.advance(1)
    expect(fired.at(-1)).toBe('late at 1030')
    expect(clock.pending).toBe(1)
  })

  it('forgets a cancelled timer, and calls none before time moves', () => {
    const clock = manualClock()
    let fired = 0
    const cancel = clock.after(0, () => fired++)
    clock.after(0, () => fired++)
    expect(fired).toBe(0)
    cancel()
    clock.advance(0)
    expect(fired).toBe(1)
  })

  it('jumps by the wall without moving timers or monotonic time', () => {
    const clock = manualClock(1_000)
    let fired = 0
    clock.after(10, () => fired++)
    clock.jumpTo(500)
    expect([clock.now(), clock.monotonic(), fired]).toEqual([500, 0, 0])
    clock.advance(10)
    expect([clock.now(), clock.monotonic(), fired]).toEqual([510, 10, 1])
  })

  it('moves from timer to timer until something has come to its end', async () => {
    const clock = manualClock()
    const hours = async () => {
      for (let i = 0; i < 24; i++) await new Promise<void>(resolve => clock.after(3_600_000, resolve))
      return clock.now()
    }
    expect(await clock.runUntil(hours())).toBe(24 * 3_600_000)
    await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})
