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
    expect(lines.slice(7).map(line => line.trim())).toEqual([
      '- a window emits when the watermark reaches its last millisecond',
      '- with its end it is forgotten; a record that comes later goes to late()',
    ])
    expect(perMinute.explain()).not.toContain('elsewhere')
  })

  it('says for each window by which clock it emits, and how long it takes late records', () => {
    const keyed = pipeline('windows')
      .from([1])
      .withEventTime(time => time, boundedOutOfOrderness(0))
      .keyBy(time => time)
    const notes = (stream: { explain(): string }) =>
      stream
        .explain()
        .split('\n')
        .filter(line => line.startsWith('    - ') && !line.includes('partition'))
        .map(line => line.trim())
    const late = keyed.tumblingWindow(minutes(1), {
      name: 'late',
      allowedLateness: hours(1),
      emitWhenQuiet: seconds(9),
    })
    expect(notes(late.aggregate({ n: count() }))).toEqual([
      '- a window emits when the watermark reaches its last millisecond',
      '- it takes late records, and emits again, until the watermark is 1 h further; a record that comes later goes to late()',
      '- it also emits what it has after 9 s of wall clock without any record, and stays open',
    ])
    const either = keyed.tumblingWindow(minutes(1), { name: 'either', closeOn: 'either', wallClockDelay: seconds(5) })
    expect(notes(either.aggregate({ n: count() }))[0]).toBe(
      '- a window emits when the watermark reaches its last millisecond, at the latest 5 s behind its end by the wall clock',
    )
    const alone = keyed.tumblingWindow(minutes(1), { name: 'alone', closeOn: 'wallClock', wallClockDelay: seconds(5) })
    expect(notes(alone.aggregate({ n: count() }))).toEqual(['- a window emits 5 s behind its end by the wall clock'])
    const counted = keyed.countWindow(3, { name: 'counted' })
    expect(notes(counted.aggregate({ n: count() }))[0]).toMatch(/^- a window emits by its trigger: /)
  })

  it('says where a silent partition would hold the others back', () => {
    const timed = pipeline('bare')
      .from([1])
      .withEventTime(time => time, boundedOutOfOrderness(0))
    expect(timed.explain()).toContain('- a silent partition holds the others back: withIdleness(policy, ms)')
  })
})
