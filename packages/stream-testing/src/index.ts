export { parseCases } from './conformance/case-file.ts'
export type { CaseOptions } from './conformance/case-options.ts'
export type {
  CaseElement,
  CaseInput,
  CaseOperator,
  CaseResult,
  CaseWindow,
  ConformanceCase,
  ElementItem,
  ExpectedError,
  ExpectedResult,
  InputId,
  ResultOrder,
  WatermarkItem,
} from './conformance/conformance-case.ts'
export { type ConformanceFile, conformanceCases } from './conformance/conformance-cases.ts'
export {
  type ConformanceKind,
  type ConformanceSubject,
  type SnapshotKind,
  type SubjectOutput,
  UnsupportedCase,
} from './conformance/conformance-kind.ts'
export { CONFORMANCE_KINDS } from './conformance/kinds.ts'
export { LATE, type OperatorSubjectOptions, operatorSubject, type SideOutput } from './conformance/operator-subject.ts'
export { type CaseReport, type ConformanceOptions, runConformanceCase } from './conformance/run-conformance-case.ts'
export { specOf } from './conformance/spec-of.ts'
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
export type { FaultKind } from './simulation/faults.ts'
export type { Random } from './simulation/random.ts'
export type { SimulatedRecord } from './simulation/simulated-log.ts'
export type { SimulatedSinkOptions } from './simulation/simulated-sink.ts'
export {
  type SimulatedWorld,
  type SimulationInput,
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from './simulation/simulation.ts'
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
