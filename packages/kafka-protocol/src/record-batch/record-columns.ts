/**
 * Decoded records, a column a field: offsets and timestamps as numbers, keys, values and headers as positions in `bytes`. Columns may be
 * longer than `size`; what lies behind it is stale. No object is made per record.
 */
export class RecordColumns {
  /** What the positions refer to: the fetched bytes, or the decompressed content of one batch. */
  bytes: Buffer = NO_BYTES
  size = 0
  offsets: Float64Array
  /** Epoch milliseconds. */
  timestamps: Float64Array
  keyStarts: Int32Array
  /** -1 for a null key. */
  keyLengths: Int32Array
  valueStarts: Int32Array
  /** -1 for a null value (a tombstone). */
  valueLengths: Int32Array
  /** Where `readRecordHeaders` starts. */
  headerStarts: Int32Array

  constructor(capacity = 1024) {
    this.offsets = new Float64Array(capacity)
    this.timestamps = new Float64Array(capacity)
    this.keyStarts = new Int32Array(capacity)
    this.keyLengths = new Int32Array(capacity)
    this.valueStarts = new Int32Array(capacity)
    this.valueLengths = new Int32Array(capacity)
    this.headerStarts = new Int32Array(capacity)
  }

  get capacity(): number {
    return this.offsets.length
  }

  /** Key of a record as a view; null where it has none. */
  key(index: number): Buffer | null {
    const length = this.keyLengths[index]!
    return length < 0 ? null : this.bytes.subarray(this.keyStarts[index]!, this.keyStarts[index]! + length)
  }

  /** Value of a record as a view; null for a tombstone. */
  value(index: number): Buffer | null {
    const length = this.valueLengths[index]!
    return length < 0 ? null : this.bytes.subarray(this.valueStarts[index]!, this.valueStarts[index]! + length)
  }

  /** Makes room for `records` more, keeping what is there. */
  reserve(records: number): void {
    const needed = this.size + records
    if (needed <= this.capacity) return
    const capacity = Math.max(needed, this.capacity * 2)
    this.offsets = grown(this.offsets, new Float64Array(capacity))
    this.timestamps = grown(this.timestamps, new Float64Array(capacity))
    this.keyStarts = grown(this.keyStarts, new Int32Array(capacity))
    this.keyLengths = grown(this.keyLengths, new Int32Array(capacity))
    this.valueStarts = grown(this.valueStarts, new Int32Array(capacity))
    this.valueLengths = grown(this.valueLengths, new Int32Array(capacity))
    this.headerStarts = grown(this.headerStarts, new Int32Array(capacity))
  }
}

const NO_BYTES = Buffer.alloc(0)

function grown<C extends Float64Array | Int32Array>(column: C, larger: C): C {
  larger.set(column)
  return larger
}
