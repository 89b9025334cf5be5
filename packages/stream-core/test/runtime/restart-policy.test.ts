import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/index.ts'
import { restartDelayMs } from '../../src/runtime/restart-policy.ts'

const passing = new StreamError('LINE_BUSY', 'the line is busy.', { retryable: true })

describe('the restart policy', () => {
  it('doubles the delay with each failure in a row, up to the longest', () => {
    const policy = { initialDelayMs: 100, maxDelayMs: 1_000, attempts: 6 }
    const delays = [0, 1, 2, 3, 4, 5, 6].map(failures => restartDelayMs(policy, failures, passing))
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, undefined])
  })

  it('gives up at once on an error that trying again cannot mend', () => {
    expect(restartDelayMs({}, 0, new StreamError('BAD_RECORD', 'no.'))).toBeUndefined()
    expect(restartDelayMs({}, 0, new Error('no'))).toBeUndefined()
    expect(restartDelayMs({}, 0, 'no')).toBeUndefined()
  })

  it('never restarts when told so', () => {
    expect(restartDelayMs({ attempts: 0 }, 0, passing)).toBeUndefined()
  })
})
