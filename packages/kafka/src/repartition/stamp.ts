import { type RecordColumns, type RecordHeader, readInt32, writeInt32 } from '@rtp/kafka-protocol'
import type { SinkTask } from '@rtp/stream-core/extend'

/** What a stamp is beside: a value, or nothing: then a task says how far it is, that it is idle from there on, or that its input has ended there. */
export type StampKind = typeof VALUE | typeof WATERMARK | typeof IDLE | typeof END
export const VALUE = 1
export const WATERMARK = 2
export const IDLE = 3
export const END = 4

/**
 * Every record of a repartition topic has one header, its stamp:
 *
 *     kind int8, writer uint32, task uint16, tasks uint16, event time float64, watermark float64
 *
 * `writer` stands for the job that writes, `tasks` is the number of its tasks, `watermark` that of the task: in effect when the record arrived.
 */
const KEY = 'rtp'
const STAMP_BYTES = 25
/** One header, its key, the length of its value: as the record format writes them. */
const PREFIX = Buffer.from([2, 2 * KEY.length, ...Buffer.from(KEY), 2 * STAMP_BYTES])
/** What 16 bits hold. */
export const MAX_TASKS = 0xffff

/** Writes stamps into one buffer, as nothing is to be allocated per record. */
export class StampWriter {
  /** The stamp as headers of a record; the next call of `set` changes it. */
  readonly headers: readonly RecordHeader[]
  readonly #bytes = Buffer.alloc(STAMP_BYTES)
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, STAMP_BYTES)

  constructor(writer: number) {
    this.headers = [[KEY, this.#bytes]]
    writeInt32(this.#bytes, 1, writer | 0)
  }

  /** Says which task writes from here on. */
  of({ index, count }: SinkTask): void {
    this.#view.setUint16(5, index)
    this.#view.setUint16(7, count)
  }

  set(kind: StampKind, time: number, watermark: number): readonly RecordHeader[] {
    const view = this.#view
    view.setInt8(0, kind)
    view.setFloat64(9, time)
    view.setFloat64(17, watermark)
    return this.headers
  }
}

/** Reads stamps where they are in fetched records. */
export class StampReader {
  kind: number = VALUE
  writer = 0
  task = 0
  tasks = 0
  time = Number.NaN
  watermark = Number.NEGATIVE_INFINITY
  #bytes: Buffer | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))

  /** False: the record has no stamp, so it is of somebody else. */
  read(columns: RecordColumns, index: number): boolean {
    const { bytes } = columns
    const start = columns.headerStarts[index]!
    if (start + PREFIX.length + STAMP_BYTES > bytes.length) return false
    for (let i = 0; i < PREFIX.length; i++) if (bytes[start + i] !== PREFIX[i]) return false
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    const view = this.#view
    const at = start + PREFIX.length
    this.kind = view.getInt8(at)
    this.writer = readInt32(bytes, at + 1) >>> 0
    this.task = view.getUint16(at + 5)
    this.tasks = view.getUint16(at + 7)
    this.time = view.getFloat64(at + 9)
    this.watermark = view.getFloat64(at + 17)
    return true
  }
}
