import { decodeRecords, RecordBatchCursor, RecordBatchEncoder, RecordColumns } from '@rtp/kafka-protocol'
import { WatermarkTracker } from '@rtp/stream-core/extend'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { END, IDLE, type StampKind, StampWriter, VALUE, WATERMARK } from '../../src/repartition/stamp.ts'
import { UpstreamWatermarks } from '../../src/repartition/upstream-watermarks.ts'

interface Stamped {
  readonly task: number
  readonly kind: StampKind
  readonly watermark: number
}

const TASKS = 3

/** What tasks say, in whatever order it comes into the partition. */
const stamps: fc.Arbitrary<Stamped[]> = fc.array(
  fc.record({
    task: fc.nat(TASKS - 1),
    kind: fc.constantFrom<StampKind>(VALUE, VALUE, WATERMARK, IDLE, END),
    watermark: fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constant(Number.NEGATIVE_INFINITY)),
  }),
  { maxLength: 40 },
)

function columnsOf(all: readonly Stamped[], writer = 7, tasks = TASKS): RecordColumns {
  const encoder = new RecordBatchEncoder(1 << 20)
  const stamp = new StampWriter(writer)
  for (const { task, kind, watermark } of all) {
    stamp.of({ index: task, count: tasks })
    encoder.tryAppend(1, kind === VALUE ? 'key' : null, null, stamp.set(kind, watermark * 2, watermark))
  }
  const bytes = Buffer.from(encoder.finish())
  const cursor = new RecordBatchCursor(bytes)
  cursor.next()
  const columns = new RecordColumns(0)
  decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns, 0)
  return columns
}

describe('the watermark of a partition that several tasks write', () => {
  it('is that of one task which reads them all, whenever the reader is restored from its position', () => {
    fc.assert(
      fc.property(stamps, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (all, restores) => {
        fc.pre(all.length > 0)
        const columns = columnsOf(all)
        const oneTask = new WatermarkTracker(TASKS)
        const ended = new Set<number>()
        let upstream = new UpstreamWatermarks('topic/0', undefined)
        for (const [at, { task, kind, watermark }] of all.entries()) {
          if (kind === END) ended.add(task)
          if (kind === END || kind === IDLE) oneTask.markIdle(task, watermark)
          else oneTask.advance(task, watermark)
          expect(upstream.take(columns, at)).toBe(kind === VALUE)
          expect(upstream.time).toBe(watermark * 2)
          if (restores[at] === true) upstream = new UpstreamWatermarks('topic/0', upstream.position(at + 1))
          expect(upstream.output).toBe(oneTask.output)
          expect(upstream.marks(new Float64Array(0)).idle).toBe(oneTask.idle)
          expect(upstream.hasEnded).toBe(ended.size === TASKS)
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('is none before each task has been heard of', () => {
    const columns = columnsOf([
      { task: 0, kind: WATERMARK, watermark: 10 },
      { task: 2, kind: WATERMARK, watermark: 20 },
      { task: 1, kind: VALUE, watermark: 15 },
    ])
    const upstream = new UpstreamWatermarks('topic/0', undefined)
    const outputs = [0, 1, 2].map(at => {
      upstream.take(columns, at)
      return upstream.output
    })
    expect(outputs).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 10])
  })

  it('is refused to be made of two jobs, of a job whose number of tasks changes, and of records without a stamp', () => {
    const upstream = new UpstreamWatermarks('topic/0', undefined)
    const one: Stamped[] = [{ task: 0, kind: VALUE, watermark: 1 }]
    upstream.take(columnsOf(one), 0)
    expect(() => upstream.take(columnsOf(one, 8), 0)).toThrow('was written by another job')
    expect(() => upstream.take(columnsOf(one, 7, 4), 0)).toThrow('of a job with 4 tasks')
    const encoder = new RecordBatchEncoder(1_024)
    encoder.tryAppend(1, 'key', 'a value that is longer than any stamp would be', [['other', 'header']])
    const bytes = Buffer.from(encoder.finish())
    const cursor = new RecordBatchCursor(bytes)
    cursor.next()
    const plain = new RecordColumns(0)
    decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, plain, 0)
    expect(() => upstream.take(plain, 0)).toThrow(
      'KAFKA_REPARTITION_INVALID: topic/0, offset 0: the record has no stamp',
    )
  })

  it('cannot be taken from the position of another kind of source', () => {
    for (const position of [17, { byte: 3, line: 1 }])
      expect(() => new UpstreamWatermarks('topic/0', position)).toThrow('KAFKA_OPTION_INVALID')
  })
})
