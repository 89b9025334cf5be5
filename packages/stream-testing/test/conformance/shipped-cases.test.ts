import { describe, expect, test } from 'vitest'
import { conformanceCases } from '../../src/conformance/conformance-cases.ts'
import { runConformanceCase } from '../../src/conformance/run-conformance-case.ts'

for (const { name, cases } of conformanceCases()) {
  describe(name, () => {
    for (const testCase of cases) {
      test(testCase.id, async context => {
        const report = await runConformanceCase(testCase)
        if (report.status === 'skipped') context.skip(report.reason)
        expect(report).toEqual({ id: testCase.id, status: 'passed' })
      })
    }
  })
}
