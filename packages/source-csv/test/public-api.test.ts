import { expect, it } from 'vitest'
import * as api from '../src/index.ts'

it('exports exactly what its users may rely on', () => {
  expect(Object.keys(api).sort()).toEqual([
    'boolean',
    'csvSource',
    'integer',
    'number',
    'optional',
    'parseTimestamp',
    'readCsv',
    'text',
    'timestamp',
  ])
})
