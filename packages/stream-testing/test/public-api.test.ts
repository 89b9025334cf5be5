import { expect, it } from 'vitest'
import * as api from '../src/index.ts'

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'CONFORMANCE_KINDS',
    'LATE',
    'UnsupportedCase',
    'batchOf',
    'conformanceCases',
    'crash',
    'manualClock',
    'memoryDatabase',
    'operatorHarness',
    'operatorSubject',
    'parseCases',
    'pause',
    'recordingSink',
    'records',
    'runConformanceCase',
    'scriptedSource',
    'simulate',
    'sinkContract',
    'sourceContract',
    'specOf',
    'storeContract',
    'verifyOperator',
  ])
})
