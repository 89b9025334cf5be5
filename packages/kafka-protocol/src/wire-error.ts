/** Why bytes could not be read or written as the Kafka wire protocol. */
export type WireErrorCode = 'WIRE_TRUNCATED' | 'WIRE_INVALID_LENGTH' | 'WIRE_UNSAFE_INTEGER' | 'WIRE_UNEXPECTED_NULL'

/** Reports bytes that are not what the wire protocol says should stand there. Reading them again gives the same error. */
export class WireError extends Error {
  readonly code: WireErrorCode
  readonly retryable = false

  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}
