import { expect, test } from 'vitest'
import { nearestName } from '../src/nearest-name.ts'

const names = ['report', 'rows', 'partitions', 'help']

test('finds the name that a mistyped one stands for', () => {
  expect(nearestName('reprot', names)).toBe('report')
  expect(nearestName('row', names)).toBe('rows')
  expect(nearestName('Partition', names)).toBe('partitions')
})

test('says nothing where no name is near', () => {
  expect(nearestName('velocity', names)).toBeUndefined()
  expect(nearestName('anything', [])).toBeUndefined()
})
