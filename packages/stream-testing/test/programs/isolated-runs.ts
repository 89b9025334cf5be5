import { isMainThread, parentPort } from 'node:worker_threads'
import { IsolatedRuns, serveCases } from '../../src/conformance/command/isolated-runs.ts'

/** Runs cases of which some end their thread, and prints their reports, one a line. */
if (isMainThread) {
  const runs = new IsolatedRuns(new URL(import.meta.url), 3_000)
  for (const id of ['fine', 'loops', 'fine', 'exits', 'throws', 'fine']) {
    console.log(JSON.stringify(await runs.run({ id, source: '', operator: { kind: id }, input: [], expected: [] })))
  }
  await runs.close()
} else if (parentPort !== null) {
  serveCases(parentPort, async ({ id }) => {
    while (id === 'loops');
    if (id === 'exits') process.exit(3)
    if (id === 'throws') throw new Error('not caught')
    return { id, status: 'passed' }
  })
}
