import { expect, it } from 'vitest'
import { isRetryable, StreamError } from '../../../src/extend.ts'
import { fromThrown, toThrown } from '../../../src/runtime/threads/thrown.ts'

it('brings an error of the library across with all that one may ask it for', () => {
  const place = { operator: 'map', partition: 'numbers/3', offset: 17 }
  const cause = Object.assign(new RangeError('server says no'), { code: '40001' })
  const sent = new StreamError('SINK_FAILED', 'the table is gone. Make it again.', { retryable: true, place, cause })
  const got = fromThrown(structuredClone(toThrown(sent)), 2)
  expect(got).toBeInstanceOf(StreamError)
  expect(isRetryable(got)).toBe(true)
  expect(got).toMatchObject({
    name: 'StreamError',
    code: 'SINK_FAILED',
    message: 'SINK_FAILED: the table is gone. Make it again.',
    place: { ...place, thread: 2 },
    stack: sent.stack,
    cause: { name: 'RangeError', message: 'server says no', code: '40001', stack: cause.stack },
  })
})

it('brings anything else across as far as there is something', () => {
  expect(fromThrown(toThrown('just text'))).toMatchObject({ name: 'Error', message: 'just text' })
  expect(fromThrown(toThrown(undefined))).toMatchObject({ message: 'undefined' })
  const circle = new Error('one')
  circle.cause = circle
  let depth = 0
  for (let at: unknown = fromThrown(toThrown(circle)); at instanceof Error; at = at.cause) depth++
  expect(depth).toBe(9)
})
