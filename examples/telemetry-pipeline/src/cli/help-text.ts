import { COMMANDS, type Command, OPTIONS, type OptionName } from './commands.ts'

/** What `--help` prints for the whole program. */
export function programHelp(): string {
  const commands = Object.values(COMMANDS).map(command => `  ${command.name.padEnd(9)}${command.summary}`)
  return [
    'CSV -> Kafka -> PostgreSQL: readings of sensors as raw rows and one-minute aggregates, exactly once.',
    '',
    'Usage: pnpm example:telemetry [COMMAND] [OPTIONS]',
    '',
    'Commands (default: run)',
    ...commands,
    '',
    ...optionsHelp(COMMANDS.run),
    '',
    '`COMMAND --help` describes one command. An option wins over its variable, a variable over the configuration file.',
  ].join('\n')
}

/** What `COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  return [
    `Usage: pnpm example:telemetry ${command.name} [OPTIONS]`,
    '',
    command.description,
    '',
    ...optionsHelp(command),
    '',
    'An option wins over its variable, a variable over the configuration file.',
  ].join('\n')
}

function optionsHelp(command: Command): string[] {
  const lines = ['Options']
  for (const name of command.options) {
    const option = OPTIONS[name]
    const written = `--${name}${option.value === undefined ? '' : ` ${option.value}`}`
    lines.push(`${`  ${written}`.padEnd(COLUMN - 1)} ${option.summary}${needed(command, name)}`)
    const more: string[] = []
    if (option.variable !== undefined)
      more.push(`variable ${option.variable}${option.secret ? ` or ${option.variable}_FILE` : ''}`)
    if (option.defaultText !== undefined && needed(command, name) === '') more.push(`default: ${option.defaultText}`)
    if (more.length > 0) lines.push(' '.repeat(COLUMN) + more.join('; '))
  }
  return lines
}

function needed(command: Command, name: OptionName): string {
  return command.needs.some(need => need === name) ? ' (needed)' : ''
}

const COLUMN = 29
