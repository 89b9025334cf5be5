import { describe, expect, it } from 'vitest'
import { IdlenessTimer } from '../../src/time/idleness-timer.ts'

describe('the idleness timer', () => {
  it('is started by the first probe, which finds nothing idle', () => {
    const timer = new IdlenessTimer(10)
    expect([timer.checkIdle(0), timer.checkIdle(10), timer.checkIdle(11)]).toEqual([false, false, true])
  })

  it('starts anew after an activity, at the second probe behind it', () => {
    const timer = new IdlenessTimer(10)
    timer.activity()
    expect([1, 6, 11, 16, 21].map(now => timer.checkIdle(now))).toEqual([false, false, false, false, true])
  })

  it('stays idle until there is an activity', () => {
    const timer = new IdlenessTimer(10)
    expect([0, 11, 500].map(now => timer.checkIdle(now))).toEqual([false, true, true])
    timer.activity()
    expect([501, 502, 513].map(now => timer.checkIdle(now))).toEqual([false, false, true])
  })

  it('needs a time-out above zero', () => {
    for (const timeout of [0, -1, Number.NaN]) expect(() => new IdlenessTimer(timeout)).toThrow('DURATION_INVALID')
  })
})
