import type { CaseReport } from '../run-conformance-case.ts'
import type { FileReport } from './run-command.ts'

/** `name: passed/total`. */
export function fileLine({ name, cases }: FileReport): string {
  const skipped = withStatus(cases, 'skipped').length
  const line = `${name}: ${withStatus(cases, 'passed').length}/${cases.length}`
  return skipped === 0 ? line : `${line} (${skipped} skipped)`
}

export function failureLines({ cases }: FileReport): string[] {
  return withStatus(cases, 'failed').flatMap(({ id, reason, expected, got }) => {
    const title = `  ${id}: ${reason}`
    return expected === undefined ? [title] : [title, `    expected ${expected}`, `    got      ${got}`]
  })
}

/** Each reason once, with how many cases it keeps from running. */
export function skippedLines(files: readonly FileReport[]): string[] {
  const counts = new Map<string, number>()
  for (const { reason } of withStatus(
    files.flatMap(({ cases }) => cases),
    'skipped',
  )) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts].map(([reason, count]) => `skipped ${count}: ${reason}`)
}

export function countLine(files: readonly FileReport[]): string {
  const cases = files.flatMap(file => file.cases)
  const count = (status: CaseReport['status']) => withStatus(cases, status).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
}

function withStatus<S extends CaseReport['status']>(
  cases: readonly CaseReport[],
  status: S,
): Extract<CaseReport, { status: S }>[] {
  return cases.filter((one): one is Extract<CaseReport, { status: S }> => one.status === status)
}
