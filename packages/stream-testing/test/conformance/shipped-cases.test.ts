import { describe, expect, test } from 'vitest'
import { conformanceCases } from '../../src/conformance/conformance-cases.ts'
import { CONFORMANCE_KINDS } from '../../src/conformance/kinds.ts'
import { runConformanceCase } from '../../src/conformance/run-conformance-case.ts'

for (const { name, cases } of conformanceCases()) {
  describe(name, () => {
    for (const testCase of cases) {
      const { kind, dialect } = testCase.operator
      const isSupported = CONFORMANCE_KINDS.some(
        one => one.kind === kind && (dialect === undefined || one.dialects.includes(dialect)),
      )
      test.skipIf(!isSupported)(testCase.id, async context => {
        const report = await runConformanceCase(testCase)
        if (report.status === 'skipped') context.skip(report.reason)
        expect(report).toEqual({ id: testCase.id, status: 'passed' })
      })
    }
  })
}
