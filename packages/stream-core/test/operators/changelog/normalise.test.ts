import { verifyOperator } from '@rtp/stream-testing'
import { describe, it } from 'vitest'
import type { Change } from '../../../src/index.ts'
import { normalise } from '../../../src/operators/changelog/normalise.ts'
import { byKey } from '../by-key.ts'
import { after, before, insert, remove } from './change.ts'

interface User {
  readonly id: number
  readonly name?: string
}

const byId = byKey<Change<User>>(({ value }) => value.id)
const values = (...changes: readonly Change<User>[]) => changes.map(value => ({ value }))

describe('normalise', () => {
  it('makes full changes of upserts and of deletes that have the key alone', async () => {
    await verifyOperator(normalise<User>({}, byId), {
      input: values(
        after({ id: 1, name: 'Ann' }),
        after({ id: 1, name: 'Anna' }),
        after({ id: 1, name: 'Anna' }),
        remove({ id: 1 }),
        insert({ id: 1, name: 'Bob' }),
      ),
      expected: values(
        insert({ id: 1, name: 'Ann' }),
        before({ id: 1, name: 'Ann' }),
        after({ id: 1, name: 'Anna' }),
        remove({ id: 1, name: 'Anna' }),
        insert({ id: 1, name: 'Bob' }),
      ),
    })
  })

  it('takes an updateBefore for a delete, since an updateAfter need not follow', async () => {
    await verifyOperator(normalise<User>({}, byId), {
      input: values(insert({ id: 1, name: 'Ann' }), before({ id: 1, name: 'Ann' }), after({ id: 1, name: 'Anna' })),
      expected: values(insert({ id: 1, name: 'Ann' }), remove({ id: 1, name: 'Ann' }), insert({ id: 1, name: 'Anna' })),
    })
  })

  it('counts a delete of what is not there', async () => {
    await verifyOperator(normalise<User>({}, byId), {
      input: values(remove({ id: 1 }), insert({ id: 2, name: 'Bob' })),
      expected: values(insert({ id: 2, name: 'Bob' })),
      metrics: { missingRetractions: 1 },
    })
  })

  it('leaves out the row before where nobody needs it', async () => {
    await verifyOperator(normalise<User>({ updateBefore: false }, byId), {
      input: values(after({ id: 1, name: 'Ann' }), after({ id: 1, name: 'Anna' })),
      expected: values(insert({ id: 1, name: 'Ann' }), after({ id: 1, name: 'Anna' })),
    })
  })
})
