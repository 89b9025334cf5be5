import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { jobCommand } from '../commands/job.ts'
import { produceCommand } from '../commands/produce.ts'
import { runCommand } from '../commands/run.ts'
import { verifyCommand } from '../commands/verify.ts'
import { Progress } from '../output/progress.ts'
import type { CommandName } from './commands.ts'
import { commandHelp, programHelp } from './help-text.ts'
import { type CommandLine, parseCommandLine } from './parse-command-line.ts'
import type { Environment } from './read-variable.ts'
import { withRemedy } from './remedies.ts'
import { withoutSecrets } from './secrets.ts'
import { readSettings, type Settings } from './settings.ts'
import { StopSignals } from './stop-signals.ts'

/** What every command works with besides its settings. */
export interface CommandContext {
  /** Shows how far it is and lets lines through, on stderr. */
  readonly progress: Progress
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stopping: AbortSignal
  /** Prints a line about the work on stderr. */
  say(line: string): void
  /** Prints a line of the result on stdout. */
  print(text: string): void
}

/** Runs what the arguments ask for and returns the exit code: 0 done, 1 failed or not verified, 2 not understood. */
export async function runProgram(args: readonly string[], environment: Environment): Promise<number> {
  const progress = new Progress({ stream: process.stderr })
  const signals = new StopSignals(line => progress.say(line))
  let settings: Settings | undefined
  try {
    const line = parseCommandLine(args)
    if (line.options.has('help')) {
      console.log(helpOf(args, line))
      return 0
    }
    if (line.command.name === 'serve') throw notOffered()
    settings = readSettings(line, environment)
    await checkReportPlace(settings)
    if (settings.isDevelopmentKey && line.command.options.includes('pseudonym-key'))
      progress.say(DEVELOPMENT_KEY_WARNING)
    const context = {
      progress,
      stopping: signals.stopping,
      say: (line: string) => progress.say(withoutSecrets(line, settings, environment)),
      print: (text: string) => console.log(text),
    }
    return await COMMANDS[line.command.name](settings, context)
  } catch (cause) {
    progress.end()
    progress.say(withoutSecrets(withRemedy(messageOf(cause)), settings, environment))
    return cause instanceof StreamError && cause.code === 'USAGE' ? 2 : 1
  } finally {
    progress.end()
    signals.close()
  }
}

const COMMANDS: Readonly<Record<Exclude<CommandName, 'serve'>, Run>> = {
  run: runCommand,
  produce: produceCommand,
  job: jobCommand,
  verify: verifyCommand,
}

type Run = (settings: Settings, context: CommandContext) => Promise<number>

const DEVELOPMENT_KEY_WARNING =
  'warning: no pseudonym key was given, so the development key is used: anybody with the source can compute its pseudonyms. ' +
  'Set PSEUDONYM_KEY_FILE or PSEUDONYM_KEY for data of real people or devices.'

/** Finds out before the work is done, not after it. */
async function checkReportPlace({ reportFile }: Settings): Promise<void> {
  if (reportFile === undefined) return
  await access(dirname(reportFile), constants.W_OK).catch(cause => {
    throw new StreamError(
      'REPORT_UNWRITABLE',
      `the report cannot be written to ${reportFile}: ${messageOf(cause)}. Name another --report.`,
      { cause },
    )
  })
}

function helpOf(args: readonly string[], { command }: CommandLine): string {
  return args.includes(command.name) ? commandHelp(command) : programHelp()
}

function notOffered(): StreamError {
  return new StreamError(
    'NOT_OFFERED',
    '`serve` is not offered until the dashboard is there. `run` runs everything once; `job` stays up and serves /healthz, /readyz and /metrics on --dashboard PORT.',
  )
}
