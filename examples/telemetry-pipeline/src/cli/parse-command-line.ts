import { parseArgs } from 'node:util'
import { nearestName, StreamError } from '@rtp/stream-core/extend'
import { COMMANDS, type Command, isCommandName, OPTIONS, type OptionName } from './commands.ts'

export interface CommandLine {
  readonly command: Command
  /** What was written, by option; a switch holds the empty text. */
  readonly options: ReadonlyMap<OptionName, string>
}

/** Reads the arguments behind the program's name. Errors, all `USAGE`, name the nearest thing that exists. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  // A package manager passes the `--` on that separates its own options from ours.
  const own = args[0] === '--' ? args.slice(1) : [...args]
  const { tokens } = parseArgs({
    args: own,
    options: PARSE_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const words = tokens.filter(token => token.kind === 'positional').map(word => word.value)
  const written = tokens.filter(token => token.kind === 'option')
  // The value of an option that does not exist looks like a command, so options are looked at first.
  const offered = words
    .map(word => (isCommandName(word) ? COMMANDS[word] : undefined))
    .find(found => found !== undefined)
  for (const token of written) checkKnown(token, offered)
  const values = written.map(token => checkValue(token))
  const command = commandNamed(words)
  const options = new Map<OptionName, string>()
  for (const [index, { name }] of written.entries())
    options.set(checkOffered(name as OptionName, command), values[index]!)
  if (options.has('dashboard') && options.has('no-dashboard')) {
    throw usage('--dashboard PORT and --no-dashboard contradict each other: give one of them', command)
  }
  return { command, options }
}

const PARSE_OPTIONS = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, option]) => [
    name,
    {
      type: option.value === undefined ? ('boolean' as const) : ('string' as const),
      ...(name === 'help' ? { short: 'h' } : {}),
    },
  ]),
)

function commandNamed(words: readonly string[]): Command {
  const [word = 'run', second] = words
  if (!isCommandName(word)) {
    const nearest = nearestName(word, Object.keys(COMMANDS))
    const hint =
      nearest === undefined ? `; there are ${Object.keys(COMMANDS).join(', ')}` : `; the nearest is ${nearest}`
    throw usage(`there is no command "${word}"${hint}`)
  }
  if (second !== undefined) {
    throw usage(`"${second}" does not belong there: only options follow the command`, COMMANDS[word])
  }
  return COMMANDS[word]
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkKnown({ name, rawName }: OptionToken, command: Command | undefined): void {
  if (Object.hasOwn(OPTIONS, name)) return
  const offered = command?.options ?? Object.keys(OPTIONS)
  const nearest = nearestName(name, offered) ?? nearestName(name, Object.keys(OPTIONS))
  const hint =
    nearest === undefined
      ? `there are ${offered.map(option => `--${option}`).join(', ')}`
      : `the nearest is --${nearest}`
  throw usage(`there is no option ${rawName}; ${hint}`, command)
}

function checkValue(token: OptionToken): string {
  const placeholder = OPTIONS[token.name as OptionName].value
  if (placeholder === undefined) {
    if (token.value !== undefined) throw usage(`${token.rawName} takes no value`)
    return ''
  }
  // `--topic --rows 5` is a forgotten value, not a topic of that name; `--topic=--x` says that it is meant.
  if (
    token.value === undefined ||
    token.value === '' ||
    (token.inlineValue === false && token.value.startsWith('--'))
  ) {
    throw usage(`${token.rawName} needs a value: ${token.rawName} ${placeholder}`)
  }
  return token.value
}

function checkOffered(name: OptionName, command: Command): OptionName {
  if (command.options.includes(name)) return name
  const others = Object.values(COMMANDS).filter(other => other.options.includes(name))
  throw usage(
    `${command.name} has no option --${name}; ${others.map(other => other.name).join(', ')} can take it`,
    command,
  )
}

function usage(what: string, command?: Command): StreamError {
  const help = command === undefined ? '--help' : `${command.name} --help`
  return new StreamError('USAGE', `${what}. \`${help}\` lists what there is.`)
}
