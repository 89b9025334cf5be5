export { batchOf, type HarnessOptions, type OperatorHarness, operatorHarness } from './operators/operator-harness.ts'
export type {
  InputActive,
  InputIdle,
  InputItem,
  InputRecord,
  InputWatermark,
  OutputActive,
  OutputIdle,
  OutputItem,
  OutputRecord,
  OutputWatermark,
  Quiet,
} from './operators/script.ts'
