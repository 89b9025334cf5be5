import { batchOf } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { StreamError } from '../../src/index.ts'
import { userFunctionError } from '../../src/runtime/user-function-error.ts'

const origin = { source: 'readings', partition: 'readings/3', index: 3 }
const batch = { ...batchOf(['a', 'b'], { offsets: [41, 42] }), origin }

describe('the error of a function of the user', () => {
  it('names step, source, partition and offset, keeps the cause, and says what to do', () => {
    const cause = new TypeError('undefined is not a number')
    const error = userFunctionError('to-row', cause, batch, 1)
    expect(error.message).toBe(
      'USER_FUNCTION_FAILED: the function of "to-row" threw at offset 42 of partition readings/3 of "readings": undefined is not a number. Handle such records in the function, or filter them out before it.',
    )
    expect(error.cause).toBe(cause)
    expect(error.place).toEqual({ operator: 'to-row', source: 'readings', partition: 'readings/3', offset: 42 })
    expect(error.retryable).toBe(false)
  })

  it('that is a StreamError keeps its code and whether it may be tried again, and gains the place', () => {
    const cause = new StreamError('LINE_BUSY', 'the line is busy.', { retryable: true })
    const error = userFunctionError('call', cause, batch, 0)
    expect(error).toMatchObject({ code: 'LINE_BUSY', retryable: true, place: { offset: 41 } })
    expect(error.message).toBe(
      'LINE_BUSY: "call" at offset 41 of partition readings/3 of "readings": the line is busy.',
    )
  })

  it('names no place that is not known, and prints whatever was thrown', () => {
    const made = { ...batchOf(['a'], { offsets: [Number.NaN] }), origin }
    expect(userFunctionError('f', 'just text', made, 0).message).toContain('the function of "f" threw: just text.')
    expect(userFunctionError('f', undefined, batchOf([]), 0).place.offset).toBeUndefined()
  })
})
