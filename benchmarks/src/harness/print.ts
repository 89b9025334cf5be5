import type { Comparison, Spread } from './benchmark.ts'
import { formatRate } from './compare.ts'

/** A comparison as a Markdown table: medians, with the spread behind them. */
export function toTable({ title, rows, notes }: Comparison): string {
  const lines = [
    `### ${title}`,
    '',
    '| | records/s (min - max) | CPU µs per record (min - max) | times the first |',
    '|---|---|---|---|',
    ...rows.map(
      ({ name, recordsPerSecond, cpuMicrosPerRecord, ratio }) =>
        `| ${name} | ${rates(recordsPerSecond)} | ${micros(cpuMicrosPerRecord)} | ${ratio?.toFixed(2) ?? ''} |`,
    ),
    '',
    ...notes.map(note => `- ${note}`),
  ]
  return lines.join('\n')
}

function rates({ median, min, max }: Spread): string {
  return `${formatRate(median)} (${formatRate(min)} - ${formatRate(max)})`
}

function micros({ median, min, max }: Spread): string {
  return `${median.toFixed(3)} (${min.toFixed(3)} - ${max.toFixed(3)})`
}
