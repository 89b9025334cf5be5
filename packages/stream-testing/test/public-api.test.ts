import { expect, it } from 'vitest'
import * as api from '../src/index.ts'

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'batchOf',
    'crash',
    'manualClock',
    'memoryDatabase',
    'operatorHarness',
    'pause',
    'recordingSink',
    'records',
    'scriptedSource',
    'sinkContract',
    'sourceContract',
    'storeContract',
    'verifyOperator',
  ])
})
