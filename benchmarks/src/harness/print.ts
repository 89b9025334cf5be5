import type { Comparison, FigureTable, Spread } from './benchmark.ts'
import { formatRate } from './compare.ts'

/** As a Markdown table. */
export function toTable(result: Comparison | FigureTable): string {
  return 'rows' in result ? comparisonTable(result) : figureTable(result)
}

function figureTable({ title, columns, figures, notes }: FigureTable): string {
  return [
    `### ${title}`,
    '',
    `| | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...figures.map(({ name, values }) => `| ${name} | ${values.join(' | ')} |`),
    '',
    ...notes.map(note => `- ${note}`),
  ].join('\n')
}

/** Medians, with the spread behind them. */
function comparisonTable({ title, rows, notes }: Comparison): string {
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
