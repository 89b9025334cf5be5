import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mergeRepeatedSignals } from './merge-repeated-signals.mjs'
import { build, ROOT } from './turbo.mjs'

/**
 * Builds a workspace package with all it needs and runs its dist/main.js, or the program of it that is named, in this very process, so that nothing
 * stands between the program and the signals, the terminal and the exit code of whoever started it.
 *
 * `node scripts/run-built.mjs <folder or program> <package name> [arguments of the program]`
 */
const [place, name, ...args] = process.argv.slice(2)
build(name)
mergeRepeatedSignals()
const main = join(ROOT, place.endsWith('.js') ? place : join(place, 'dist', 'main.js'))
process.argv = [process.execPath, main, ...args]
await import(pathToFileURL(main).href)
