import { parseArgs } from 'node:util'
import { nearestName, StreamError } from '@rtp/stream-core/extend'

export const COMMANDS = ['list', 'show', 'export', 'import', 'rewind'] as const
export type Command = (typeof COMMANDS)[number]

export interface CommandLine {
  readonly command: Command
  readonly job: string | undefined
  readonly place: StorePlace
  readonly checkpoint: number | undefined
  readonly file: string | undefined
  readonly replace: boolean
  readonly json: boolean
}

export type StorePlace =
  | { readonly postgres: string; readonly schema: string | undefined }
  | { readonly directory: string }

const TEXTS = ['job', 'postgres', 'schema', 'directory', 'checkpoint', 'file']
const FLAGS = ['replace', 'json', 'help']

/** Reads the command line; undefined when it asks for help. Throws USAGE, which never repeats a value, because an address may hold a password. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { words, texts, flags } = split(args)
  if (flags.has('help') || args.length === 0) return undefined
  const command = commandOf(words)
  const job = texts.get('job')
  const file = texts.get('file')
  const checkpoint = checkpointOf(texts.get('checkpoint'))
  if (job === undefined && command !== 'import') throw usage(`${command} needs --job NAME`)
  if (file === undefined && (command === 'export' || command === 'import')) throw usage(`${command} needs --file FILE`)
  if (file !== undefined && command !== 'export' && command !== 'import') throw usage(`${command} takes no --file`)
  if (checkpoint === undefined && command === 'rewind')
    throw usage('rewind needs --checkpoint N, a number that list prints')
  if (checkpoint !== undefined && (command === 'list' || command === 'import'))
    throw usage(`${command} takes no --checkpoint`)
  if (flags.has('replace') && command !== 'export' && command !== 'import') throw usage(`${command} takes no --replace`)
  return {
    command,
    job,
    place: placeOf(texts),
    checkpoint,
    file,
    replace: flags.has('replace'),
    json: flags.has('json'),
  }
}

interface Parts {
  readonly words: readonly string[]
  readonly texts: ReadonlyMap<string, string>
  readonly flags: ReadonlySet<string>
}

function split(args: readonly string[]): Parts {
  const { tokens } = parseArgs({
    // A package manager passes the `--` on that separates its own options from ours.
    args: args[0] === '--' ? args.slice(1) : [...args],
    options: {
      ...Object.fromEntries(TEXTS.map(name => [name, { type: 'string' as const }])),
      ...Object.fromEntries(FLAGS.map(name => [name, { type: 'boolean' as const }])),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const words: string[] = []
  const texts = new Map<string, string>()
  const flags = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    if (FLAGS.includes(token.name)) {
      if (token.value !== undefined) throw usage(`--${token.name} takes no value`)
      flags.add(token.name)
    } else if (!TEXTS.includes(token.name)) {
      throw usage(`there is no option ${token.rawName}${nearest(token.name, [...TEXTS, ...FLAGS], '--')}`)
    } else if (
      token.value === undefined ||
      token.value === '' ||
      (!token.inlineValue && token.value.startsWith('--'))
    ) {
      throw usage(`--${token.name} needs a value`)
    } else if (texts.has(token.name)) {
      throw usage(`--${token.name} is given twice`)
    } else {
      texts.set(token.name, token.value)
    }
  }
  return { words, texts, flags }
}

function commandOf([group, command, ...more]: readonly string[]): Command {
  if (group !== 'checkpoint') throw usage('the commands are rtp checkpoint list, show, export, import and rewind')
  const found = COMMANDS.find(name => name === command)
  if (found === undefined)
    throw usage(
      command === undefined
        ? `give one of ${COMMANDS.join(', ')}`
        : `there is no such command${nearest(command, COMMANDS, '')}`,
    )
  if (more.length > 0) throw usage('behind the command there are only options')
  return found
}

function placeOf(texts: ReadonlyMap<string, string>): StorePlace {
  const [postgres, directory, schema] = [texts.get('postgres'), texts.get('directory'), texts.get('schema')]
  if (postgres !== undefined && directory !== undefined) throw usage('give either --postgres or --directory')
  if (postgres !== undefined) return { postgres, schema }
  if (directory === undefined) throw usage('say where the checkpoints are: --postgres URL or --directory DIR')
  if (schema !== undefined) throw usage('--schema goes with --postgres')
  return { directory }
}

function checkpointOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw usage('--checkpoint takes a whole number, one that list prints')
}

function nearest(name: string, names: readonly string[], prefix: string): string {
  const found = nearestName(name, names)
  if (found !== undefined) return `; the nearest is ${prefix}${found}`
  return `; there are ${names.map(one => prefix + one).join(', ')}`
}

function usage(problem: string): StreamError {
  return new StreamError('USAGE', `${problem}. See rtp --help.`)
}
