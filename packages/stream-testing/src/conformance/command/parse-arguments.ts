import { parseArgs } from 'node:util'
import { nearestName, StreamError } from '@rtp/stream-core/extend'

export const HELP = `pnpm conformance [DIR|FILE ...] [--report FILE]

Runs cases of event-time semantics, which were read from the tests of other systems, through the operators of this library. A directory stands for the
.json files in it. Default: the cases that the project ships.

  --report FILE  also writes the result of every case as JSON
  --help         this text

Exit code: 0 when no case failed, 1 when one did, 2 when the command line or a file was wrong.`

export interface Arguments {
  readonly help: boolean
  readonly report?: string
  /** Directories and files, as given. */
  readonly paths: readonly string[]
}

const OPTIONS = { report: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const

/** Throws USAGE, naming the nearest option that exists. */
export function parseArguments(args: readonly string[]): Arguments {
  // A package manager passes the `--` on that separates its own options from ours.
  const own = args[0] === '--' ? args.slice(1) : [...args]
  const { tokens } = parseArgs({ args: own, options: OPTIONS, strict: false, allowPositionals: true, tokens: true })
  const paths: string[] = []
  let help = false
  let report: string | undefined
  for (const token of tokens) {
    if (token.kind === 'positional') paths.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help') help = true
    else if (token.name === 'report') report = fileOf(token.value)
    else throw usage(`there is no option ${token.rawName}${hint(token.name)}`)
    if (token.name === 'help' && token.value !== undefined) throw usage('--help takes no value')
  }
  return { help, paths, ...(report === undefined ? {} : { report }) }
}

function fileOf(value: string | undefined): string {
  if (value === undefined || value === '') throw usage('--report needs a FILE')
  return value
}

function hint(name: string): string {
  const names = Object.keys(OPTIONS)
  const nearest = nearestName(name, names)
  if (nearest !== undefined) return `; the nearest is --${nearest}`
  return `; there are ${names.map(one => `--${one}`).join(', ')}`
}

function usage(problem: string): StreamError {
  return new StreamError('USAGE', `${problem}. --help describes the command.`)
}
