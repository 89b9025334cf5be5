import type { FieldWriter, RecordColumns } from '@rtp/kafka-protocol'
import type { RecordFault } from './record-fault.ts'

/**
 * How a key or value lies in a record's bytes. Implement it for a format of your own (Avro, Protobuf, a schema registry); a serde is a value
 * without state, what keeps caches is made per reader and per writer.
 */
export interface Serde<T> {
  /** For error messages, e.g. `json`. */
  readonly name: string
  decoder(): Decoder<T>
  /** Writes a value's bytes where they belong; see FieldWriter for the contract. Throws on a value that the format cannot hold. */
  encoder(): FieldWriter<T>
  /** What a record without a value (a tombstone) stands for. Without it, such a record is a bad record. */
  readonly ofNull?: { readonly value: T }
}

export interface Decoder<T> {
  /**
   * The value in `bytes[start, end)`. On a fault it calls `fault.set` and returns any value of the type. Must not keep the bytes: copy what
   * lives longer.
   */
  decode(bytes: Buffer, start: number, end: number, fault: RecordFault): T
  /**
   * Called before the records of a run are decoded, for what has to be waited for, e.g. schemas that are not known yet. Undefined when
   * there is nothing to wait for.
   */
  prepare?(records: RecordColumns): Promise<void> | undefined
}
