import { describe, expect, it } from 'vitest'
import {
  boundedOutOfOrderness,
  count,
  hours,
  minutes,
  pipeline,
  seconds,
  toArray,
  withAlignment,
  withIdleness,
} from '../../src/index.ts'

describe('stream.explain()', () => {
  it('tells the steps that lead to the stream, how each watermark is made, and what makes each window emit', () => {
    const job = pipeline('telemetry')
    const readings = job.from([{ sensor: 'a', at: 0 }], { name: 'readings' })
    const policy = withAlignment(withIdleness(boundedOutOfOrderness(seconds(5)), minutes(1)), {
      group: 'day',
      maxDriftMs: hours(1),
    })
    const perMinute = readings
      .withEventTime(reading => reading.at, policy, { validTimes: { from: 0 } })
      .keyBy(reading => reading.sensor)
      .tumblingWindow(minutes(1), { name: 'per-minute' })
      .aggregate({ n: count() })
    readings.map(reading => reading.at, { name: 'elsewhere' }).sink(toArray<number>([]))
    const lines = perMinute.explain().split('\n')
    expect(lines[0]).toMatch(/^readings +source/)
    expect(lines.slice(1, 6).map(line => line.trim())).toEqual([
      expect.stringMatching(
        /^eventTime +eventTime \(bounded out-of-orderness 5 s, idle after 1 min, at most 1 h ahead/,
      ),
      expect.stringContaining('- watermark of each partition: bounded out-of-orderness 5 s'),
      '- a partition counts as idle after 1 min of wall clock without a record',
      '- a partition is not read while it is more than 1 h ahead of the slowest of group day',
      '- valid times from 1970-01-01T00:00:00.000Z; other records never move the watermark',
    ])
    expect(lines[6]).toMatch(/^per-minute +window.*tumbling 1 min/)
    expect(perMinute.explain()).not.toContain('elsewhere')
  })

  it('says where a silent partition would hold the others back', () => {
    const timed = pipeline('bare')
      .from([1])
      .withEventTime(time => time, boundedOutOfOrderness(0))
    expect(timed.explain()).toContain('- a silent partition holds the others back: withIdleness(policy, ms)')
  })
})
