import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCommandLine } from '../../src/cli/parse-command-line.ts'
import { readSettings } from '../../src/cli/settings.ts'

let folder: string
const file = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'))
  await writeFile(file('key'), 'from a file\n')
  await writeFile(file('url'), 'postgres://u:secret@h:1/d')
  await writeFile(file('empty'), ' \n')
  await writeFile(file('config.json'), '{"version":1,"topic":"from-config","partitions":7,"dashboard":{"port":9000}}')
})
afterAll(() => rm(folder, { recursive: true }))

const settings = (args: string[], environment: Record<string, string> = {}) =>
  readSettings(parseCommandLine(args), environment)

test('works with embedded servers, the sample and the shipped configuration when nothing is said', () => {
  const { config, ...rest } = settings([])
  expect(rest).toEqual({
    input: undefined,
    brokers: undefined,
    database: undefined,
    pseudonymKey: expect.stringContaining('development key'),
    isDevelopmentKey: true,
    dashboardPort: 8083,
    isDashboardAsked: false,
    untilEnd: false,
    reportFile: undefined,
  })
  expect([config.topic, config.partitions, config.rows]).toEqual(['telemetry.v0', 4, 1_000_000])
})

test('lets an option win over its variable, and a variable over the configuration file', () => {
  const from = ['--config', file('config.json')]
  expect(settings(from).config.topic).toBe('from-config')
  expect(settings(from, { TOPIC: 'from-variable' }).config.topic).toBe('from-variable')
  expect(settings([...from, '--topic', 'from-option'], { TOPIC: 'from-variable' }).config.topic).toBe('from-option')
  expect(settings(from, { TOPIC_PARTITIONS: '3' }).config.partitions).toBe(3)
  expect(settings(from).config.partitions).toBe(7)
  expect(settings(from).dashboardPort).toBe(9000)
  expect(settings(from, { DASHBOARD_PORT: '9001' }).dashboardPort).toBe(9001)
  expect(settings([...from, '--no-dashboard'], { DASHBOARD_PORT: '9001' }).dashboardPort).toBeUndefined()
})

test('takes an empty variable as not set', () => {
  expect(settings([], { TOPIC: '', KAFKA_BROKERS: '', DATABASE_URL: '' })).toMatchObject({
    brokers: undefined,
    database: undefined,
  })
})

test('reads every variable', () => {
  const all = settings([], {
    CSV_PATH: '/data/x.csv',
    KAFKA_BROKERS: 'a:9092, b:9093',
    DATABASE_URL: 'postgres://u@h/d',
    CSV_COLUMNS: 'sensor_id=Phone,value=Rating',
    PSEUDONYM_KEY: 'k',
  })
  expect(all).toMatchObject({
    input: '/data/x.csv',
    brokers: ['a:9092', 'b:9093'],
    database: { url: 'postgres://u@h/d' },
    pseudonymKey: 'k',
    isDevelopmentKey: false,
  })
  expect(all.config.columns).toEqual({ sensor_id: 'Phone', value: 'Rating', event_time: 'event_time' })
})

test('reads secrets from the files that *_FILE variables name', () => {
  const all = settings(['verify'], { PSEUDONYM_KEY_FILE: file('key'), DATABASE_URL_FILE: file('url') })
  expect(all.pseudonymKey).toBe('from a file')
  expect(all.database).toEqual({ url: 'postgres://u:secret@h:1/d' })
})

test('leaves the address to libpq variables when one of them names a server', () => {
  expect(settings(['verify'], { PGHOST: 'db' }).database).toEqual({ url: undefined })
  expect(settings(['verify', '--postgres', 'postgres://x/y'], { PGHOST: 'db' }).database).toEqual({
    url: 'postgres://x/y',
  })
})

test('understands thousands separators in --rows', () => {
  expect(settings(['--rows', '1,000,000']).config.rows).toBe(1_000_000)
  expect(settings(['--rows', '20_000']).config.rows).toBe(20_000)
})

test.each([
  [['--rows', '0'], {}, '--rows must be a whole number from 1'],
  [['--rows', '1e6'], {}, 'not "1e6"'],
  [['--partitions', 'four'], {}, '--partitions (TOPIC_PARTITIONS) must be a whole number'],
  [[], { DASHBOARD_PORT: '99999' }, '--dashboard (DASHBOARD_PORT) must be a whole number from 0 to 65535'],
  [['--topic', 'a b'], {}, '--topic must be a topic name'],
  [['--kafka', 'localhost'], {}, '"localhost" is not of that form'],
  [['--kafka', 'http://x:9092'], {}, 'is not of that form'],
  [['--kafka', ','], {}, 'names no broker'],
  [['--columns', 'sensor=Phone'], {}, 'there is no field "sensor"; did you mean sensor_id?'],
  [['--columns', 'value'], {}, '"value" is not of the form field=Header'],
  [['--columns', 'value=a,value=b'], {}, 'value is given twice'],
  [['produce'], {}, 'produce needs --kafka HOST:PORT[,...] (or KAFKA_BROKERS)'],
  [['job', '--kafka', 'a:1'], {}, 'job needs --postgres URL (or DATABASE_URL, DATABASE_URL_FILE or PGHOST)'],
  [['verify'], {}, 'verify needs --postgres'],
  [['--config', '/nowhere.json'], {}, 'CONFIG_UNREADABLE: /nowhere.json cannot be read'],
])('refuses %j with %j', (args, environment, message) => {
  expect(() => settings(args, environment)).toThrow(message)
})

test('refuses a secret that is given twice or whose file is empty or missing', () => {
  expect(() => settings([], { PSEUDONYM_KEY: 'a', PSEUDONYM_KEY_FILE: file('key') })).toThrow('both set')
  expect(() => settings([], { PSEUDONYM_KEY_FILE: file('empty') })).toThrow('which is empty')
  expect(() => settings([], { PSEUDONYM_KEY_FILE: file('none') })).toThrow('PSEUDONYM_KEY_FILE cannot be read')
})

test('does not repeat a database address that it refuses, because it may hold a password', () => {
  expect(() => settings(['--postgres', 'mysql://me:hunter2@h/d'])).toThrow(/must be of the form/)
  expect(() => settings(['--postgres', 'mysql://me:hunter2@h/d'])).not.toThrow(/hunter2/)
})
