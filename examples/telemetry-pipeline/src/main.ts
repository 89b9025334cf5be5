#!/usr/bin/env node
import { isMainThread } from 'node:worker_threads'
import { childMain } from './children/child-main.ts'
import { CHILD_ARGUMENT } from './children/child-process.ts'
import { runProgram } from './cli/program.ts'

export { thread } from './stages/telemetry-job.ts'

// A worker thread loads the program for its export alone.
if (isMainThread) {
  if (process.argv[2] === CHILD_ARGUMENT) childMain()
  else process.exitCode = await runProgram(process.argv.slice(2), process.env)
}
