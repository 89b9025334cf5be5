import { writeText } from '@rtp/kafka-protocol'
import { encodeKey, type Key } from '@rtp/stream-core/extend'
import { partitionOfKey } from './partitioner.ts'

/** The key of a record: a key of the stream, bytes of one's own, or none. */
export type RecordKey = Key | Uint8Array | null

/** How a key is written: texts as they are, numbers and booleans as their text, tuples in the encoding that state uses. */
export function keyContent(key: Exclude<RecordKey, null>): string | Uint8Array {
  if (typeof key === 'string' || key instanceof Uint8Array) return key
  return typeof key === 'object' ? encodeKey(key) : String(key)
}

/** Partitions of keys, without a Buffer per key. */
export class KeyPlacement {
  readonly #partitions: number
  readonly #scratch = Buffer.alloc(1024)

  constructor(partitions: number) {
    this.#partitions = partitions
  }

  partitionOf(content: string | Uint8Array): number {
    if (typeof content !== 'string') return partitionOfKey(content, this.#partitions)
    const length = writeText(content, this.#scratch, 0)
    return length < 0
      ? partitionOfKey(Buffer.from(content), this.#partitions)
      : partitionOfKey(this.#scratch, this.#partitions, length)
  }
}
