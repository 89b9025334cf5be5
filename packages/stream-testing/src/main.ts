import { isMainThread, parentPort } from 'node:worker_threads'
import { serveCases } from './conformance/command/isolated-runs.ts'
import { runCommand } from './conformance/command/run-command.ts'

/** `pnpm conformance`; on its second thread the same file runs the cases. */
if (isMainThread) process.exitCode = await runCommand(process.argv.slice(2), new URL(import.meta.url))
else if (parentPort !== null) serveCases(parentPort)
