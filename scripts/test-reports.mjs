import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from './workspace-packages.mjs'

/**
 * Sums vitest's JSON reports in `folder`, one a package. A file that could not even be loaded counts as one failure, and so does a package with
 * tests that wrote no report at all (when `wantAll`): what did not run must not look like what passed.
 */
export function readReports(folder, { wantAll }) {
  const sum = { passed: 0, failed: 0, skipped: 0, skippedTests: [] }
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    sum.passed += report.numPassedTests
    sum.failed += report.numFailedTests
    sum.skipped += report.numPendingTests + report.numTodoTests
    for (const { status, assertionResults } of report.testResults) {
      if (status === 'failed' && !assertionResults.some(test => test.status === 'failed')) sum.failed++
      for (const test of assertionResults) {
        if (test.status !== 'passed' && test.status !== 'failed')
          sum.skippedTests.push(`${test.fullName} (${file.replace('.json', '')})`)
      }
    }
  }
  if (wantAll) {
    const names = workspacePackages().flatMap(({ name, scripts }) => (scripts.test ? [name] : []))
    for (const name of ['rtp', ...names]) {
      if (existsSync(join(folder, reportName(name)))) continue
      console.log(`${name}: its tests did not run to their end`)
      sum.failed++
    }
  }
  return sum
}

function reportName(packageName) {
  return `${packageName.replace('@rtp/', '')}.json`
}
