import { bytes, kafkaSink, nullable } from '@rtp/kafka'
import { from, run } from '@rtp/stream-core'
import { expect, test } from 'vitest'
import { PipelineFixture } from './pipeline-fixture.ts'

const reading = (fields: object) =>
  Buffer.from(JSON.stringify({ sensor_id: 1, value: 2, event_time: '2026-01-01T00:00:00.000Z', ...fields }))

const BAD: readonly (readonly [reason: string, content: Buffer | null])[] = [
  ['NOT_JSON', Buffer.from('{"sensor_id":1')],
  ['SHAPE_INVALID', Buffer.from('[1,2,3]')],
  ['FIELD_MISSING', Buffer.from('{"sensor_id":1,"value":2}')],
  ['NUMBER_INVALID', reading({ value: 'high' })],
  ['INTEGER_INVALID', reading({ sensor_id: 1.5 })],
  ['TIMESTAMP_INVALID', reading({ event_time: 'soon' })],
  ['TIMESTAMP_OUT_OF_RANGE', reading({ event_time: '9999-01-01T00:00:00.000Z' })],
  ['TIMESTAMP_OUT_OF_RANGE', reading({ event_time: '1850-01-01T00:00:00.000Z' })],
  ['EMPTY', Buffer.alloc(0)],
  ['TOMBSTONE', null],
  ['NOT_UTF8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['NOT_JSON', Buffer.alloc(1_000_000, 'x')],
]

test('messages that are no readings go to dead_letters with their bytes and reason, and the others are not held up', async () => {
  const fixture = await PipelineFixture.open()
  const csv =
    'sensor_id,value,event_time\n' +
    Array.from({ length: 500 }, (_, i) => `s${i % 7},${i},2026-01-01T00:0${i % 5}:00Z\n`).join('')
  const input = await fixture.file('in.csv', csv)
  await fixture.succeed('produce', '--input', input)
  const sink = kafkaSink({
    brokers: [fixture.broker.address],
    topic: 'telemetry.v0',
    value: nullable(bytes),
    partition: () => 0,
  })
  await run(from(BAD.map(([, content]) => content)).sink(sink)).done
  const job = await fixture.run('job', '--until-end', '--no-dashboard')
  expect(job.code, job.stderr).toBe(0)
  expect(job.stdout).toContain('512 messages read: 500 rows in raw_events, 12 in dead_letters')
  const { rows } = await fixture.database.query(
    'select topic, kafka_partition, reason, detail, payload from telemetry.dead_letters order by kafka_offset',
  )
  expect(rows.map(row => [row.topic, row.kafka_partition, row.reason])).toEqual(
    BAD.map(([reason]) => ['telemetry.v0', 0, reason]),
  )
  expect(rows.map(row => row.payload)).toEqual(BAD.map(([, content]) => content ?? Buffer.alloc(0)))
  for (const { detail } of rows) expect(detail).toMatch(/\w/)
  // The sums of messages hold, although twelve of them did not come from the CSV.
  const verified = await fixture.run('verify', '--input', input)
  expect(verified.code, verified.stdout).toBe(0)
})
