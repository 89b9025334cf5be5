export type BrokerErrorCode =
  | 'BROKER_OPTION_INVALID'
  | 'BROKER_ADDRESS_IN_USE'
  | 'BROKER_DATA_DIR_INVALID'
  | 'BROKER_UNKNOWN_PARTITION'

/** Reports why the embedded broker could not do what its own API was asked to; clients get Kafka's error codes instead. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode
  readonly retryable = false

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BrokerError'
    this.code = code
  }
}
