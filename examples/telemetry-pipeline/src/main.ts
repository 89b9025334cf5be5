#!/usr/bin/env node
import { childMain } from './children/child-main.ts'
import { CHILD_ARGUMENT } from './children/child-process.ts'
import { runProgram } from './cli/program.ts'

if (process.argv[2] === CHILD_ARGUMENT) childMain()
else process.exitCode = await runProgram(process.argv.slice(2), process.env)
