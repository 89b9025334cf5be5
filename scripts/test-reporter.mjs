import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A vitest reporter that writes what the root's test script sums up: counts, and every skipped test with its reason. */
export default class TestReporter {
  constructor({ folder, name }) {
    this.file = join(folder, `${name}.json`)
  }

  onTestRunEnd(modules, unhandledErrors) {
    const report = { passed: 0, failed: unhandledErrors.length, skipped: [] }
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A file that cannot be loaded, or a hook that fails, has no failing test of its own.
      const hasFailedTest = tests.some(test => test.result().state === 'failed')
      if (module.state() === 'failed' && !hasFailedTest) report.failed++
      for (const test of tests) {
        const { state, note } = test.result()
        if (state === 'passed') report.passed++
        else if (state === 'failed') report.failed++
        else report.skipped.push(note ? `${test.fullName}: ${note}` : test.fullName)
      }
    }
    writeFileSync(this.file, JSON.stringify(report))
  }
}
