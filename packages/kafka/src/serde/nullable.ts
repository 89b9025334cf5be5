import { kafkaError } from '../errors.ts'
import type { Serde } from './serde.ts'

/** A serde whose tombstones are values: `null` in both directions, as compacted topics use them for "deleted". */
export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  return {
    name: `nullable ${serde.name}`,
    ofNull: { value: null },
    decoder: () => serde.decoder(),
    encoder() {
      const write = serde.encoder()
      return (value, bytes, at) => {
        if (value !== null) return write(value, bytes, at)
        // The sink writes a null value by itself and does not come here.
        throw kafkaError('KAFKA_VALUE_INVALID', 'null cannot be encoded in the middle of something else')
      }
    },
  }
}
