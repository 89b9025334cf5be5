export type { ContractCase, Disposable } from './contracts/contract-case.ts'
export type { StorePlace } from './contracts/opened-stores.ts'
export { type SinkContractOptions, type SinkPlace, sinkContract } from './contracts/sink-contract.ts'
export { type SourceContractOptions, type SourcePlace, sourceContract } from './contracts/source-contract.ts'
export { type StoreContractOptions, storeContract } from './contracts/store-contract.ts'
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
  ProcessingTime,
  Quiet,
} from './operators/script.ts'
export { type OperatorCase, verifyOperator } from './operators/verify-operator.ts'
export { type MemoryDatabase, type MemoryDatabaseOptions, memoryDatabase } from './sinks/memory-database.ts'
export {
  type RecordedRecord,
  type RecordingSink,
  type RecordingSinkOptions,
  recordingSink,
  type SinkEvent,
} from './sinks/recording-sink.ts'
export { type ScriptedSource, type ScriptedSourceOptions, scriptedSource } from './sources/scripted-source.ts'
export {
  type Crash,
  crash,
  type Pause,
  pause,
  records,
  type ScriptedBadRecord,
  type ScriptedRecord,
  type SourceStep,
} from './sources/source-script.ts'
export { type ManualClock, manualClock } from './time/manual-clock.ts'
