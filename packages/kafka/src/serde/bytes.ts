import { writeBytes } from '@rtp/kafka-protocol'
import type { Serde } from './serde.ts'

/** The bytes as they are, in a Buffer of their own, so that a kept one does not keep a whole fetch alive. */
export const bytes: Serde<Uint8Array> = {
  name: 'bytes',
  decoder: () => ({ decode: (source, start, end) => Buffer.from(source.subarray(start, end)) }),
  encoder: () => writeBytes,
}
