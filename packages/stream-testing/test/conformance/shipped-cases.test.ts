import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseCases } from '../../src/conformance/case-file.ts'
import { CONFORMANCE_KINDS } from '../../src/conformance/kinds.ts'
import { runConformance } from '../../src/conformance/run-conformance.ts'

const folder = new URL('../../conformance/', import.meta.url)

for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
  describe(file, () => {
    for (const testCase of parseCases(readFileSync(new URL(file, folder), 'utf8'), file)) {
      const { kind } = testCase.operator
      const isSupported = CONFORMANCE_KINDS.some(one => one.kind === kind)
      test.skipIf(!isSupported)(testCase.id, async context => {
        const report = await runConformance(testCase)
        if (report.status === 'skipped') context.skip(report.reason)
        expect(report).toEqual({ id: testCase.id, status: 'passed' })
      })
    }
  })
}
