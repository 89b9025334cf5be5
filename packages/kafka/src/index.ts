export type { CompressionName, FieldWriter, RecordHeader } from '@rtp/kafka-protocol'
export {
  type KafkaCheckpoints,
  type KafkaCheckpointsOptions,
  type KafkaTransactionalSinkOptions,
  kafkaCheckpoints,
} from './checkpoints/kafka-checkpoints.ts'
export type { OpenOptions } from './cluster/open-cluster.ts'
export type { KafkaErrorCode } from './errors.ts'
export type { KafkaConnectionOptions, SaslOptions, TlsOptions } from './kafka-client.ts'
export { murmur2, partitionOfKey } from './partitioner.ts'
export type { ProducerOptions } from './producer/topic-producer.ts'
export type { RecordKey } from './record-key.ts'
export {
  type Repartition,
  type RepartitionOptions,
  type RepartitionSinkOptions,
  type RepartitionSourceOptions,
  repartition,
} from './repartition/repartition.ts'
export { bytes } from './serde/bytes.ts'
export { json } from './serde/json.ts'
export { field, type JsonField, type JsonFieldReader, type JsonFieldWriter } from './serde/json-field.ts'
export type { JsonShape, ValueOf } from './serde/json-shape.ts'
export { nullable } from './serde/nullable.ts'
export type { RecordFault, RecordFaultReason } from './serde/record-fault.ts'
export type { Decoder, Serde } from './serde/serde.ts'
export { text } from './serde/text.ts'
export { type KafkaSinkOptions, kafkaSink } from './sink/kafka-sink.ts'
export type { KafkaRecord } from './source/kafka-record.ts'
export { type KafkaSelect, type KafkaSourceOptions, kafkaSource } from './source/kafka-source.ts'
export {
  deleteTopic,
  describeTopic,
  ensureTopic,
  retentionWarning,
  type TopicDescription,
  type TopicOffsets,
  type TopicSpec,
  topicOffsets,
  waitForKafka,
} from './topics.ts'
