/** What can be asked for on the command line. */
export type CommandName = 'run' | 'produce' | 'job' | 'verify' | 'serve'

export interface Command {
  readonly name: CommandName
  readonly summary: string
  /** What the command does and when it is over, for its --help. */
  readonly description: string
  readonly options: readonly OptionName[]
  /** Addresses without which the command has nothing to work with. */
  readonly needs: readonly ('kafka' | 'postgres')[]
}

export type OptionName =
  | 'input'
  | 'rows'
  | 'kafka'
  | 'postgres'
  | 'topic'
  | 'partitions'
  | 'threads'
  | 'columns'
  | 'pseudonym-key'
  | 'dashboard'
  | 'no-dashboard'
  | 'until-end'
  | 'report'
  | 'config'
  | 'help'

/** One option: how it is written, the variable that means the same, and what it does. */
export interface Option {
  /** Placeholder of its value; undefined for a switch. */
  readonly value?: string
  readonly variable?: string
  /** True when `<variable>_FILE` may name a file that holds the value, so that it is in no environment. */
  readonly secret?: boolean
  readonly summary: string
  readonly defaultText?: string
}

export const OPTIONS: Readonly<Record<OptionName, Option>> = {
  input: {
    value: 'FILE',
    variable: 'CSV_PATH',
    summary: 'the CSV to read',
    defaultText: 'a generated sample.csv of --rows rows, kept and used again',
  },
  rows: { value: 'N', summary: 'rows of the generated sample', defaultText: '1,000,000' },
  kafka: {
    value: 'HOST:PORT[,...]',
    variable: 'KAFKA_BROKERS',
    summary: 'brokers to connect to',
    defaultText: 'run: an embedded broker',
  },
  postgres: {
    value: 'URL',
    variable: 'DATABASE_URL',
    secret: true,
    summary:
      'database to write to, postgres://user:password@host:port/database; PGHOST, PGUSER, PGPASSWORD ... work too',
    defaultText: 'run: an embedded PostgreSQL',
  },
  topic: {
    value: 'NAME',
    variable: 'TOPIC',
    summary: 'topic of the readings; bad rows go to NAME.dead',
    defaultText: 'telemetry.v0',
  },
  partitions: {
    value: 'N',
    variable: 'TOPIC_PARTITIONS',
    summary: 'partitions of the topic when it has to be made; an existing topic keeps its number',
    defaultText: '4',
  },
  threads: {
    value: 'N',
    variable: 'JOB_THREADS',
    summary: 'worker threads of the job, each a member of its group: more cores in one process',
    defaultText: '1',
  },
  columns: {
    value: 'MAP',
    variable: 'CSV_COLUMNS',
    summary: 'header names of the columns, e.g. sensor_id=Phone,value=Rating,event_time=Time_GMT',
    defaultText: 'sensor_id=sensor_id,value=value,event_time=event_time',
  },
  'pseudonym-key': {
    value: 'TEXT',
    variable: 'PSEUDONYM_KEY',
    secret: true,
    summary: 'key of the pseudonyms; better in the variable or in PSEUDONYM_KEY_FILE, as other users see command lines',
    defaultText: 'a development key, with a warning',
  },
  dashboard: {
    value: 'PORT',
    variable: 'DASHBOARD_PORT',
    summary: 'port of /healthz, /readyz and /metrics; 0 takes a free one',
    defaultText: '8083',
  },
  'no-dashboard': { summary: 'serve nothing over HTTP' },
  'until-end': { summary: 'stop after what the topic held at the start, and close the windows that are open then' },
  report: { value: 'FILE', summary: 'write the figures of this run as JSON', defaultText: 'none' },
  config: {
    value: 'FILE',
    summary: 'every setting that is not an address',
    defaultText: 'pipeline.config.json of the example',
  },
  help: { summary: 'print this text' },
}

const READ_CSV = ['input', 'rows', 'columns', 'pseudonym-key'] as const
const TOPIC = ['kafka', 'topic', 'partitions'] as const
const HTTP = ['dashboard', 'no-dashboard'] as const
const ALWAYS = ['report', 'config', 'help'] as const

export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  run: {
    name: 'run',
    summary: 'everything: sample data, broker and database where none is given, producer, job, verification, summary',
    description:
      'Runs the whole pipeline once: makes sample data if no CSV is named, starts an embedded broker and an embedded\n' +
      'PostgreSQL where no address is given, runs producer and job side by side, verifies the tables against the CSV and\n' +
      'prints a summary. Exits 0 when the verification holds, 1 when it does not.',
    options: [...READ_CSV, ...TOPIC, 'postgres', 'threads', ...HTTP, ...ALWAYS],
    needs: [],
  },
  produce: {
    name: 'produce',
    summary: 'CSV -> Kafka, then exits',
    description:
      'Reads the CSV, replaces every sensor id by its pseudonym and sends the readings to the topic. A row that cannot\n' +
      'become a message goes to <topic>.dead. Exits 0 when every row is acknowledged. Sending a file twice puts its rows on\n' +
      'the topic twice.',
    options: [...READ_CSV, ...TOPIC, ...ALWAYS],
    needs: ['kafka'],
  },
  job: {
    name: 'job',
    summary: 'Kafka -> PostgreSQL, until SIGTERM or SIGINT',
    description:
      'Reads the topic and writes telemetry.raw_events, telemetry.agg_1min and telemetry.dead_letters, exactly once. Goes on\n' +
      'where its last checkpoint ended; several job processes, and the threads of each, share the partitions. SIGTERM or SIGINT: drains, commits a last\n' +
      'checkpoint and exits 0; a second signal ends it at once.',
    options: [...TOPIC, 'postgres', 'threads', 'until-end', ...HTTP, ...ALWAYS],
    needs: ['kafka', 'postgres'],
  },
  verify: {
    name: 'verify',
    summary: 'compares PostgreSQL with the CSV, exits 1 on any difference',
    description:
      'Loads the CSV into temporary tables of the database by a path of its own and compares rows and aggregates in SQL, in\n' +
      'both directions. With --kafka it also adds up rows, messages and dead rows. Exits 0 when nothing differs.',
    options: [...READ_CSV, 'kafka', 'topic', 'postgres', ...ALWAYS],
    needs: ['postgres'],
  },
  serve: {
    name: 'serve',
    summary: '`run` that stays up with the dashboard (not offered yet)',
    description:
      'Is not offered until the dashboard is there. `run` and `job` serve /healthz, /readyz and /metrics on --dashboard PORT.',
    options: [...READ_CSV, ...TOPIC, 'postgres', 'threads', ...HTTP, ...ALWAYS],
    needs: [],
  },
}

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text)
}
