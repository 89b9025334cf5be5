import { statSync, writeFileSync } from 'node:fs'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { caseFilesIn, readCaseFile, shippedFolder } from '../conformance-cases.ts'
import type { CaseReport } from '../run-conformance-case.ts'
import { IsolatedRuns } from './isolated-runs.ts'
import { HELP, parseArguments } from './parse-arguments.ts'
import { countLine, failureLines, fileLine, skippedLines } from './print-reports.ts'

export interface FileReport {
  readonly name: string
  readonly cases: readonly CaseReport[]
}

/** Prints what became of the cases and resolves with the exit code. `program` is the module that runs cases on a thread. */
export async function runCommand(args: readonly string[], program: URL): Promise<number> {
  try {
    const { help, paths, report } = parseArguments(args)
    if (help) {
      console.log(HELP)
      return 0
    }
    return await runFiles(paths.length === 0 ? caseFilesIn(shippedFolder()) : paths.flatMap(filesOf), program, report)
  } catch (cause) {
    if (!(cause instanceof StreamError)) throw cause
    console.error(cause.message)
    return 2
  }
}

/** A file that cannot be read is named and counts against the exit code; the others run all the same. */
async function runFiles(files: readonly string[], program: URL, reportFile: string | undefined): Promise<number> {
  const runs = new IsolatedRuns(program)
  const reports: FileReport[] = []
  const errors: string[] = []
  try {
    for (const file of files) {
      try {
        const { name, cases } = readCaseFile(file)
        const results: CaseReport[] = []
        for (const testCase of cases) results.push(await runs.run(testCase))
        const report = { name, cases: results }
        reports.push(report)
        for (const line of [fileLine(report), ...failureLines(report)]) console.log(line)
      } catch (cause) {
        errors.push(messageOf(cause))
        console.error(messageOf(cause))
      }
    }
  } finally {
    await runs.close()
  }
  if (reportFile !== undefined) writeReport(reportFile, reports, errors)
  for (const line of skippedLines(reports)) console.log(line)
  console.log(countLine(reports))
  if (errors.length > 0) return 2
  return reports.some(({ cases }) => cases.some(({ status }) => status === 'failed')) ? 1 : 0
}

function filesOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new StreamError('USAGE', `there is no file or directory ${path}.`)
  if (!found.isDirectory()) return [path]
  const files = caseFilesIn(path)
  if (files.length === 0) throw new StreamError('USAGE', `the directory ${path} has no .json file.`)
  return files
}

function writeReport(file: string, files: readonly FileReport[], errors: readonly string[]): void {
  const count = (status: CaseReport['status']) =>
    files.flatMap(({ cases }) => cases).filter(one => one.status === status).length
  const summary = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
  try {
    writeFileSync(file, `${JSON.stringify({ ...summary, errors, files }, null, 2)}\n`)
  } catch (cause) {
    throw new StreamError('USAGE', `the report cannot be written to ${file}: ${messageOf(cause)}`, { cause })
  }
}
