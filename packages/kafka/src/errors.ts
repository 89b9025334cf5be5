import { describeError, errorCodes } from '@rtp/kafka-protocol'
import { messageOf, StreamError, type StreamErrorOptions } from '@rtp/stream-core/extend'

/** Every code that a `StreamError` of this package carries. */
export type KafkaErrorCode =
  /** The user, password or mechanism was refused. */
  | 'KAFKA_AUTHENTICATION_FAILED'
  /** The client was closed while something was under way. */
  | 'KAFKA_CLOSED'
  /** The package that a compression type needs is not installed, or the type is unknown. */
  | 'KAFKA_COMPRESSION_UNAVAILABLE'
  /** A connection ended or a request got no answer in time. */
  | 'KAFKA_CONNECTION_LOST'
  /** Fetched bytes fail their checksum or are no record batch. */
  | 'KAFKA_CORRUPT_BATCH'
  /** A record could not be delivered within the time allowed. */
  | 'KAFKA_DELIVERY_TIMEOUT'
  /** A group could not be joined or has thrown this member out for good. */
  | 'KAFKA_GROUP_FAILED'
  /** The user may not do this. */
  | 'KAFKA_NOT_AUTHORIZED'
  /** The position to read from is not in the partition (any more). */
  | 'KAFKA_OFFSET_OUT_OF_RANGE'
  /** An option of the source, sink or client is not valid. */
  | 'KAFKA_OPTION_INVALID'
  /** The transactional producer was taken over, or its transaction has timed out. */
  | 'KAFKA_PRODUCER_FENCED'
  /** An answer of the broker is not what the protocol says. */
  | 'KAFKA_PROTOCOL'
  /** One record is larger than a batch may be. */
  | 'KAFKA_RECORD_TOO_LARGE'
  /** A repartition topic is used in another way than it was made for: by several jobs, or outside the transactions of its checkpoints. */
  | 'KAFKA_REPARTITION_INVALID'
  /** The broker refused a request for a reason without a code of its own here. */
  | 'KAFKA_REQUEST_FAILED'
  /** The broker has not got what this producer was told it had. */
  | 'KAFKA_SEQUENCE_LOST'
  /** No TLS connection could be made. */
  | 'KAFKA_TLS_FAILED'
  | 'KAFKA_TOPIC_EXISTS'
  | 'KAFKA_TOPIC_MISSING'
  /** The topic has another number of partitions than asked for. */
  | 'KAFKA_TOPIC_PARTITIONS'
  /** The topic was deleted, and another one was made under its name. */
  | 'KAFKA_TOPIC_REPLACED'
  /** A value cannot be written in the format of its serde. */
  | 'KAFKA_VALUE_INVALID'
  /** No broker answered. */
  | 'KAFKA_UNREACHABLE'
  /** A batch expands to more than is allowed. */
  | 'KAFKA_BATCH_TOO_LARGE'

export function kafkaError(code: KafkaErrorCode, message: string, options?: StreamErrorOptions): StreamError {
  return new StreamError(code, message, options)
}

/** Turns the error code of an answer into an error that says what was done and what to do. */
export function brokerError(code: number, doing: string): StreamError {
  const { name, retriable, sentence } = describeError(code)
  if (name.endsWith('AUTHORIZATION_FAILED'))
    return kafkaError(
      'KAFKA_NOT_AUTHORIZED',
      `${doing}: the broker says ${name}. ${sentence} Grant this user the right, e.g. with kafka-acls.`,
    )
  return kafkaError('KAFKA_REQUEST_FAILED', `${doing}: the broker says ${name} (${code}). ${sentence}`, {
    retryable: retriable,
  })
}

/** True for an error that a transactional producer gets once its id was taken over or its transaction was ended by the coordinator. */
export function isProducerFenced(code: number): boolean {
  return FENCING_CODES.has(code)
}

const FENCING_CODES: ReadonlySet<number> = new Set([
  errorCodes.INVALID_PRODUCER_EPOCH,
  errorCodes.INVALID_PRODUCER_ID_MAPPING,
  errorCodes.INVALID_TXN_STATE,
  errorCodes.PRODUCER_FENCED,
  errorCodes.TRANSACTION_ABORTABLE,
  errorCodes.TRANSACTIONAL_ID_NOT_FOUND,
])

export function producerFenced(code: number, doing: string): StreamError {
  return kafkaError(
    'KAFKA_PRODUCER_FENCED',
    `${doing}: the broker says ${describeError(code).name}. The transactional producer was taken over, or its transaction took longer than its time-out. Nothing of it was written.`,
  )
}

/** True for an error after which the same request may succeed on the same or another broker. */
export function isRetriableBrokerError(code: number): boolean {
  return describeError(code).retriable
}

/** Wraps anything that was thrown, unless it is a StreamError already. */
export function asKafkaError(cause: unknown, code: KafkaErrorCode, doing: string): StreamError {
  return cause instanceof StreamError ? cause : kafkaError(code, `${doing}: ${messageOf(cause)}`, { cause })
}
