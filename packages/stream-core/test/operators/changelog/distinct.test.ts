import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { distinct } from '../../../src/operators/changelog/distinct.ts'
import { byKey } from '../by-key.ts'

interface Visit {
  readonly user: string
  readonly page: string
}

const visit = (user: string, page: string): Visit => ({ user, page })
const byUser = byKey<Visit>(({ user }) => user)

describe('distinct', () => {
  it('lets the first record of each key through', async () => {
    await verifyOperator(distinct<Visit>({}, byUser), {
      input: [
        { value: visit('a', 'x'), time: 1 },
        { value: visit('b', 'x'), time: 2 },
        { value: visit('a', 'y'), time: 3 },
        { watermark: 10 },
      ],
      expected: [{ value: visit('a', 'x'), time: 1 }, { value: visit('b', 'x'), time: 2 }, { watermark: 10 }],
    })
  })

  it('remembers a key for the TTL after the record that it let through; dropped ones do not prolong it', async () => {
    await verifyOperator(distinct<Visit>({ ttl: { ms: 100, clock: 'eventTime' } }, byUser), {
      input: [
        { value: visit('a', 'x'), time: 0 },
        { value: visit('a', 'y'), time: 90 },
        { watermark: 99 },
        { value: visit('a', 'z'), time: 100 },
        { watermark: 100 },
        { value: visit('a', 'w'), time: 101 },
      ],
      expected: [{ value: visit('a', 'x') }, { value: visit('a', 'w') }],
    })
  })

  it('keeps nothing of keys whose TTL is over, on the heap or in snapshots', () => {
    const harness = operatorHarness(distinct<Visit>({ ttl: { ms: 10, clock: 'processingTime' } }, byUser))
    for (let i = 0; i < 5_000; i++) harness.record(visit(`user ${i}`, 'x'))
    expect(harness.snapshot('all').length).toBeGreaterThan(50_000)
    harness.processingTime(10)
    harness.snapshot('changes')
    expect(harness.snapshot('all').length).toBeLessThan(20)
  })

  it('stays right over many keys that come, go and come again', () => {
    const spec = distinct<Visit>({ ttl: { ms: 10, clock: 'processingTime' } }, byUser)
    const harness = operatorHarness(spec)
    let passed = 0
    for (let round = 1; round <= 20; round++) {
      harness.processingTime(round * 10)
      for (let i = 0; i < 200; i++) for (const page of ['x', 'y']) harness.record(visit(`user ${i}`, page))
      passed += harness.take().length
    }
    expect(passed).toBe(20 * 200)
  })
})
