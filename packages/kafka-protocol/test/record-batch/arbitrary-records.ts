import fc from 'fast-check'
import type { RecordHeader } from '../../src/index.ts'

/** A record as a test writes it down. */
export interface SampleRecord {
  readonly timestamp: number
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly headers: readonly RecordHeader[]
}

const field = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.uint8Array({ minLength: 100, maxLength: 9_000 }),
  fc.constant(null),
)

const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: -4_000_000_000_000_000, max: 4_000_000_000_000_000 }),
  fc.constant(-1),
)

const header = fc.tuple(
  fc.string({ maxLength: 10 }),
  fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.string(), fc.constant(null)),
)

/** Any records that a batch can hold: odd times, null keys and values, text in several alphabets, headers that repeat. */
export const arbitraryRecords: fc.Arbitrary<readonly SampleRecord[]> = fc.array(
  fc.record({
    timestamp,
    key: field,
    value: field,
    headers: fc.oneof(fc.constant([]), fc.array(header, { maxLength: 4 })),
  }),
  { minLength: 1, maxLength: 30 },
)

/** Bytes of a field as they lie in a batch. */
export function bytesOf(field: Uint8Array | string | null): Buffer | null {
  if (field === null) return null
  return typeof field === 'string' ? Buffer.from(field) : Buffer.from(field)
}
