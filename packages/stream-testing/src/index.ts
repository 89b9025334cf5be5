export type { ExpectedItem, OutputOrder } from './operators/first-difference.ts'
export { batchOf, type HarnessOptions, type OperatorHarness, operatorHarness } from './operators/operator-harness.ts'
export type {
  InputActive,
  InputIdle,
  InputItem,
  InputPlace,
  InputRecord,
  InputWatermark,
  OutputActive,
  OutputIdle,
  OutputItem,
  OutputRecord,
  OutputWatermark,
  Quiet,
} from './operators/script.ts'
export { type OperatorCase, verifyOperator } from './operators/verify-operator.ts'
