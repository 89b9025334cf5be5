export { type EmbeddedBroker, type PartitionInfo, startBroker, type TopicInfo, type TopicSpec } from './broker.ts'
export { BrokerError, type BrokerErrorCode } from './broker-error.ts'
export type { BrokerOptions } from './broker-options.ts'
export type { DelayOptions, DropOptions, FailOptions, Fault, Faults } from './faults.ts'
