import { resolve } from 'node:path'
import { StreamError } from '@rtp/stream-core/extend'
import { checkTopic, integer } from '../config/field-checks.ts'
import { loadConfig } from '../config/load-config.ts'
import type { ColumnMap, PipelineConfig } from '../config/pipeline-config.ts'
import { defaultConfigFile } from '../example-folder.ts'
import type { Command, OptionName } from './commands.ts'
import { OPTIONS } from './commands.ts'
import { parseColumns } from './parse-columns.ts'
import type { CommandLine } from './parse-command-line.ts'
import { type Environment, readVariable } from './read-variable.ts'

/** Everything that a command works with, decided once: plain data that also travels to a child process. */
export interface Settings {
  /** The configuration file with what options and variables changed. */
  readonly config: PipelineConfig
  /** The CSV; undefined: the generated sample. */
  readonly input: string | undefined
  /** `host:port` of the brokers; undefined: embedded. */
  readonly brokers: readonly string[] | undefined
  readonly database: DatabaseAddress | undefined
  readonly pseudonymKey: string
  /** True when nobody gave a key, which everybody who reads the source can undo. */
  readonly isDevelopmentKey: boolean
  /** Undefined: nothing is served over HTTP. */
  readonly dashboardPort: number | undefined
  /** True when the port was given, so that it must be had. */
  readonly isDashboardAsked: boolean
  readonly untilEnd: boolean
  readonly reportFile: string | undefined
}

/** Where the database is. `url` undefined: pg reads PGHOST, PGUSER and the like itself. */
export interface DatabaseAddress {
  readonly url: string | undefined
}

/** Puts options, variables and the configuration file together; an option wins. Errors: `USAGE` and those of the configuration. */
export function readSettings(line: CommandLine, environment: Environment): Settings {
  const given = (name: OptionName): string | undefined => {
    const option = OPTIONS[name]
    return line.options.get(name) ?? readVariable(environment, option.variable, option.secret ?? false)
  }
  const offered = (name: OptionName) => (line.command.options.includes(name) ? given(name) : undefined)
  const config = withOverrides(loadConfig(resolve(line.options.get('config') ?? defaultConfigFile())), offered)
  const key = offered('pseudonym-key')
  const settings: Settings = {
    config,
    input: pathOf(offered('input')),
    brokers: parseBrokers(offered('kafka')),
    database: parseDatabase(offered('postgres'), environment),
    pseudonymKey: key ?? DEVELOPMENT_KEY,
    isDevelopmentKey: key === undefined,
    dashboardPort: line.options.has('no-dashboard') ? undefined : config.dashboard.port,
    isDashboardAsked: offered('dashboard') !== undefined,
    untilEnd: line.options.has('until-end'),
    reportFile: pathOf(line.options.get('report')),
  }
  checkNeeds(line.command, settings)
  return settings
}

const DEVELOPMENT_KEY = 'development key of the telemetry example: for sample data only'

type Given = (name: OptionName) => string | undefined

function withOverrides(config: PipelineConfig, given: Given): PipelineConfig {
  const topic = given('topic') ?? config.topic
  const fault = checkTopic(topic)
  if (fault !== undefined) throw new StreamError('USAGE', `--topic ${fault}.`)
  const columns = given('columns')
  return {
    ...config,
    topic,
    rows: wholeNumber('rows', given('rows'), 1, 1_000_000_000) ?? config.rows,
    partitions: wholeNumber('partitions', given('partitions'), 1, 10_000) ?? config.partitions,
    threads: wholeNumber('threads', given('threads'), 1, 256) ?? config.threads,
    columns: columns === undefined ? config.columns : withColumns(config.columns, columns),
    dashboard: {
      ...config.dashboard,
      port: wholeNumber('dashboard', given('dashboard'), 0, 65_535) ?? config.dashboard.port,
    },
  }
}

function withColumns(columns: ColumnMap, map: string): ColumnMap {
  return { ...columns, ...parseColumns(map) }
}

function wholeNumber(name: OptionName, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d[\d_,]*$/.test(text) ? Number(text.replaceAll(/[_,]/g, '')) : Number.NaN
  const fault = integer(least, most)(value)
  if (fault === undefined) return value
  const variable = OPTIONS[name].variable
  throw new StreamError('USAGE', `--${name}${variable === undefined ? '' : ` (${variable})`} ${fault}, not "${text}".`)
}

function parseBrokers(list: string | undefined): readonly string[] | undefined {
  if (list === undefined) return undefined
  const brokers = list
    .split(',')
    .map(broker => broker.trim())
    .filter(broker => broker !== '')
  for (const broker of brokers) {
    const port = Number(/^(?:\[[^\]]+\]|[^:/@\s]+):(\d{1,5})$/.exec(broker)?.[1] ?? Number.NaN)
    if (port >= 1 && port <= 65_535) continue
    throw new StreamError(
      'USAGE',
      `--kafka (KAFKA_BROKERS) takes host:port, several with commas between; "${broker}" is not of that form.`,
    )
  }
  if (brokers.length === 0) throw new StreamError('USAGE', '--kafka (KAFKA_BROKERS) names no broker: give host:port.')
  return brokers
}

function parseDatabase(url: string | undefined, environment: Environment): DatabaseAddress | undefined {
  if (url === undefined) {
    const named = LIBPQ_VARIABLES.some(name => readVariable(environment, name, false) !== undefined)
    return named ? { url: undefined } : undefined
  }
  // The text may hold a password, so a message never repeats it.
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StreamError(
      'USAGE',
      '--postgres (DATABASE_URL) must be of the form postgres://user:password@host:port/database.',
    )
  }
  return { url }
}

/** Variables of libpq that name a server, a database or a user, and so say that there is one. */
const LIBPQ_VARIABLES = ['PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER']

function pathOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file)
}

function checkNeeds(command: Command, settings: Settings): void {
  const missing = command.needs.find(need => (need === 'kafka' ? settings.brokers : settings.database) === undefined)
  if (missing === undefined) return
  const { variable, value } = OPTIONS[missing]
  const more = missing === 'postgres' ? ', DATABASE_URL_FILE or PGHOST' : ''
  throw new StreamError(
    'USAGE',
    `${command.name} needs --${missing} ${value} (or ${variable}${more}): it works with servers that are there already. \`run\` starts embedded ones.`,
  )
}
