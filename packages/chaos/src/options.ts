import { parseArgs } from 'node:util'
import { nearestName } from '@rtp/stream-core/extend'

export interface ChaosOptions {
  /** kill -9 of a job process. */
  readonly kills: number
  /** SIGSTOP of a job process for twice its session time-out, then SIGCONT. */
  readonly pauses: number
  readonly dbKills: number
  readonly brokerKills: number
  /** Deaths of a job process at each point that the job passes. */
  readonly failpoints: number
  /** Faults of the networks between the job and its servers. */
  readonly networkFaults: number
  readonly processes: number
  /** Worker threads of each process. */
  readonly threads: number
  readonly rows: number
  readonly seed: number
  readonly kafka: string
  readonly postgres: string
  readonly report: string | undefined
}

export const USAGE = `pnpm chaos [options]

Runs the telemetry job on real processes and real servers, hurts them at random moments, lets the job finish, and compares the tables with the
input. Prints what was lost, duplicated or wrong; exits 0 only when there is nothing of it.

  --kills N         kill -9 of a job process, which is started again            default 20
  --pauses N        SIGSTOP for twice the session time-out, then SIGCONT        default 2
  --db-kills N      kill -9 of PostgreSQL, which is started again               default 2
  --broker-kills N  kill -9 of the broker, which is started again               default 1
  --failpoints N    death of a job process at each point of docs/crash-points.md  default 0
  --network-faults N  latency, bandwidth, torn pieces, stalls, resets, slow closes and half-open connections, on the way
                    to broker and database, in both directions                  default 0
  --processes N     job processes that share the partitions                     default 2
  --threads N       worker threads of each process                              default 1
  --rows N          rows of the input; it is run again until every fault is dealt  default 200,000
  --seed S          deals the same faults again                                 default: a random one, printed
  --kafka WHICH     embedded, apache (needs Java and Maven) or HOST:PORT        default embedded
  --postgres WHICH  embedded or a postgres:// address                           default embedded
  --report FILE     also writes the figures as JSON
  --help            this text`

const NUMBERS = {
  kills: { default: 20, least: 0 },
  pauses: { default: 2, least: 0 },
  'db-kills': { default: 2, least: 0 },
  'broker-kills': { default: 1, least: 0 },
  failpoints: { default: 0, least: 0 },
  'network-faults': { default: 0, least: 0 },
  processes: { default: 2, least: 1 },
  threads: { default: 1, least: 1 },
  rows: { default: 200_000, least: 1 },
  seed: { default: undefined, least: 0 },
} as const

const TEXTS = ['kafka', 'postgres', 'report'] as const

/** Reads the command line; undefined when it asks for help. Throws an Error that names the nearest option. */
export function readOptions(args: readonly string[]): ChaosOptions | undefined {
  const names = [...Object.keys(NUMBERS), ...TEXTS]
  const { tokens } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : [...args],
    options: {
      ...Object.fromEntries(names.map(name => [name, { type: 'string' as const }])),
      help: { type: 'boolean' as const, short: 'h' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new Error(`"${token.value}" does not belong there: there are only options. See --help.`)
    if (token.kind !== 'option') continue
    if (token.name === 'help') return undefined
    if (!names.includes(token.name)) throw new Error(unknownOption(token.rawName, token.name, names))
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
      throw new Error(`${token.rawName} needs a value. See --help.`)
    values.set(token.name, token.value)
  }
  const number = (name: keyof typeof NUMBERS, otherwise: number): number =>
    readNumber(name, values.get(name), otherwise)
  return {
    kills: number('kills', NUMBERS.kills.default),
    pauses: number('pauses', NUMBERS.pauses.default),
    dbKills: number('db-kills', NUMBERS['db-kills'].default),
    brokerKills: number('broker-kills', NUMBERS['broker-kills'].default),
    failpoints: number('failpoints', NUMBERS.failpoints.default),
    networkFaults: number('network-faults', NUMBERS['network-faults'].default),
    processes: number('processes', NUMBERS.processes.default),
    threads: number('threads', NUMBERS.threads.default),
    rows: number('rows', NUMBERS.rows.default),
    seed: number('seed', Math.floor(Math.random() * 2 ** 32)),
    kafka: values.get('kafka') ?? 'embedded',
    postgres: values.get('postgres') ?? 'embedded',
    report: values.get('report'),
  }
}

function readNumber(name: keyof typeof NUMBERS, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text.replaceAll(/[,_]/g, ''))
  const { least } = NUMBERS[name]
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} takes a whole number of at least ${least}; got "${text}".`)
  return value
}

function unknownOption(written: string, name: string, names: readonly string[]): string {
  const nearest = nearestName(name, [...names, 'help'])
  const hint =
    nearest === undefined ? `there are ${names.map(one => `--${one}`).join(', ')}` : `the nearest is --${nearest}`
  return `there is no option ${written}; ${hint}. See --help.`
}
