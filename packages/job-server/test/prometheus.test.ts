import { describe, expect, it } from 'vitest'
import { prometheusText } from '../src/prometheus.ts'

describe('prometheusText', () => {
  it('writes help and type once, then a line for each sample', () => {
    const text = prometheusText([
      {
        name: 'rtp_records_total',
        type: 'counter',
        help: 'Records.',
        samples: [
          { labels: { job: 'a', partition: '0' }, value: 1 },
          { labels: {}, value: 1.5e21 },
        ],
      },
    ])
    expect(text).toBe(
      '# HELP rtp_records_total Records.\n# TYPE rtp_records_total counter\nrtp_records_total{job="a",partition="0"} 1\nrtp_records_total 1.5e+21\n',
    )
  })

  it('escapes labels and help, so that no text can end its line or quote', () => {
    const text = prometheusText([
      { name: 'x', type: 'gauge', help: 'a\\b\nc', samples: [{ labels: { topic: 'a"b\\c\nd' }, value: Number.NaN }] },
    ])
    expect(text).toBe('# HELP x a\\\\b\\nc\n# TYPE x gauge\nx{topic="a\\"b\\\\c\\nd"} NaN\n')
  })

  it('writes infinities as Prometheus does, and nothing for a family without samples', () => {
    const samples = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(value => ({ labels: {}, value }))
    expect(prometheusText([{ name: 'x', type: 'gauge', help: 'X.', samples }])).toContain('x +Inf\nx -Inf\n')
    expect(prometheusText([{ name: 'x', type: 'gauge', help: 'X.', samples: [] }])).toBe('')
  })
})
