import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/index.ts'
import { restartDelayMs } from '../../src/runtime/restart-policy.ts'

const passing = new StreamError('LINE_BUSY', 'the line is busy.', { retryable: true })

describe('the restart policy', () => {
  it('doubles the delay with each failure in a row, up to the longest', () => {
    const policy = { initialDelayMs: 100, maxDelayMs: 1_000, attempts: 6 }
    const delays = [0, 1, 2, 3, 4, 5, 6].map(failures => restartDelayMs(policy, failures, passing, 0.5))
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, undefined])
  })

  it('gives up at once on an error that trying again cannot mend', () => {
    expect(restartDelayMs({}, 0, new StreamError('BAD_RECORD', 'no.'), 0.5)).toBeUndefined()
    expect(restartDelayMs({}, 0, new Error('no'), 0.5)).toBeUndefined()
    expect(restartDelayMs({}, 0, 'no', 0.5)).toBeUndefined()
  })

  it('moves each delay by chance, so that processes do not come back in the same moment', () => {
    const delay = (chance: number, jitter?: number) =>
      restartDelayMs({ initialDelayMs: 100, ...(jitter === undefined ? {} : { jitter }) }, 0, passing, chance)
    expect([delay(0), delay(0.5), delay(1)]).toEqual([80, 100, 120])
    expect([delay(0, 0), delay(1, 0)]).toEqual([100, 100])
    expect([delay(0, 1), delay(1, 1)]).toEqual([0, 200])
  })

  it('never restarts when told so', () => {
    expect(restartDelayMs({ attempts: 0 }, 0, passing, 0.5)).toBeUndefined()
  })
})
