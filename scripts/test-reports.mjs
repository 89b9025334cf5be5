import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from './workspace-packages.mjs'

/**
 * Sums the reports that test-reporter.mjs has written into `folder`, one a package. A package with tests that wrote none counts as one failure
 * (when `wantAll`): what did not run must not look like what passed.
 */
export function readReports(folder, { wantAll }) {
  const sum = { passed: 0, failed: 0, skipped: [] }
  for (const file of readdirSync(folder)) {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    sum.passed += report.passed
    sum.failed += report.failed
    sum.skipped.push(...report.skipped.map(test => `${file.replace('.json', '')}: ${test}`))
  }
  if (!wantAll) return sum
  const tested = workspacePackages().flatMap(({ name, scripts }) => (scripts.test ? [name.replace('@rtp/', '')] : []))
  for (const name of ['rtp', ...tested]) {
    if (existsSync(join(folder, `${name}.json`))) continue
    console.log(`${name}: its tests did not run to their end`)
    sum.failed++
  }
  return sum
}
