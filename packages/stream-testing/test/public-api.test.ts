import { expect, it } from 'vitest'
import * as api from '../src/index.ts'
import * as network from '../src/network.ts'

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

it('exports these names for networks and no others', () => {
  expect(Object.keys(network).sort()).toEqual(['dealNetworkFaults', 'networkProxy'])
})
